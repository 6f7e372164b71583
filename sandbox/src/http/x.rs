//! X's routes.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::consent;
use super::hooks;
use super::oauth;
use super::platform::{respond, unavailable};
use super::received::Received;
use crate::emulator::Emulator;
use crate::state::x::{self, AnalyticsQuery, TimelineQuery, Wanted, problem};
use crate::state::{Chunk, Platform, Reply, Route, StoredFile, look_at};

/// Uploads in one request: the largest file, base64 and the form around it, in bytes.
const ONE_SHOT_BYTES_MAX: usize = 24 << 20;
/// One part of an upload: 5 MiB, base64 and the form around it, in bytes.
const APPEND_BYTES_MAX: usize = 8 << 20;

const READ: &[&str] = &["tweet.read", "users.read"];
const WRITE: &[&str] = &["tweet.read", "tweet.write", "users.read"];
const MEDIA: &[&str] = &["media.write"];

pub(super) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/i/oauth2/authorize", get(consent::authorize).post(consent::authorize))
        .route("/2/oauth2/authorize", get(consent::authorize).post(consent::authorize))
        .route("/2/oauth2/token", post(token))
        .route("/2/oauth2/revoke", post(revoke))
        .route("/2/users/me", get(me))
        .route("/2/users/{id}/tweets", get(timeline))
        .route("/2/users/{id}/retweets", post(repost))
        .route("/2/users/{id}/retweets/{tweet}", delete(undo_repost))
        .route("/2/tweets/analytics", get(analytics))
        .route("/2/tweets", get(posts).post(create))
        .route("/2/tweets/{id}", get(post_by_id).delete(delete_post))
        .route("/2/media/upload", get(status).post(one_shot).layer(DefaultBodyLimit::max(ONE_SHOT_BYTES_MAX)))
        .route("/2/media/upload/initialize", post(initialize))
        .route("/2/media/upload/{id}/append", post(append).layer(DefaultBodyLimit::max(APPEND_BYTES_MAX)))
        .route("/2/media/upload/{id}/finalize", post(finalize))
        .route("/2/media/metadata", post(describe))
        .route("/2/media/subtitles", post(attach_subtitles))
        .route("/oauth2/token", post(hooks::app_token))
        .route("/2/webhooks", get(hooks::list).post(hooks::create))
        .route("/2/webhooks/{id}", put(hooks::validate).delete(hooks::delete))
        .route("/2/activity/subscriptions", get(hooks::subscriptions).post(hooks::subscribe))
        .route("/2/activity/subscriptions/{id}", delete(hooks::unsubscribe))
        .fallback(nothing)
}

async fn nothing(received: Received) -> Response {
    respond(problem::no_route(&received.path))
}

async fn token(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.open_call(Route::XToken);
    oauth::token(&emulator, &received, call).await
}

async fn revoke(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.open_call(Route::XRevoke);
    oauth::revoke(&emulator, &received, call).await
}

async fn me(State(emulator): State<Emulator>, received: Received) -> Response {
    let wanted = Wanted::from_query(&received.query);
    emulator.answer(received.call(Route::XMe, READ), |_, caller| Ok(x::me(caller, &wanted))).await
}

async fn timeline(
    State(emulator): State<Emulator>,
    Path(user): Path<String>,
    received: Received,
) -> Response {
    let wanted = Wanted::from_query(&received.query);
    let query = TimelineQuery::from_query(&received.query);
    let call = received.call(Route::XTimeline, READ);
    emulator.answer(call, |tx, caller| x::timeline(tx, caller, &user, &query?, &wanted)).await
}

async fn posts(State(emulator): State<Emulator>, received: Received) -> Response {
    let wanted = Wanted::from_query(&received.query);
    let ids = received.asked("ids").unwrap_or_default();
    emulator.answer(received.call(Route::XPosts, READ), |tx, caller| x::posts(tx, caller, ids, &wanted)).await
}

async fn post_by_id(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    let wanted = Wanted::from_query(&received.query);
    emulator.answer(received.call(Route::XPost, READ), |tx, caller| x::post(tx, caller, &id, &wanted)).await
}

async fn create(State(emulator): State<Emulator>, received: Received) -> Response {
    let is_json = received.is_json();
    let call = received.call(Route::XCreate, WRITE);
    emulator
        .answer(call, |tx, caller| {
            if !is_json {
                return Err(problem::invalid("The body must be application/json."));
            }
            x::create(tx, caller, &received.body)
        })
        .await
}

async fn delete_post(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    emulator.answer(received.call(Route::XDelete, WRITE), |tx, caller| x::delete(tx, caller, &id)).await
}

async fn repost(State(emulator): State<Emulator>, Path(user): Path<String>, received: Received) -> Response {
    let call = received.call(Route::XRepost, WRITE);
    emulator.answer(call, |tx, caller| x::repost(tx, caller, &user, &received.body)).await
}

