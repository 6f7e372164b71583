//! The page that shows people what was posted.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;

use super::attached::{self, Card, Passed, Piece, Poll};
use super::consent::html;
use crate::emulator::Emulator;
use crate::state::{Platform, Post, Tx};

/// Threads on the page, the newest.
const THREADS_MAX: usize = 200;
/// Posts looked at for them: a thread of X counts once.
const POSTS_LOOKED_AT: usize = 2_000;

pub(super) fn routes() -> Router<Emulator> {
    Router::new().route("/", get(feed)).route("/feed.js", get(script)).route("/media/{blob}", get(media))
}

#[derive(Template)]
#[template(path = "feed.html")]
struct FeedPage {
    threads: Vec<Thread>,
    total: usize,
    now: String,
}

/// A post with everything below it, flat, in the order of reading.
struct Thread {
    platform: &'static str,
    /// For people.
    title: &'static str,
    posts: Vec<Shown>,
}

struct Shown {
    id: String,
    name: String,
    handle: String,
    initial: char,
    hue: u32,
    /// For people: `2026-11-23 06:00:12 UTC`.
    at: String,
    at_exact: String,
    paragraphs: Vec<Vec<Piece>>,
    media: Vec<ShownMedia>,
    poll: Option<Poll>,
    card: Option<Card>,
    passed: Option<Passed>,
    /// What it is below the first of its thread.
    is_comment: bool,
    deleted: bool,
    hidden: bool,
}

struct ShownMedia {
    blob: String,
    alt: String,
    is_image: bool,
    is_video: bool,
    still: Option<String>,
    /// The languages of a video's captions: `EN, DE`.
    captions: String,
    mime: String,
    bytes: u64,
}

async fn feed(State(emulator): State<Emulator>) -> Response {
    let page = emulator
        .act(|tx| {
            let posts = tx.world.posts.all();
            let roots = posts.iter().rev().take(POSTS_LOOKED_AT).filter(|post| post.parent.is_none());
            FeedPage {
                threads: roots.take(THREADS_MAX).map(|root| thread(tx, root)).collect(),
                total: posts.len(),
                now: for_people(tx.now),
            }
        })
        .await;
    match page {
        Ok(page) => html(StatusCode::OK, page.render()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

fn thread(tx: &Tx<'_>, root: &Post) -> Thread {
    let mut posts = Vec::new();
    let mut waiting = vec![root];
    while let Some(post) = waiting.pop() {
        posts.push(shown(tx, post));
        let below: Vec<_> = tx.world.posts.under(&post.id).collect();
        waiting.extend(below.into_iter().rev());
    }
    Thread { platform: root.platform.as_str(), title: root.platform.title(), posts }
}

fn shown(tx: &Tx<'_>, post: &Post) -> Shown {
    let account = tx.world.accounts.get(&post.author);
    let name = account.map_or_else(|| post.account.clone(), |account| account.display_name());
    let hue = post.author.bytes().fold(0_u32, |hue, byte| (hue * 31 + u32::from(byte)) % 360);
    let media = post.media.iter().map(|media| ShownMedia {
        blob: media.blob.clone(),
        alt: media.alt.clone().unwrap_or_default(),
        is_image: is_shown_image(&media.mime),
        is_video: is_shown_video(&media.mime),
        still: media.still.clone(),
        captions: media.captions.iter().map(|one| one.language.as_str()).collect::<Vec<_>>().join(", "),
        mime: media.mime.clone(),
        bytes: media.bytes,
    });
    Shown {
        id: post.id.clone(),
        initial: name.chars().next().unwrap_or('?'),
        name,
        handle: post.account.clone(),
        hue,
        at: for_people(post.created_at),
        at_exact: post.created_at.to_string(),
        paragraphs: post.text.trim().lines().map(attached::pieces).collect(),
        media: media.collect(),
        poll: attached::poll(post),
        card: attached::card(post),
        passed: attached::passed(tx, post),
        is_comment: post.platform == Platform::LinkedIn && post.parent.is_some(),
        deleted: post.deleted_at.is_some(),
        hidden: post.visible_at > tx.now,
    }
}

fn is_shown_image(mime: &str) -> bool {
    matches!(mime, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

fn is_shown_video(mime: &str) -> bool {
    matches!(mime, "video/mp4" | "video/webm")
}

fn for_people(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What refreshes the page. A file of its own, because the page's policy takes no script inside it.
async fn script() -> Response {
    let kind =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (kind, include_str!("../../templates/feed.js")).into_response()
}

/// The bytes of an image or a film that some post shows. What it is was found out by looking at it, and it is
/// served as that and nothing else.
async fn media(State(emulator): State<Emulator>, Path(blob): Path<String>) -> Response {
    let is_name = blob.len() == 64 && blob.bytes().all(|byte| byte.is_ascii_hexdigit());
    let nothing = StatusCode::NOT_FOUND;
    if !is_name {
        return nothing.into_response();
    }
    let Ok(bytes) = emulator.blobs().read(&blob).await else { return nothing.into_response() };
    let mime = crate::state::look_at(&bytes).mime;
    if !is_shown_image(&mime) && !is_shown_video(&mime) {
        return nothing.into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'".to_owned()),
        (header::CACHE_CONTROL, "max-age=3600, immutable".to_owned()),
    ];
    (headers, bytes).into_response()
}
