//! Uploading media: initialize, append in chunks, finalize, wait, describe. What was cut off goes on with the
//! first chunk that X has not got.

use std::time::Duration;

use campaigns_limits::{Language, MediaKind};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::http::UPLOAD_DEADLINE;
use crate::x::client::{Client, is_id};
use crate::{Access, BegunUpload, CaptionsUpload, Failure, FileUpload, MediaUpload, codes};

/// Bytes of one chunk. X takes up to 5 MB and 1,000 chunks, so that this reaches beyond its largest file.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Waiting until X has processed a file ends here; its longest videos take a few minutes.
const PROCESSING_MAX: Duration = Duration::from_secs(600);

/// Between two questions, whatever X proposes.
const CHECK_AFTER_SECS: std::ops::RangeInclusive<u64> = 1..=30;

/// Uploads a file; with the captions of a video before it, since they are small and may be refused, and put
/// beside it at the end.
pub(super) async fn upload(
    client: &Client,
    access: Access<'_>,
    mut file: FileUpload<'_>,
) -> Result<MediaUpload, Failure> {
    let Some(CaptionsUpload { facts, bytes, language }) = file.captions.take() else {
        return send(client, access, file).await;
    };
    let captions = send(client, access, FileUpload::of(&facts, bytes)).await?;
    let video = send(client, access, file).await?;
    caption(client, access, &video.platform_media_id, &captions.platform_media_id, &language).await?;
    Ok(video)
}

async fn send(client: &Client, access: Access<'_>, mut file: FileUpload<'_>) -> Result<MediaUpload, Failure> {
    let Some(category) = category(file.facts.kind) else {
        let message = "X takes images, GIFs and videos, no documents".to_owned();
        return Err(Failure::Permanent { code: codes::X_MEDIA_KIND.to_owned(), message });
    };
    if let Some(begun) = file.begun.take().filter(|begun| goes_on(begun, file.bytes.len())) {
        match carry_on(client, access, &file, begun).await {
            // It has forgotten the upload, or finished it: a new one is always allowed.
            Err(Failure::Permanent { .. }) => {}
            done => return done,
        }
    }
    let started = client.clock.now();
    let total_bytes = file.bytes.len();
    let body = json!({"media_type": file.facts.mime, "total_bytes": total_bytes, "media_category": category});
    let request = client.request(Method::POST, "2/media/upload/initialize", access).json(&body);
    let initialized = client.ask(request, access).await?;
    let begun = BegunUpload {
        platform_media_id: upload_id(&initialized)?,
        done_bytes: 0,
        expires_at: expiry(started, &initialized),
    };
    carry_on(client, access, &file, begun).await
}

/// Whether it is an upload of this client: its parts lie where ours would.
fn goes_on(begun: &BegunUpload, total_bytes: usize) -> bool {
    let done = usize::try_from(begun.done_bytes).unwrap_or(usize::MAX);
    is_id(&begun.platform_media_id) && done <= total_bytes && (done % CHUNK_BYTES == 0 || done == total_bytes)
}

/// Sends what is missing of an upload, and has X finish it.
async fn carry_on(
    client: &Client,
    access: Access<'_>,
    file: &FileUpload<'_>,
    mut begun: BegunUpload,
) -> Result<MediaUpload, Failure> {
    let started = client.clock.now();
    let id = begun.platform_media_id.clone();
    let several = file.bytes.len() > CHUNK_BYTES;
    let there = usize::try_from(begun.done_bytes).unwrap_or(usize::MAX).div_ceil(CHUNK_BYTES);
    for (index, chunk) in file.bytes.chunks(CHUNK_BYTES).enumerate().skip(there) {
        append(client, access, &id, index, chunk).await?;
        begun.done_bytes += chunk.len() as u64;
        if several {
            file.note(begun.clone()).await;
        }
    }
    let request = client.request(Method::POST, &format!("2/media/upload/{id}/finalize"), access);
    let finalized = client.ask(request, access).await?;
    processed(client, access, &id, finalized["data"].clone()).await?;
    if let Some(alt) = file.alt.filter(|alt| !alt.is_empty()) {
        describe(client, access, &id, alt).await?;
    }
    let expires_at = expiry(started, &finalized).or(begun.expires_at);
    Ok(MediaUpload { platform_media_id: id, expires_at })
}

