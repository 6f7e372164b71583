//! The judge's view: every post that exists or existed.

use jiff::Timestamp;
use serde::Serialize;

use super::media::Captions;
use super::post::Post;

/// One entry of `GET /_sandbox/ledger`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LedgerEntry {
    platform: &'static str,
    account: String,
    id: String,
    text: String,
    /// LinkedIn only: the text as it was sent, with its escapes.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    parent: Option<String>,
    /// X only: the post that this one passes on as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    repost_of: Option<String>,
    media: Vec<LedgerMedia>,
    created_at: Timestamp,
    deleted: bool,
}

#[derive(Debug, Serialize)]
struct LedgerMedia {
    alt: Option<String>,
    bytes: u64,
    #[serde(rename = "type")]
    mime: String,
    /// A video's: whether a picture of its own stands for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    still: bool,
    /// A video's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    captions: Vec<LedgerCaptions>,
}

#[derive(Debug, Serialize)]
struct LedgerCaptions {
    language: String,
    #[serde(rename = "type")]
    mime: String,
    sha256: String,
}

impl From<&Captions> for LedgerCaptions {
    fn from(Captions { language, mime, blob }: &Captions) -> Self {
        Self { language: language.clone(), mime: mime.clone(), sha256: blob.clone() }
    }
}

impl From<&Post> for LedgerEntry {
    fn from(post: &Post) -> Self {
        let media = post.media.iter().map(|media| LedgerMedia {
            alt: media.alt.clone(),
            bytes: media.bytes,
            mime: media.mime.clone(),
            still: media.still.is_some(),
            captions: media.captions.iter().map(LedgerCaptions::from).collect(),
        });
        Self {
            platform: post.platform.as_str(),
            account: post.account.clone(),
            id: post.id.clone(),
            text: post.text.clone(),
            raw: post.raw.clone(),
            parent: post.parent.clone(),
            repost_of: post.repost_of.clone(),
            media: media.collect(),
            created_at: post.created_at,
            deleted: post.deleted_at.is_some(),
        }
    }
}
