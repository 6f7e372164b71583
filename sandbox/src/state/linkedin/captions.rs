//! Captions of LinkedIn's videos: a form of the file and of what LinkedIn wants to know about it, sent to an
//! address of the video's upload.

use serde::Deserialize;
use serde_json::Value;

use super::problem;
use super::upload::open;
use crate::state::event::Event;
use crate::state::media::{Captions, StoredFile};
use crate::state::reply::Reply;
use crate::state::world::Tx;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Metadata {
    format: String,
    source: String,
    transcript_type: String,
    locale: Locale,
    #[serde(rename = "formattedForEasyReader")]
    _formatted: Option<bool>,
    #[serde(rename = "largeText")]
    _large: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Locale {
    language: String,
    country: Option<String>,
    #[serde(rename = "variant")]
    _variant: Option<Value>,
}

/// Takes the captions of a video that is being uploaded.
pub(crate) fn put_captions(
    tx: &mut Tx<'_>,
    urn: &str,
    metadata: &[u8],
    file: StoredFile,
) -> Result<Reply, Reply> {
    if open(tx, urn)?.category != "video" {
        return Err(problem::bad_request("Only videos have captions"));
    }
    let Metadata { format, source, transcript_type, locale, .. } = serde_json::from_slice(metadata)
        .map_err(|error| problem::bad_input("INVALID_BODY", &error.to_string(), "metadata"))?;
    for (word, wanted, path) in [
        (&format, "SRT", "metadata/format"),
        (&source, "USER_PROVIDED", "metadata/source"),
        (&transcript_type, "CLOSED_CAPTION", "metadata/transcriptType"),
    ] {
        if word != wanted {
            return Err(problem::bad_input("INVALID_VALUE", &format!("`{word}` is not known"), path));
        }
    }
    let code = |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let Locale { language, country, .. } = locale;
    if !code(&language) || !country.as_deref().is_none_or(code) {
        return Err(problem::bad_input("INVALID_VALUE", "no such locale", "metadata/locale"));
    }
    if file.picture.mime != "text/srt" {
        return Err(problem::bad_request("The captions are no SRT file"));
    }
    let language = country.map_or_else(|| language.clone(), |country| format!("{language}-{country}"));
    let captions = Captions { language, mime: file.picture.mime, blob: file.blob };
    tx.record(Event::MediaCaptioned { id: urn.to_owned(), captions });
    Ok(Reply::empty(201))
}
