//! X's uploads: in one request, or initialize, append, finalize, and a description.
//! Captions are put beside a video in `subtitles`.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::create::check_id;
use super::problem;
use super::render::key_of;
use crate::state::account::Platform;
use crate::state::event::Event;
use crate::state::gate::Caller;
use crate::state::media::{Chunk, LIFE, MediaItem, MediaStage, StoredFile};
use crate::state::reply::Reply;
use crate::state::world::{Tx, World};

/// How long GIFs and videos are processed.
const PROCESSING: SignedDuration = SignedDuration::from_secs(2);
/// The longest alternative text, in characters.
const ALT_CHARS_MAX: usize = 1_000;
/// The last number of a part.
const SEGMENT_MAX: u32 = 999;
/// The largest part, in bytes.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 5 << 20;

/// The kinds of files that a post takes: their category, their largest size in bytes, their types.
const KINDS: [(&str, u64, &[&str]); 5] = [
    ("tweet_image", 5 << 20, &["image/jpeg", "image/png", "image/webp", "image/gif"]),
    ("tweet_gif", 15 << 20, &["image/gif"]),
    ("tweet_video", 512 << 20, &["video/mp4", "video/quicktime", "video/webm"]),
    ("amplify_video", 512 << 20, &["video/mp4", "video/quicktime", "video/webm"]),
    // X says nothing of their size.
    (SUBTITLES, 5 << 20, &["text/srt", "text/vtt"]),
];

/// The category of a file that stands beside a video.
pub(super) const SUBTITLES: &str = "subtitles";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InitializeBody {
    media_type: Option<String>,
    total_bytes: Option<u64>,
    media_category: Option<String>,
    #[serde(default, rename = "additional_owners")]
    _additional_owners: Vec<String>,
    #[serde(rename = "shared")]
    _shared: Option<bool>,
}

/// Opens an upload in parts.
pub(crate) fn initialize(tx: &mut Tx<'_>, caller: &Caller, body: &[u8]) -> Result<Reply, Reply> {
    let body: InitializeBody = serde_json::from_slice(body)
        .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
    let category = body.media_category.unwrap_or_else(|| "tweet_image".to_owned());
    let (_, bytes_max, types) = kind(&category)?;
    if let Some(declared) = body.media_type.as_deref().filter(|declared| !types.contains(declared)) {
        return Err(problem::invalid(format!("The media type [{declared}] does not go with [{category}].")));
    }
    if body.total_bytes.is_some_and(|bytes| bytes > bytes_max) {
        return Err(problem::invalid(format!("The file is larger than {bytes_max} bytes.")));
    }
    let item = MediaItem {
        declared_type: body.media_type,
        declared_bytes: body.total_bytes,
        ..opened(tx, caller, category, MediaStage::Waiting)
    };
    let data = json!({
        "id": item.id,
        "media_key": key_of(&item.id, item.declared_type.as_deref().unwrap_or("")),
        "expires_after_secs": LIFE.as_secs(),
    });
    tx.record(Event::MediaOpened(item));
    Ok(Reply::json(200, json!({"data": data})))
}

/// Takes a part. The same part again replaces the former.
pub(crate) fn append(tx: &mut Tx<'_>, caller: &Caller, id: &str, chunk: Chunk) -> Result<Reply, Reply> {
    let item = own(tx, caller, id)?;
    if item.stage != MediaStage::Waiting {
        return Err(problem::invalid("The upload is finalized already."));
    }
    if chunk.index > SEGMENT_MAX || chunk.bytes > SEGMENT_BYTES_MAX {
        return Err(problem::invalid(format!(
            "Parts are numbered from 0 to {SEGMENT_MAX} and have at most {SEGMENT_BYTES_MAX} bytes."
        )));
    }
    let expires_at = item.expires_at.as_second();
    tx.record(Event::MediaAppended { id: id.to_owned(), chunk });
    Ok(Reply::json(200, json!({"data": {"expires_at": expires_at}})))
}

/// The blobs of an upload's parts in their order, to put them together.
pub(crate) fn finished_parts(world: &World, id: &str) -> Vec<String> {
    world
        .media
        .get(id)
        .map_or_else(Vec::new, |item| item.chunks.values().map(|chunk| chunk.blob.clone()).collect())
}

/// Ends an upload in parts; `file` is all of them together.
pub(crate) fn complete(tx: &mut Tx<'_>, caller: &Caller, id: &str, file: Finished) -> Result<Reply, Reply> {
    let item = own(tx, caller, id)?.clone();
    if item.stage == MediaStage::Waiting {
        let in_order =
            item.chunks.keys().copied().eq(0..u32::try_from(item.chunks.len()).unwrap_or(u32::MAX));
        let whole = item.declared_bytes.is_none_or(|declared| declared == item.received_bytes());
        if item.chunks.is_empty() || !in_order || !whole || file.bytes != item.received_bytes() {
            return Err(problem::invalid("Parts of the file are missing."));
        }
        let stage = judged(tx, &item.category, file)?;
        tx.record(Event::MediaStaged { id: id.to_owned(), stage });
    }
    let item = own(tx, caller, id)?;
    Ok(Reply::json(200, json!({"data": described(tx, item)})))
}

/// The bytes of a whole file.
pub(crate) type Finished = StoredFile;

