//! `POST /2/users/{id}/retweets` and its undoing. An account passes a post on once or not at all.

use serde::Deserialize;
use serde_json::json;

use super::create::check_id;
use super::problem;
use crate::state::account::Platform;
use crate::state::event::Event;
use crate::state::gate::Caller;
use crate::state::post::Post;
use crate::state::reply::Reply;
use crate::state::world::Tx;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepostBody {
    tweet_id: String,
}

/// Passes a post on; again changes nothing.
pub(crate) fn repost(tx: &mut Tx<'_>, caller: &Caller, user: &str, body: &[u8]) -> Result<Reply, Reply> {
    let body: RepostBody = serde_json::from_slice(body)
        .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
    check_id("tweet_id", &body.tweet_id)?;
    check_self(caller, user)?;
    let source = tx.world.posts.get(&body.tweet_id).filter(|post| post.platform == Platform::X);
    let Some(source) = source.filter(|post| post.is_visible(tx.now)) else {
        return Ok(Reply::json(200, json!({"errors": [problem::missing("tweet", &body.tweet_id)]})));
    };
    let text = format!("RT @{}: {}", source.account, source.text);
    if let Some(id) = of_caller(tx, caller, &body.tweet_id) {
        return Ok(reposted(&id));
    }
    let id = tx.world.numbers.next(Platform::X, tx.now).to_string();
    let reply = reposted(&id);
    tx.record(Event::Posted(Post {
        platform: Platform::X,
        id,
        author: caller.account.subject.clone(),
        account: caller.account.handle.clone(),
        text,
        raw: None,
        parent: None,
        repost_of: Some(body.tweet_id),
        media: Vec::new(),
        created_at: tx.now,
        visible_at: tx.now,
        deleted_at: None,
        details: json!({}),
        metrics: None,
    }));
    Ok(reply)
}

fn reposted(id: &str) -> Reply {
    Reply::json(200, json!({"data": {"retweeted": true, "rest_id": id}}))
}

/// Takes a repost back; without one nothing changes.
pub(crate) fn undo_repost(
    tx: &mut Tx<'_>,
    caller: &Caller,
    user: &str,
    source: &str,
) -> Result<Reply, Reply> {
    check_id("source_tweet_id", source)?;
    check_self(caller, user)?;
    if let Some(id) = of_caller(tx, caller, source) {
        tx.record(Event::PostDeleted { id, at: tx.now });
    }
    Ok(Reply::json(200, json!({"data": {"retweeted": false}})))
}

fn check_self(caller: &Caller, user: &str) -> Result<(), Reply> {
    check_id("id", user)?;
    if user == caller.account.subject {
        return Ok(());
    }
    Err(problem::forbidden("You are not allowed to act for another user."))
}

fn of_caller(tx: &Tx<'_>, caller: &Caller, source: &str) -> Option<String> {
    let mut posts = tx.world.posts.of_author(&caller.account.subject);
    let standing = posts.find(|post| post.repost_of.as_deref() == Some(source) && post.deleted_at.is_none());
    standing.map(|post| post.id.clone())
}
