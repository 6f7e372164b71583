//! Creating, changing and deleting posts.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::content::media_of;
use super::little::{Shown, shown};
use super::problem;
use crate::state::account::{AccountKind, Platform};
use crate::state::event::Event;
use crate::state::fault::FaultName;
use crate::state::gate::Caller;
use crate::state::post::Post;
use crate::state::reply::Reply;
use crate::state::route::Route;
use crate::state::world::Tx;
use crate::state::x::later;

/// The longest text, in characters, its escapes counted: LinkedIn does not say whether they count.
const COMMENTARY_CHARS_MAX: usize = 3_000;
/// How far LinkedIn looks back for duplicates. Undocumented; a day is ours.
const DUPLICATE_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// How long a deleted post haunts (seen: 24 to 48 hours).
const GHOST_WINDOW: SignedDuration = SignedDuration::from_hours(48);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateBody {
    author: String,
    #[serde(default)]
    commentary: String,
    visibility: Visibility,
    #[serde(rename = "distribution")]
    _distribution: Distribution,
    lifecycle_state: Lifecycle,
    #[serde(rename = "isReshareDisabledByAuthor")]
    _reshare_disabled: Option<bool>,
    content: Option<Value>,
    reshare_context: Option<Reshare>,
    #[serde(rename = "contentLandingPage")]
    _landing_page: Option<String>,
    #[serde(rename = "contentCallToActionLabel")]
    _call_to_action: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Visibility {
    Public,
    Connections,
    LoggedIn,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Lifecycle {
    Published,
    Draft,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Distribution {
    #[serde(rename = "feedDistribution")]
    _feed: FeedDistribution,
    #[serde(default, rename = "targetEntities")]
    _targets: Vec<Value>,
    #[serde(default, rename = "thirdPartyDistributionChannels")]
    _channels: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FeedDistribution {
    MainFeed,
    None,
}

#[derive(Deserialize)]
struct Reshare {
    parent: String,
}

/// Creates a post; its URN is in the header `x-restli-id`.
pub(crate) fn create(tx: &mut Tx<'_>, caller: &Caller, body: &[u8]) -> Result<Reply, Reply> {
    let sent: Value =
        serde_json::from_slice(body).map_err(|error| problem::bad_request(&format!("{error}")))?;
    let body = CreateBody::deserialize(&sent)
        .map_err(|error| problem::bad_input("INVALID_BODY", &error.to_string(), "/"))?;
    let CreateBody { author, commentary, content, reshare_context, .. } = body;
    let handle = check_author(tx, caller, &author, Route::LinkedInCreate)?;
    match (body.visibility, body.lifecycle_state) {
        (Visibility::Public | Visibility::Connections | Visibility::LoggedIn, Lifecycle::Published) => {}
        (_, Lifecycle::Draft) => {
            return Err(problem::bad_input("INVALID_BODY", "the sandbox keeps no drafts", "lifecycleState"));
        }
    }
    let chars = commentary.chars().count();
    if chars > COMMENTARY_CHARS_MAX {
        return Err(problem::too_long(chars, COMMENTARY_CHARS_MAX));
    }
    let media = media_of(tx, &author, content.as_ref())?;
    if commentary.trim().is_empty() && content.is_none() && reshare_context.is_none() {
        return Err(problem::bad_input("MISSING_FIELD", "a post needs words or content", "commentary"));
    }
    if let Some(Reshare { parent }) = &reshare_context {
        let there = tx.world.posts.get(parent).is_some_and(|post| post.deleted_at.is_none());
        if !there {
            return Err(problem::not_found(parent));
        }
    }
    if tx.world.posts.is_full() {
        return Err(problem::unavailable("the sandbox is full"));
    }
    let text = read(tx, &commentary);
    check_duplicate(tx, &author, &text)?;
    let hidden_ms = tx.bent_by(FaultName::DelayVisibility).map_or(0, |shot| shot.ms);
    let kind = if media.iter().any(|media| media.mime.starts_with("video/")) { "ugcPost" } else { "share" };
    let urn = format!("urn:li:{kind}:{}", tx.world.numbers.next(Platform::LinkedIn, tx.now));
    tx.record(Event::Posted(Post {
        platform: Platform::LinkedIn,
        id: urn.clone(),
        author,
        account: handle,
        text,
        raw: Some(commentary),
        parent: None,
        repost_of: None,
        media,
        created_at: tx.now,
        visible_at: later(tx.now, hidden_ms),
        deleted_at: None,
        details: sent,
        metrics: None,
    }));
    Ok(Reply::empty(201)
        .with_header("x-restli-id", urn.clone())
        .with_header("location", format!("/posts/{}", encoded(&urn))))
}

#[derive(Deserialize)]
struct UpdateBody {
    patch: Patch,
}

#[derive(Deserialize)]
struct Patch {
    #[serde(rename = "$set")]
    set: Set,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    commentary: Option<String>,
}

/// Changes the words of a post.
pub(crate) fn update(tx: &mut Tx<'_>, caller: &Caller, urn: &str, body: &[u8]) -> Result<Reply, Reply> {
    let body: UpdateBody = serde_json::from_slice(body)
        .map_err(|error| problem::bad_input("INVALID_BODY", &error.to_string(), "/"))?;
    let author = standing(tx, urn).ok_or_else(|| problem::not_found(urn))?.author.clone();
    check_author(tx, caller, &author, Route::LinkedInUpdate)?;
    if let Some(raw) = body.patch.set.commentary {
        let chars = raw.chars().count();
        if chars > COMMENTARY_CHARS_MAX {
            return Err(problem::too_long(chars, COMMENTARY_CHARS_MAX));
        }
        let text = read(tx, &raw);
        tx.record(Event::PostEdited { id: urn.to_owned(), text, raw });
    }
    Ok(Reply::empty(204))
}

/// Deletes a post; a deleted one is deleted again without a word.
pub(crate) fn delete(tx: &mut Tx<'_>, caller: &Caller, urn: &str) -> Result<Reply, Reply> {
    let post = tx.world.posts.get(urn).filter(|post| post.platform == Platform::LinkedIn);
    let post = post.ok_or_else(|| problem::not_found(urn))?;
    let (author, gone) = (post.author.clone(), post.deleted_at.is_some());
    check_author(tx, caller, &author, Route::LinkedInDelete)?;
    if !gone {
        tx.record(Event::PostDeleted { id: urn.to_owned(), at: tx.now });
    }
    Ok(Reply::empty(204))
}

/// A URN as a part of a path.
pub(super) fn encoded(urn: &str) -> String {
    url::form_urlencoded::byte_serialize(urn.as_bytes()).collect()
}

/// Checks that the caller may post as `author`, and returns the author's handle.
pub(super) fn check_author(
    tx: &Tx<'_>,
    caller: &Caller,
    author: &str,
    route: Route,
) -> Result<String, Reply> {
    let Some(account) =
        tx.world.accounts.get(author).filter(|account| account.platform == Platform::LinkedIn)
    else {
        return Err(problem::bad_input("INVALID_URN", &format!("[{author}] is no author"), "author"));
    };
    let (is_own, scope) = match account.kind {
        AccountKind::Member => (account.subject == caller.account.subject, "w_member_social"),
        AccountKind::Organization => {
            (account.admin.as_ref() == Some(&caller.account.subject), "w_organization_social")
        }
    };
    match (is_own, caller.may(scope)) {
        (true, true) => Ok(account.handle.clone()),
        (false, _) => Err(problem::not_yours("author")),
        (true, false) => Err(problem::access_denied(route)),
    }
}

/// A post that is there.
pub(super) fn standing<'t>(tx: &'t Tx<'_>, urn: &str) -> Option<&'t Post> {
    let post = tx.world.posts.get(urn).filter(|post| post.platform == Platform::LinkedIn)?;
    post.deleted_at.is_none().then_some(post)
}

/// What a reader will see of a text, which can be less than was sent.
fn read(tx: &mut Tx<'_>, commentary: &str) -> String {
    let Shown { mut text, unescaped_at } = shown(commentary);
    if let Some(at) = unescaped_at
        && tx.bent_by(FaultName::TruncateUnescaped).is_some()
    {
        text.truncate(at);
    }
    text
}

fn check_duplicate(tx: &mut Tx<'_>, author: &str, text: &str) -> Result<(), Reply> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let same = || tx.world.posts.with_text(author, text).filter(|post| post.parent.is_none());
    let deleted =
        |window| same().any(|post| post.deleted_at.is_some_and(|at| tx.now.duration_since(at) < window));
    let haunted = deleted(GHOST_WINDOW);
    let standing = same().find(|post| post.deleted_at.is_none());
    let standing = standing.map(|post| (post.id.clone(), tx.now.duration_since(post.created_at)));
    let window = match tx.drawn.bending(FaultName::DuplicateWindow) {
        Some(shot) => SignedDuration::from_millis(i64::try_from(shot.ms).unwrap_or(0)),
        None => DUPLICATE_WINDOW,
    };
    if let Some((urn, age)) = standing {
        if age < window {
            tx.world.quotas.count_duplicate(Platform::LinkedIn);
            return Err(problem::duplicate(&urn));
        }
        if age < DUPLICATE_WINDOW {
            tx.bent_by(FaultName::DuplicateWindow);
        }
        return Ok(());
    }
    if haunted && tx.bent_by(FaultName::GhostDuplicate).is_some() {
        // A number of its own, each time another, and no post.
        let number = tx.world.numbers.next(Platform::LinkedIn, tx.now);
        tx.world.numbers.take(Platform::LinkedIn, number);
        return Err(problem::duplicate(&format!("urn:li:share:{number}")));
    }
    Ok(())
}
