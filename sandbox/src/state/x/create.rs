//! `POST /2/tweets` and `DELETE /2/tweets/{id}`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::length::{LENGTH_MAX, weighted_length};
use super::problem;
use super::render::{rendered_text, username};
use super::upload::SUBTITLES;
use crate::state::account::Platform;
use crate::state::event::Event;
use crate::state::fault::FaultName;
use crate::state::gate::Caller;
use crate::state::post::{Post, PostMedia};
use crate::state::reply::Reply;
use crate::state::world::Tx;

/// How long X remembers words for its check for duplicates. Undocumented; half a day is ours.
const DUPLICATE_WINDOW: SignedDuration = SignedDuration::from_hours(12);
/// Cashtags in a post (X's rule of 2026).
const CASHTAGS_MAX: usize = 1;

/// The body, as X's OpenAPI document has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateBody {
    #[serde(default)]
    text: String,
    reply: Option<ReplyTo>,
    media: Option<Attached>,
    poll: Option<Poll>,
    quote_tweet_id: Option<String>,
    reply_settings: Option<ReplySettings>,
    made_with_ai: Option<bool>,
    paid_partnership: Option<bool>,
    nullcast: Option<bool>,
    for_super_followers_only: Option<bool>,
    share_with_followers: Option<bool>,
    card_uri: Option<String>,
    direct_message_deep_link: Option<String>,
    community_id: Option<String>,
    geo: Option<Value>,
    edit_options: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyTo {
    in_reply_to_tweet_id: String,
    #[serde(default, rename = "exclude_reply_user_ids")]
    _exclude: Vec<String>,
    #[serde(rename = "auto_populate_reply_metadata")]
    _auto: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attached {
    media_ids: Vec<String>,
    #[serde(default)]
    tagged_user_ids: Vec<String>,
    preview_media_id: Option<String>,
    title: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "embeddable")]
    _embeddable: Option<bool>,
    #[serde(rename = "call_to_actions")]
    _actions: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Poll {
    options: Vec<String>,
    duration_minutes: u32,
    #[serde(rename = "reply_settings")]
    _reply_settings: Option<ReplySettings>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum ReplySettings {
    Following,
    MentionedUsers,
    Subscribers,
    Verified,
}

/// Creates a post.
pub(crate) fn create(tx: &mut Tx<'_>, caller: &Caller, body: &[u8]) -> Result<Reply, Reply> {
    let body: CreateBody = serde_json::from_slice(body)
        .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
    check_shape(&body)?;
    check_text(&body)?;
    if tx.world.posts.is_full() {
        return Err(problem::unavailable("The sandbox is full."));
    }
    let media = attach(tx, caller, body.media.as_ref())?;
    check_parent(tx, caller, body.reply.as_ref())?;
    let quoted = quoted(tx, body.quote_tweet_id.as_deref())?;
    check_duplicate(tx, caller, &body)?;
    let hidden_ms = tx.bent_by(FaultName::DelayVisibility).map_or(0, |shot| shot.ms);
    let id = tx.world.numbers.next(Platform::X, tx.now).to_string();
    let post = Post {
        platform: Platform::X,
        id: id.clone(),
        author: caller.account.subject.clone(),
        account: caller.account.handle.clone(),
        details: details(&body, quoted),
        text: body.text,
        raw: None,
        parent: body.reply.map(|reply| reply.in_reply_to_tweet_id),
        repost_of: None,
        media,
        created_at: tx.now,
        visible_at: later(tx.now, hidden_ms),
        deleted_at: None,
        metrics: None,
    };
    let text = rendered_text(&post).text;
    tx.record(Event::Posted(post));
    Ok(Reply::json(201, json!({"data": {"id": id, "text": text, "edit_history_tweet_ids": [id]}})))
}

/// Deletes a post of one's own. What is not there, or no more, was not deleted by this request.
pub(crate) fn delete(tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<Reply, Reply> {
    check_id("id", id)?;
    let Some(post) =
        tx.world.posts.get(id).filter(|post| post.platform == Platform::X && post.deleted_at.is_none())
    else {
        return Ok(Reply::json(200, json!({"errors": [problem::missing("tweet", id)]})));
    };
    if post.author != caller.account.subject {
        return Err(problem::forbidden("You are not authorized to delete this Tweet."));
    }
    tx.record(Event::PostDeleted { id: id.to_owned(), at: tx.now });
    Ok(Reply::json(200, json!({"data": {"deleted": true}})))
}

/// A moment so many milliseconds later.
pub(crate) fn later(now: Timestamp, ms: u64) -> Timestamp {
    now + SignedDuration::from_millis(i64::try_from(ms).unwrap_or(0))
}

/// Ids are strings of 1 to 19 digits.
pub(super) fn check_id(parameter: &str, id: &str) -> Result<(), Reply> {
    if (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(problem::invalid(format!("The `{parameter}` value [{id}] does not match ^[0-9]{{1,19}}$.")))
}

fn check_shape(body: &CreateBody) -> Result<(), Reply> {
    let exclusive = [
        body.poll.is_some(),
        body.quote_tweet_id.is_some(),
        body.media.is_some(),
        body.card_uri.is_some(),
        body.direct_message_deep_link.is_some(),
    ];
    if exclusive.into_iter().filter(|present| *present).count() > 1 {
        return Err(problem::invalid(
            "Only one of poll, quote_tweet_id, media, card_uri and direct_message_deep_link is allowed.",
        ));
    }
    if body.edit_options.is_some() {
        return Err(problem::forbidden("You are not permitted to edit this Tweet."));
    }
    if let Some(id) = &body.community_id {
        check_id("community_id", id)?;
    }
    if let Some(reply) = &body.reply {
        check_id("reply.in_reply_to_tweet_id", &reply.in_reply_to_tweet_id)?;
    }
    if let Some(media) = &body.media {
        media.media_ids.iter().chain(&media.tagged_user_ids).try_for_each(|id| check_id("media", id))?;
        if !(1..=4).contains(&media.media_ids.len()) || media.tagged_user_ids.len() > 10 {
            return Err(problem::invalid(
                "media.media_ids takes 1 to 4 ids, media.tagged_user_ids at most 10.",
            ));
        }
    }
    let Some(poll) = &body.poll else { return Ok(()) };
    let options_fit = poll.options.iter().all(|option| (1..=25).contains(&option.chars().count()));
    if !(2..=4).contains(&poll.options.len())
        || !options_fit
        || !(5..=10_080).contains(&poll.duration_minutes)
    {
        return Err(problem::invalid(
            "A poll takes 2 to 4 options of 1 to 25 characters and 5 to 10080 minutes.",
        ));
    }
    Ok(())
}

fn check_text(body: &CreateBody) -> Result<(), Reply> {
    let has_more = body.media.is_some() || body.card_uri.is_some();
    if body.text.trim().is_empty() && !has_more {
        return Err(problem::invalid("The text must not be empty without media."));
    }
    let length = weighted_length(body.text.trim());
    if length > LENGTH_MAX {
        return Err(problem::invalid(format!("Your Tweet text is too long: {length} of {LENGTH_MAX}.")));
    }
    let cashtag = |word: &str| {
        word.strip_prefix('$')
            .is_some_and(|tag| (1..=6).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    let words =
        body.text.split_whitespace().map(|word| word.trim_end_matches(|c: char| c.is_ascii_punctuation()));
    if words.filter(|word| cashtag(word)).count() > CASHTAGS_MAX {
        return Err(problem::forbidden("Tweets may contain a maximum of one cashtag."));
    }
    Ok(())
}

fn attach(tx: &Tx<'_>, caller: &Caller, media: Option<&Attached>) -> Result<Vec<PostMedia>, Reply> {
    let Some(media) = media else { return Ok(Vec::new()) };
    let invalid = || problem::invalid("Your media IDs are invalid.");
    let mut attached = Vec::with_capacity(media.media_ids.len());
    let mut single = false;
    let still = media.preview_media_id.as_deref().map(|id| still(tx, caller, id)).transpose()?;
    for id in &media.media_ids {
        let item =
            tx.world.media.get(id).filter(|item| item.owner == caller.account.subject).ok_or_else(invalid)?;
        let shown = item.platform == Platform::X && item.category != SUBTITLES;
        let file = item.usable(tx.now).filter(|_| shown).ok_or_else(invalid)?;
        single |= item.category != "tweet_image";
        attached.push(PostMedia {
            id: id.clone(),
            alt: item.alt.clone(),
            title: media.title.clone(),
            bytes: file.bytes,
            mime: file.picture.mime.clone(),
            blob: file.blob.clone(),
            width: file.picture.width,
            height: file.picture.height,
            still: still.clone().filter(|_| item.category.ends_with("_video")),
            captions: item.captions.clone(),
        });
    }
    if single && attached.len() > 1 {
        return Err(problem::invalid("A post takes 4 photos, or 1 GIF, or 1 video."));
    }
    Ok(attached)
}

/// The picture that is to stand for a video.
fn still(tx: &Tx<'_>, caller: &Caller, id: &str) -> Result<String, Reply> {
    check_id("media.preview_media_id", id)?;
    let item = tx.world.media.get(id).filter(|item| item.owner == caller.account.subject);
    let file = item.filter(|item| item.category == "tweet_image").and_then(|item| item.usable(tx.now));
    file.map(|file| file.blob.clone()).ok_or_else(|| problem::invalid("The preview media id is invalid."))
}

fn check_parent(tx: &mut Tx<'_>, caller: &Caller, reply: Option<&ReplyTo>) -> Result<(), Reply> {
    let Some(reply) = reply else { return Ok(()) };
    let parent = tx.world.posts.get(&reply.in_reply_to_tweet_id).filter(|post| post.platform == Platform::X);
    let Some(parent) = parent.filter(|post| post.deleted_at.is_none()) else {
        return Err(problem::forbidden(
            "You attempted to reply to a Tweet that is deleted or not visible to you.",
        ));
    };
    let own = parent.author == caller.account.subject;
    let mention = format!("@{}", username(&caller.account.handle).to_lowercase());
    let summoned = parent.text.to_lowercase().split_whitespace().any(|word| word.starts_with(&mention));
    if tx.bent_by(FaultName::RefuseReplies).is_some() || !(own || summoned) {
        return Err(problem::forbidden(
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by \
             the author of the post you are replying to.",
        ));
    }
    Ok(())
}

/// The post that is quoted, as reads give it back. Removed from all self-serve tiers on 2026-04-20.
fn quoted(tx: &mut Tx<'_>, id: Option<&str>) -> Result<Option<Value>, Reply> {
    let Some(id) = id else { return Ok(None) };
    check_id("quote_tweet_id", id)?;
    if tx.bent_by(FaultName::AllowQuotes).is_none() {
        return Err(problem::forbidden("You are not permitted to perform this action."));
    }
    let post =
        tx.world.posts.get(id).filter(|post| post.platform == Platform::X && post.deleted_at.is_none());
    let post = post.ok_or_else(|| problem::invalid("The quoted Tweet does not exist."))?;
    let page = format!("x.com/{}/status/{id}", username(&post.account));
    Ok(Some(json!({"id": id, "page": page})))
}

fn check_duplicate(tx: &mut Tx<'_>, caller: &Caller, body: &CreateBody) -> Result<(), Reply> {
    if body.text.trim().is_empty() {
        return Ok(());
    }
    let window = match tx.drawn.bending(FaultName::DuplicateWindow) {
        Some(shot) => SignedDuration::from_millis(i64::try_from(shot.ms).unwrap_or(0)),
        None => DUPLICATE_WINDOW,
    };
    let parent = body.reply.as_ref().map(|reply| reply.in_reply_to_tweet_id.as_str());
    let same = tx.world.posts.with_text(&caller.account.subject, &body.text);
    let standing = same.filter(|post| post.deleted_at.is_none() && post.parent.as_deref() == parent);
    let Some(age) = standing.map(|post| tx.now.duration_since(post.created_at)).min() else { return Ok(()) };
    if age < window {
        tx.world.quotas.count_duplicate(Platform::X);
        return Err(problem::duplicate());
    }
    if age < DUPLICATE_WINDOW {
        tx.bent_by(FaultName::DuplicateWindow);
    }
    Ok(())
}

/// What reads give back besides the text.
fn details(body: &CreateBody, quoted: Option<Value>) -> Value {
    let mut details = serde_json::Map::new();
    if let Some(quoted) = quoted {
        details.insert("quoted".to_owned(), quoted);
    }
    if let Some(settings) = body.reply_settings {
        details.insert("reply_settings".to_owned(), json!(settings));
    }
    if let Some(poll) = &body.poll {
        details.insert(
            "poll".to_owned(),
            json!({"options": poll.options, "duration_minutes": poll.duration_minutes}),
        );
    }
    let flags = [
        ("made_with_ai", body.made_with_ai),
        ("paid_partnership", body.paid_partnership),
        ("nullcast", body.nullcast),
        ("for_super_followers_only", body.for_super_followers_only),
        ("share_with_followers", body.share_with_followers),
    ];
    for (name, flag) in flags {
        if let Some(flag) = flag {
            details.insert(name.to_owned(), json!(flag));
        }
    }
    let words = [("card_uri", &body.card_uri), ("community_id", &body.community_id)];
    for (name, word) in words {
        if let Some(word) = word {
            details.insert(name.to_owned(), json!(word));
        }
    }
    if let Some(geo) = &body.geo {
        details.insert("geo".to_owned(), geo.clone());
    }
    Value::Object(details)
}
