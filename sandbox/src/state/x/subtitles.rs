//! Captions of X's videos: a file that was uploaded before is put beside a video that was, too.

use serde::Deserialize;
use serde_json::json;

use super::problem;
use super::upload::{SUBTITLES, own};
use crate::state::event::Event;
use crate::state::gate::Caller;
use crate::state::media::Captions;
use crate::state::reply::Reply;
use crate::state::world::Tx;

/// The categories of videos: as an upload names them, and as this request does.
const VIDEOS: [(&str, &str); 2] = [("tweet_video", "TweetVideo"), ("amplify_video", "AmplifyVideo")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttachBody {
    id: String,
    media_category: String,
    subtitles: Track,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Track {
    id: String,
    language_code: String,
    display_name: String,
}

/// Puts captions beside a video.
pub(crate) fn attach_subtitles(tx: &mut Tx<'_>, caller: &Caller, body: &[u8]) -> Result<Reply, Reply> {
    let body: AttachBody = serde_json::from_slice(body)
        .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
    let Track { id, language_code, display_name } = body.subtitles;
    let video = own(tx, caller, &body.id)?;
    if !VIDEOS.contains(&(video.category.as_str(), body.media_category.as_str())) {
        let (category, asked) = (&video.category, &body.media_category);
        return Err(problem::invalid(format!("A media of [{category}] is no [{asked}].")));
    }
    if language_code.len() != 2 || !language_code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(problem::invalid("[subtitles.language_code] does not match ^[A-Z]{2}$."));
    }
    if display_name.trim().is_empty() {
        return Err(problem::invalid("[subtitles.display_name] is empty."));
    }
    let file = own(tx, caller, &id)?;
    let file = file.usable(tx.now).filter(|_| file.category == SUBTITLES);
    let file = file.ok_or_else(|| problem::invalid(format!("The media id [{id}] is no subtitles.")))?;
    let captions = Captions {
        language: language_code.clone(),
        mime: file.picture.mime.clone(),
        blob: file.blob.clone(),
    };
    let data = json!({
        "id": body.id,
        "media_category": body.media_category,
        "associated_subtitles": {"id": id, "language_code": language_code, "display_name": display_name},
    });
    tx.record(Event::MediaCaptioned { id: body.id, captions });
    Ok(Reply::json(200, json!({"data": data})))
}
