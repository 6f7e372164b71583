//! Passing a post on, as it is. A repost has no id of its own: an account reposts a post once or not at all,
//! so that doing it again changes nothing.

use reqwest::Method;
use serde_json::json;

use crate::http::{self, Reply};
use crate::x::client::{Client, checked_id};
use crate::x::errors::{self, Created};
use crate::x::publish;
use crate::{Access, Answer, Failure, Outcome, SegmentRequest, codes};

/// What a repost's id in the ledger begins with; the reposted post's follows.
const PREFIX: &str = "repost:";

/// The id of a repost in the ledger.
pub(super) fn id_of(post: &str) -> String {
    format!("{PREFIX}{post}")
}

/// The post that is reposted under this id of ours.
pub(super) fn reposted(platform_post_id: &str) -> Option<&str> {
    platform_post_id.strip_prefix(PREFIX)
}

pub(super) async fn repost(
    client: &Client,
    access: Access<'_>,
    segment: &SegmentRequest,
    post: &str,
) -> Answer {
    let path = match checked_id(access.subject) {
        Ok(subject) => format!("2/users/{subject}/retweets"),
        Err(failure) => return publish::unsent(failure),
    };
    let request = client.request(Method::POST, &path, access).json(&json!({"tweet_id": post}));
    let reply = http::send(request).await;
    let created = |reply: &Reply| {
        is_reposted(reply, true)
            .then(|| Created { platform_post_id: id_of(post), url: client.link(access.handle, post) })
    };
    let gone = reply.as_ref().is_ok_and(|reply| reply.status < 300 && errors::is_not_found(reply));
    let outcome = if gone {
        let message = format!("X has no post `{post}` to repost");
        Outcome::Definite { code: codes::X_NOT_FOUND.to_owned(), message, remedy: None }
    } else {
        errors::outcome(&reply, segment, access.token, created)
    };
    publish::answer(&reply, outcome)
}

/// Takes a repost back; taking back what isn't there succeeds.
pub(super) async fn undo(client: &Client, access: Access<'_>, post: &str) -> Result<(), Failure> {
    let path = format!("2/users/{}/retweets/{}", checked_id(access.subject)?, checked_id(post)?);
    let reply = match http::send(client.request(Method::DELETE, &path, access)).await {
        Ok(reply) if errors::is_not_found(&reply) => return Ok(()),
        other => errors::succeeded(other, access.token)?,
    };
    if is_reposted(&reply, false) { Ok(()) } else { Err(errors::failure(&reply, access.token)) }
}

/// Both generations of the name are read.
fn is_reposted(reply: &Reply, expected: bool) -> bool {
    let content = reply.json();
    let data = &content["data"];
    data["retweeted"].as_bool().or(data["reposted"].as_bool()) == Some(expected)
}
