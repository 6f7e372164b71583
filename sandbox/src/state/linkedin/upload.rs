//! LinkedIn's uploads of images, videos and documents.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::create::check_author;
use super::problem;
use crate::state::account::Platform;
use crate::state::event::Event;
use crate::state::gate::Caller;
use crate::state::media::{Chunk, LIFE, MediaItem, MediaStage, StoredFile};
use crate::state::reply::Reply;
use crate::state::route::Route;
use crate::state::world::Tx;

/// The size of a video's parts, in bytes.
const PART_BYTES: u64 = 4 << 20;
/// Videos: smallest and largest size, in bytes.
const VIDEO_BYTES: std::ops::RangeInclusive<u64> = 75 << 10..=500 << 20;
/// The largest document, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 100 << 20;
/// Images end below this number of pixels.
const IMAGE_PIXELS: u64 = 36_152_320;
/// The number under which a video's still comes: no video has so many parts.
const STILL_PART: u32 = 9_999;
/// How long a video is processed.
const PROCESSING: SignedDuration = SignedDuration::from_secs(2);

/// What is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadKind {
    Image,
    Video,
    Document,
}

impl UploadKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
        }
    }

    const fn route(self) -> Route {
        match self {
            Self::Image => Route::LinkedInImages,
            Self::Video => Route::LinkedInVideos,
            Self::Document => Route::LinkedInDocuments,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InitializeBody {
    initialize_upload_request: InitializeRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InitializeRequest {
    owner: String,
    file_size_bytes: Option<u64>,
    upload_captions: Option<bool>,
    upload_thumbnail: Option<bool>,
    #[serde(rename = "mediaLibraryMetadata")]
    _library: Option<Value>,
}

/// Opens an upload and says where the bytes go.
pub(crate) fn initialize(
    tx: &mut Tx<'_>,
    caller: &Caller,
    kind: UploadKind,
    body: &[u8],
) -> Result<Reply, Reply> {
    let InitializeBody { initialize_upload_request: request } = serde_json::from_slice(body)
        .map_err(|error| problem::bad_input("INVALID_BODY", &error.to_string(), "/"))?;
    check_author(tx, caller, &request.owner, kind.route())?;
    let size = request.file_size_bytes;
    if kind == UploadKind::Video && !size.is_some_and(|size| VIDEO_BYTES.contains(&size)) {
        let rule = "a video has 75 KB to 500 MB";
        return Err(problem::bad_input("INVALID_VALUE", rule, "initializeUploadRequest/fileSizeBytes"));
    }
    let number = tx.world.numbers.next(Platform::LinkedIn, tx.now);
    let urn = format!("urn:li:{}:{number}", kind.as_str());
    let expires_at = tx.now + LIFE;
    let base = format!("{}/linkedin/dms-uploads/{number}", tx.world.base_url);
    tx.record(Event::MediaOpened(MediaItem {
        platform: Platform::LinkedIn,
        id: urn.clone(),
        owner: request.owner,
        category: kind.as_str().to_owned(),
        declared_type: None,
        declared_bytes: size,
        chunks: std::collections::BTreeMap::new(),
        stage: MediaStage::Waiting,
        alt: None,
        still: None,
        captions: Vec::new(),
        expires_at,
    }));
    let value = match kind {
        UploadKind::Image | UploadKind::Document => json!({
            "uploadUrlExpiresAt": expires_at.as_millisecond(),
            "uploadUrl": format!("{base}?kind={}&part=0", kind.as_str()),
            kind.as_str(): urn,
        }),
        UploadKind::Video => {
            let mut value = json!({
                "uploadUrlsExpireAt": expires_at.as_millisecond(),
                "video": urn,
                "uploadInstructions": parts(&base, size.unwrap_or(0)),
                "uploadToken": "",
            });
            if request.upload_thumbnail == Some(true) {
                value["thumbnailUploadUrl"] = json!(format!("{base}?kind=video&part={STILL_PART}"));
            }
            if request.upload_captions == Some(true) {
                value["captionsUploadUrl"] = json!(format!("{base}?kind=video"));
            }
            value
        }
    };
    Ok(Reply::json(200, json!({ "value": value })))
}

fn parts(base: &str, size: u64) -> Vec<Value> {
    let count = size.div_ceil(PART_BYTES);
    let part = |number: u64| {
        let first = number * PART_BYTES;
        let last = (first + PART_BYTES).min(size) - 1;
        json!({"uploadUrl": format!("{base}?kind=video&part={number}"), "firstByte": first, "lastByte": last})
    };
    (0..count).map(part).collect()
}

/// Bytes that came to an upload's address.
pub(crate) struct Part {
    /// From 0; whole files have no other.
    pub number: u32,
    pub file: StoredFile,
}

/// Takes the bytes of a part, or of the whole file.
pub(crate) fn put(tx: &mut Tx<'_>, caller: Option<&Caller>, urn: &str, part: Part) -> Result<Reply, Reply> {
    let Part { number: part, file } = part;
    let item = open(tx, urn)?;
    let etag = format!("{}-{part}", file.blob.get(..16).unwrap_or(&file.blob));
    if item.category == "video" && part == STILL_PART {
        if !matches!(file.picture.mime.as_str(), "image/jpeg" | "image/png") {
            return Err(problem::bad_request("The thumbnail is no JPG or PNG"));
        }
        tx.record(Event::MediaStill { id: urn.to_owned(), blob: file.blob });
        return Ok(Reply::empty(201).with_header("etag", etag));
    }
    if item.category == "video" {
        let size = item.declared_bytes.unwrap_or(0);
        let first = u64::from(part) * PART_BYTES;
        if first >= size || file.bytes != (size - first).min(PART_BYTES) {
            return Err(problem::bad_request("The part does not have the bytes of its upload instruction"));
        }
        let chunk = Chunk { index: part, bytes: file.bytes, blob: file.blob, etag: Some(etag.clone()) };
        tx.record(Event::MediaAppended { id: urn.to_owned(), chunk });
        return Ok(Reply::empty(200).with_header("etag", etag));
    }
    let (owner, category) = (item.owner.clone(), item.category.clone());
    if let Some(caller) = caller {
        check_author(tx, caller, &owner, Route::LinkedInUpload)?;
    }
    let stage = judged(tx, &category, file);
    tx.record(Event::MediaStaged { id: urn.to_owned(), stage });
    Ok(Reply::empty(201).with_header("etag", etag))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FinalizeBody {
    finalize_upload_request: FinalizeRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FinalizeRequest {
    video: String,
    uploaded_part_ids: Vec<String>,
}

/// The video that a request to finalize names.
pub(crate) fn finalized_urn(body: &[u8]) -> Option<String> {
    let body: FinalizeBody = serde_json::from_slice(body).ok()?;
    Some(body.finalize_upload_request.video)
}

/// Ends a video's upload; `file` is all of its parts together.
pub(crate) fn finalize(
    tx: &mut Tx<'_>,
    caller: &Caller,
    body: &[u8],
    file: StoredFile,
) -> Result<Reply, Reply> {
    let FinalizeBody { finalize_upload_request: request } = serde_json::from_slice(body)
        .map_err(|error| problem::bad_input("INVALID_BODY", &error.to_string(), "/"))?;
    let item = open(tx, &request.video)?.clone();
    check_author(tx, caller, &item.owner, Route::LinkedInVideos)?;
    let tags = item.chunks.values().filter_map(|chunk| chunk.etag.as_ref());
    let all =
        item.received_bytes() == item.declared_bytes.unwrap_or(0) && file.bytes == item.received_bytes();
    if !all || !tags.eq(request.uploaded_part_ids.iter()) {
        let rule = "the parts are not all there, or not in their order";
        return Err(problem::bad_input("INVALID_VALUE", rule, "finalizeUploadRequest/uploadedPartIds"));
    }
    let stage = judged(tx, "video", file);
    tx.record(Event::MediaStaged { id: request.video, stage });
    Ok(Reply::empty(200))
}

/// How far an upload is. Members see that of their videos only.
pub(crate) fn status(tx: &Tx<'_>, caller: &Caller, kind: UploadKind, urn: &str) -> Result<Reply, Reply> {
    let item = tx.world.media.get(urn).filter(|item| item.platform == Platform::LinkedIn);
    let item = item.filter(|item| item.category == kind.as_str()).ok_or_else(|| problem::not_found(urn))?;
    let organization_scope = ["r_organization_social", "w_organization_social", "rw_organization_admin"];
    let of_organization = organization_scope.iter().any(|scope| caller.may(scope));
    if kind != UploadKind::Video && !of_organization {
        return Err(problem::access_denied(kind.route()));
    }
    let administers = tx.world.accounts.get(&item.owner).and_then(|owner| owner.admin.as_ref());
    if item.owner != caller.account.subject && administers != Some(&caller.account.subject) {
        return Err(problem::not_yours(kind.as_str()));
    }
    let (word, reason) = match &item.stage {
        MediaStage::Waiting => ("WAITING_UPLOAD", None),
        MediaStage::Complete { ready_at, .. } if tx.now < *ready_at => ("PROCESSING", None),
        MediaStage::Complete { .. } => ("AVAILABLE", None),
        MediaStage::Failed { reason } => ("PROCESSING_FAILED", Some(reason)),
    };
    let mut body = json!({"id": item.id, "owner": item.owner, "status": word});
    if let Some(reason) = reason {
        body["processingFailureReason"] = json!(reason);
    }
    Ok(Reply::json(200, body))
}

pub(super) fn open<'t>(tx: &'t Tx<'_>, urn: &str) -> Result<&'t MediaItem, Reply> {
    let item = tx
        .world
        .media
        .get(urn)
        .filter(|item| item.platform == Platform::LinkedIn && tx.now < item.expires_at);
    let item = item.ok_or_else(|| problem::not_found(urn))?;
    match item.stage {
        MediaStage::Waiting => Ok(item),
        MediaStage::Complete { .. } | MediaStage::Failed { .. } => {
            Err(problem::bad_request("The upload is complete already"))
        }
    }
}

fn judged(tx: &Tx<'_>, category: &str, file: StoredFile) -> MediaStage {
    let picture = &file.picture;
    let pixels = u64::from(picture.width.unwrap_or(0)) * u64::from(picture.height.unwrap_or(0));
    let refused = match category {
        "image" if !matches!(picture.mime.as_str(), "image/jpeg" | "image/png" | "image/gif") => {
            Some("the file is no JPG, PNG or GIF")
        }
        "image" if pixels >= IMAGE_PIXELS => Some("the image has too many pixels"),
        "video" if picture.mime != "video/mp4" => Some("the file is no MP4"),
        "document" if file.bytes > DOCUMENT_BYTES_MAX => Some("the document is too large"),
        _ => None,
    };
    if let Some(reason) = refused {
        return MediaStage::Failed { reason: reason.to_owned() };
    }
    let processing = if category == "video" { PROCESSING } else { SignedDuration::ZERO };
    MediaStage::Complete { file, begun_at: tx.now, ready_at: tx.now + processing }
}