/// Takes a file in one request.
pub(crate) fn one_shot(
    tx: &mut Tx<'_>,
    caller: &Caller,
    category: &str,
    file: Finished,
) -> Result<Reply, Reply> {
    let stage = judged(tx, category, file)?;
    let item = opened(tx, caller, category.to_owned(), stage);
    let reply = Reply::json(200, json!({"data": described(tx, &item)}));
    tx.record(Event::MediaOpened(item));
    Ok(reply)
}

/// How far an upload is.
pub(crate) fn status(tx: &Tx<'_>, caller: &Caller, id: &str) -> Result<Reply, Reply> {
    let item = own(tx, caller, id)?;
    Ok(Reply::json(200, json!({"data": described(tx, item)})))
}

#[derive(Deserialize)]
struct DescribeBody {
    id: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    alt_text: Option<AltText>,
}

#[derive(Deserialize)]
struct AltText {
    text: String,
}

/// Sets the alternative text.
pub(crate) fn describe(tx: &mut Tx<'_>, caller: &Caller, body: &[u8]) -> Result<Reply, Reply> {
    let body: DescribeBody = serde_json::from_slice(body)
        .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
    own(tx, caller, &body.id)?;
    let mut associated = json!({});
    if let Some(AltText { text }) = body.metadata.alt_text {
        if text.chars().count() > ALT_CHARS_MAX {
            return Err(problem::invalid(format!("The alt text is longer than {ALT_CHARS_MAX} characters.")));
        }
        associated = json!({"alt_text": {"text": text}});
        tx.record(Event::MediaDescribed { id: body.id.clone(), alt: text });
    }
    Ok(Reply::json(200, json!({"data": {"id": body.id, "associated_metadata": associated}})))
}

fn kind(category: &str) -> Result<(&'static str, u64, &'static [&'static str]), Reply> {
    let known = KINDS.into_iter().find(|(known, ..)| *known == category);
    known.ok_or_else(|| problem::invalid(format!("The media category [{category}] can't be used in a post.")))
}

fn opened(tx: &Tx<'_>, caller: &Caller, category: String, stage: MediaStage) -> MediaItem {
    MediaItem {
        platform: Platform::X,
        id: tx.world.numbers.next(Platform::X, tx.now).to_string(),
        owner: caller.account.subject.clone(),
        category,
        declared_type: None,
        declared_bytes: None,
        chunks: std::collections::BTreeMap::new(),
        stage,
        alt: None,
        still: None,
        captions: Vec::new(),
        expires_at: tx.now + LIFE,
    }
}

pub(super) fn own<'t>(tx: &'t Tx<'_>, caller: &Caller, id: &str) -> Result<&'t MediaItem, Reply> {
    check_id("media_id", id)?;
    let item = tx.world.media.get(id).filter(|item| item.platform == Platform::X);
    let own = item.filter(|item| item.owner == caller.account.subject && tx.now < item.expires_at);
    own.ok_or_else(|| problem::invalid(format!("The media id [{id}] is not valid or has expired.")))
}

/// What becomes of a whole file.
fn judged(tx: &Tx<'_>, category: &str, file: StoredFile) -> Result<MediaStage, Reply> {
    let (_, bytes_max, types) = kind(category)?;
    if file.bytes > bytes_max || !types.contains(&file.picture.mime.as_str()) {
        let mime = &file.picture.mime;
        return Err(problem::invalid(format!(
            "A file of type [{mime}] with {} bytes does not go with [{category}].",
            file.bytes
        )));
    }
    let at_once = matches!(category, "tweet_image" | SUBTITLES);
    let processing = if at_once { SignedDuration::ZERO } else { PROCESSING };
    Ok(MediaStage::Complete { file, begun_at: tx.now, ready_at: tx.now + processing })
}

fn described(tx: &Tx<'_>, item: &MediaItem) -> Value {
    let mut data = json!({
        "id": item.id,
        "expires_after_secs": problem::seconds_until(item.expires_at, tx.now),
    });
    match &item.stage {
        MediaStage::Waiting => {}
        MediaStage::Failed { .. } => data["processing_info"] = json!({"state": "failed"}),
        MediaStage::Complete { file, begun_at, ready_at } => {
            data["media_key"] = json!(key_of(&item.id, &file.picture.mime));
            data["size"] = json!(file.bytes);
            if let (Some(w), Some(h)) = (file.picture.width, file.picture.height) {
                data["image"] = json!({"image_type": file.picture.mime, "w": w, "h": h});
            }
            if begun_at < ready_at {
                data["processing_info"] = progress(tx, *begun_at, *ready_at);
            }
        }
    }
    data
}

fn progress(tx: &Tx<'_>, begun_at: jiff::Timestamp, ready_at: jiff::Timestamp) -> Value {
    let (passed, whole) = (tx.now.duration_since(begun_at), ready_at.duration_since(begun_at));
    if tx.now >= ready_at {
        return json!({"state": "succeeded", "progress_percent": 100});
    }
    let percent = 100 * passed.as_millis() / whole.as_millis().max(1);
    let state = if percent == 0 { "pending" } else { "in_progress" };
    json!({"state": state, "check_after_secs": 1, "progress_percent": percent.clamp(0, 99) as i64})
}