const fn category(kind: MediaKind) -> Option<&'static str> {
    match kind {
        MediaKind::Image => Some("tweet_image"),
        MediaKind::Gif => Some("tweet_gif"),
        MediaKind::Video => Some("tweet_video"),
        MediaKind::Captions => Some("subtitles"),
        MediaKind::Document => None,
    }
}

fn upload_id(initialized: &Value) -> Result<String, Failure> {
    let id = initialized["data"]["id"].as_str().filter(|id| is_id(id));
    id.map(str::to_owned).ok_or_else(|| Failure::Transient("X began no upload".to_owned()))
}

async fn append(
    client: &Client,
    access: Access<'_>,
    id: &str,
    index: usize,
    chunk: &[u8],
) -> Result<(), Failure> {
    let form = Form::new()
        .text("segment_index", index.to_string())
        .part("media", Part::bytes(chunk.to_vec()).file_name("media"));
    let request = client
        .request(Method::POST, &format!("2/media/upload/{id}/append"), access)
        .timeout(UPLOAD_DEADLINE)
        .multipart(form);
    client.exchange(request, access).await.map(|_| ())
}

/// Waits as long as X says that it is still working on the file.
async fn processed(client: &Client, access: Access<'_>, id: &str, mut data: Value) -> Result<(), Failure> {
    let mut waited = Duration::ZERO;
    loop {
        let processing = &data["processing_info"];
        match processing["state"].as_str() {
            None | Some("succeeded") => return Ok(()),
            Some("failed") => return Err(rejected(processing)),
            Some(_) => {}
        }
        let proposed = processing["check_after_secs"].as_u64().unwrap_or(1);
        let wait = proposed.clamp(*CHECK_AFTER_SECS.start(), *CHECK_AFTER_SECS.end());
        if waited >= PROCESSING_MAX {
            return Err(Failure::Transient("X is still processing the media".to_owned()));
        }
        client.clock.sleep(Duration::from_secs(wait)).await;
        waited += Duration::from_secs(wait);
        let request = client.get("2/media/upload", access).query(&[("command", "STATUS"), ("media_id", id)]);
        data = client.ask(request, access).await?["data"].take();
    }
}

fn rejected(processing: &Value) -> Failure {
    let why = processing["error"]["message"].as_str().unwrap_or("X gave no reason");
    let message = format!("X can't process the media: {}", why.chars().take(200).collect::<String>());
    Failure::Permanent { code: codes::X_MEDIA_REJECTED.to_owned(), message }
}

/// Must be done before the post.
async fn describe(client: &Client, access: Access<'_>, id: &str, alt: &str) -> Result<(), Failure> {
    let body = json!({"id": id, "metadata": {"alt_text": {"text": alt}}});
    let request = client.request(Method::POST, "2/media/metadata", access).json(&body);
    client.exchange(request, access).await.map(|_| ())
}

/// Puts captions beside a video. Must be done before the post, whose readers would miss them at first.
/// What is asked again replaces what was there.
async fn caption(
    client: &Client,
    access: Access<'_>,
    video: &str,
    captions: &str,
    language: &Language,
) -> Result<(), Failure> {
    // The document wants capital letters and knows no regions: `^[A-Z]{2}$`.
    let track = json!({
        "id": captions, "language_code": language.code().to_ascii_uppercase(), "display_name": language.name(),
    });
    let body = json!({"id": video, "media_category": "TweetVideo", "subtitles": track});
    let request = client.request(Method::POST, "2/media/subtitles", access).json(&body);
    client.exchange(request, access).await.map(|_| ())
}

/// Counted from before the first request, so that it ends no later for us than for X.
fn expiry(started: Timestamp, answer: &Value) -> Option<Timestamp> {
    let seconds = i64::try_from(answer["data"]["expires_after_secs"].as_u64()?).ok()?;
    started.checked_add(SignedDuration::from_secs(seconds)).ok()
}