async fn undo_repost(
    State(emulator): State<Emulator>,
    Path((user, source)): Path<(String, String)>,
    received: Received,
) -> Response {
    let call = received.call(Route::XUnrepost, WRITE);
    emulator.answer(call, |tx, caller| x::undo_repost(tx, caller, &user, &source)).await
}

async fn analytics(State(emulator): State<Emulator>, received: Received) -> Response {
    let query = AnalyticsQuery::from_query(&received.query);
    let call = received.call(Route::XAnalytics, READ);
    emulator.answer(call, |tx, caller| Ok(x::analytics(tx, caller, &query?))).await
}

async fn initialize(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.call(Route::XUploadInitialize, MEDIA);
    emulator.answer(call, |tx, caller| x::initialize(tx, caller, &received.body)).await
}

async fn append(State(emulator): State<Emulator>, Path(id): Path<String>, received: Received) -> Response {
    let call = received.call(Route::XUploadAppend, MEDIA);
    let sent = Sent::read(&received).await;
    let index = sent.word("segment_index").and_then(|word| word.parse::<u32>().ok());
    let (Some(bytes), Some(index)) = (sent.media, index) else {
        let why = "A part needs `media` and `segment_index`.";
        return emulator.answer(call, |_, _| Err(problem::invalid(why))).await;
    };
    let size = bytes.len() as u64;
    let blob = match emulator.keep(Platform::X, bytes).await {
        Ok(blob) => blob,
        Err(reply) => return respond(reply),
    };
    let chunk = Chunk { index, blob, bytes: size, etag: None };
    emulator.answer(call, |tx, caller| x::append(tx, caller, &id, chunk)).await
}

async fn finalize(State(emulator): State<Emulator>, Path(id): Path<String>, received: Received) -> Response {
    let call = received.call(Route::XUploadFinalize, MEDIA);
    let Ok(parts) = emulator.act(|tx| x::finished_parts(tx.world, &id)).await else {
        return respond(unavailable(Platform::X, "The sandbox's journal can't be written."));
    };
    let file = match stored(&emulator, Platform::X, emulator.joined(&parts).await).await {
        Ok(file) => file,
        Err(reply) => return respond(reply),
    };
    emulator.answer(call, |tx, caller| x::complete(tx, caller, &id, file)).await
}

async fn one_shot(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.call(Route::XUpload, MEDIA);
    let sent = Sent::read(&received).await;
    let category = sent.word("media_category").map(str::to_owned);
    let (Some(bytes), Some(category)) = (sent.media, category) else {
        let why = "An upload needs `media` and `media_category`.";
        return emulator.answer(call, |_, _| Err(problem::invalid(why))).await;
    };
    let file = match stored(&emulator, Platform::X, Ok(bytes)).await {
        Ok(file) => file,
        Err(reply) => return respond(reply),
    };
    emulator.answer(call, |tx, caller| x::one_shot(tx, caller, &category, file)).await
}

async fn status(State(emulator): State<Emulator>, received: Received) -> Response {
    let id = received.asked("media_id").unwrap_or_default();
    emulator.answer(received.call(Route::XUploadStatus, MEDIA), |tx, caller| x::status(tx, caller, id)).await
}

async fn describe(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.call(Route::XMetadata, MEDIA);
    emulator.answer(call, |tx, caller| x::describe(tx, caller, &received.body)).await
}

async fn attach_subtitles(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.call(Route::XSubtitles, MEDIA);
    emulator.answer(call, |tx, caller| x::attach_subtitles(tx, caller, &received.body)).await
}

/// The whole bytes of a file, kept and looked at.
pub(super) async fn stored(
    emulator: &Emulator,
    platform: Platform,
    bytes: std::io::Result<Bytes>,
) -> Result<StoredFile, Reply> {
    let bytes = bytes.map_err(|error| {
        tracing::warn!(%error, "sandbox can't read an upload");
        unavailable(platform, "The sandbox can't read the upload.")
    })?;
    let (size, picture) = (bytes.len() as u64, look_at(&bytes));
    let blob = emulator.keep(platform, bytes).await?;
    Ok(StoredFile { blob, bytes: size, picture })
}

/// An upload as it was sent: JSON with base64, or a form.
struct Sent {
    words: Vec<(String, String)>,
    media: Option<Bytes>,
}

impl Sent {
    async fn read(received: &Received) -> Self {
        let mut sent = Self { words: Vec::new(), media: None };
        if received.is_multipart() {
            for (name, bytes) in received.parts().await {
                if name == "media" {
                    sent.media = Some(bytes);
                } else {
                    sent.words.push((name, String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
        } else if let Ok(Value::Object(fields)) = received.json() {
            for (name, value) in fields {
                match value {
                    Value::String(encoded) if name == "media" => {
                        sent.media = BASE64_STANDARD.decode(encoded).ok().map(Bytes::from);
                    }
                    Value::String(word) => sent.words.push((name, word)),
                    other => sent.words.push((name, other.to_string())),
                }
            }
        }
        sent
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
