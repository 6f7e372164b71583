//! Comments: what a post's first comment is.

use serde::Deserialize;
use serde_json::{Value, json};

use super::create::{check_author, standing};
use super::problem;
use super::read::{ListQuery, check_reader};
use crate::state::account::Platform;
use crate::state::event::Event;
use crate::state::gate::Caller;
use crate::state::post::Post;
use crate::state::reply::Reply;
use crate::state::route::Route;
use crate::state::world::Tx;

/// The longest comment, in characters.
const COMMENT_CHARS_MAX: usize = 1_250;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentBody {
    actor: String,
    #[serde(rename = "object")]
    _object: Option<String>,
    message: CommentMessage,
    parent_comment: Option<String>,
}

#[derive(Deserialize)]
struct CommentMessage {
    text: String,
}

/// Comments on a post.
pub(crate) fn comment(tx: &mut Tx<'_>, caller: &Caller, urn: &str, body: &[u8]) -> Result<Reply, Reply> {
    let sent: Value =
        serde_json::from_slice(body).map_err(|error| problem::bad_request(&format!("{error}")))?;
    let body = CommentBody::deserialize(&sent)
        .map_err(|error| problem::bad_input("INVALID_BODY", &error.to_string(), "/"))?;
    let handle = check_author(tx, caller, &body.actor, Route::LinkedInComment)?;
    standing(tx, urn).ok_or_else(|| problem::not_found(urn))?;
    let chars = body.message.text.chars().count();
    if !(1..=COMMENT_CHARS_MAX).contains(&chars) {
        return Err(problem::bad_input(
            "FIELD_LENGTH_TOO_LONG",
            "1 to 1250 characters are allowed",
            "message/text",
        ));
    }
    let number = tx.world.numbers.next(Platform::LinkedIn, tx.now);
    let id = format!("urn:li:comment:({urn},{number})");
    let comment = Post {
        platform: Platform::LinkedIn,
        id,
        author: body.actor,
        account: handle,
        text: body.message.text,
        raw: None,
        parent: Some(body.parent_comment.unwrap_or_else(|| urn.to_owned())),
        repost_of: None,
        media: Vec::new(),
        created_at: tx.now,
        visible_at: tx.now,
        deleted_at: None,
        details: sent,
        metrics: None,
    };
    let answer = shown(&comment, urn);
    tx.record(Event::Posted(comment));
    Ok(Reply::json(201, answer).with_header("x-restli-id", number.to_string()))
}

/// The comments below a post, the oldest first.
pub(crate) fn comments(tx: &Tx<'_>, caller: &Caller, urn: &str, query: &ListQuery) -> Result<Reply, Reply> {
    let author = standing(tx, urn).ok_or_else(|| problem::not_found(urn))?.author.clone();
    check_reader(tx, caller, &author, Route::LinkedInComments)?;
    let shown: Vec<Value> = tx
        .world
        .posts
        .under(urn)
        .filter(|post| post.is_visible(tx.now))
        .map(|post| shown(post, urn))
        .collect();
    Ok(query.page(shown))
}

/// Deletes a comment of one's own.
pub(crate) fn delete_comment(tx: &mut Tx<'_>, caller: &Caller, urn: &str, id: &str) -> Result<Reply, Reply> {
    let id = if id.starts_with("urn:") { id.to_owned() } else { format!("urn:li:comment:({urn},{id})") };
    let comment = tx.world.posts.get(&id).ok_or_else(|| problem::not_found(&id))?;
    let (author, gone) = (comment.author.clone(), comment.deleted_at.is_some());
    check_author(tx, caller, &author, Route::LinkedInCommentDelete)?;
    if !gone {
        tx.record(Event::PostDeleted { id, at: tx.now });
    }
    Ok(Reply::empty(204))
}

fn shown(comment: &Post, urn: &str) -> Value {
    let number = comment.id.trim_end_matches(')').rsplit(',').next().unwrap_or_default();
    json!({
        "actor": comment.author, "object": urn, "commentUrn": comment.id, "id": number,
        "message": {"attributes": [], "text": comment.text},
        "created": {"actor": comment.author, "time": comment.created_at.as_millisecond()},
    })
}
