//! Comments: what a post's first comment is published as.

use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::linkedin::client::Client;
use crate::linkedin::errors::Created;
use crate::linkedin::{errors, publish, urn};
use crate::{Access, Answer, Failure, SegmentRequest, address, codes};

/// Publishes `segment` as a comment on `post`. A comment's text is plain: nothing in it is escaped.
pub(super) async fn comment(
    client: &Client,
    access: Access<'_>,
    post: &str,
    segment: &SegmentRequest,
) -> Answer {
    if let Err(failure) = check(post, segment) {
        return publish::unsent(failure);
    }
    let body = json!({"actor": access.subject, "object": post, "message": {"text": segment.text}});
    let path = format!("rest/socialActions/{}/comments", address::encoded(post));
    let request = client.request(Method::POST, &path, access).json(&body);
    let reply = http::send(request).await;
    let created = |reply: &Reply| {
        let urn = created_urn(reply, post)?;
        Some(Created { platform_post_id: urn, url: client.link(post) })
    };
    publish::answer(&reply, errors::outcome(&reply, access.token, created))
}

fn check(post: &str, segment: &SegmentRequest) -> Result<(), Failure> {
    urn::checked(post)?;
    if segment.media.is_empty() {
        return Ok(());
    }
    let message = "a comment on LinkedIn has text only".to_owned();
    Err(Failure::Permanent { code: codes::LINKEDIN_COMMENT_MEDIA.to_owned(), message })
}

fn created_urn(reply: &Reply, post: &str) -> Option<String> {
    let content = reply.json();
    let told = content["commentUrn"].as_str().or(content["$URN"].as_str());
    let number = reply.header("x-restli-id").or(content["id"].as_str());
    let made = number.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    told.filter(|urn| urn::comment_parts(urn).is_some())
        .map(str::to_owned)
        .or_else(|| made.map(|number| format!("urn:li:comment:({post},{number})")))
}

/// The path of one comment, seen by its author.
pub(super) fn path(post: &str, comment: &str, actor: &str) -> String {
    let (post, comment, actor) = (address::encoded(post), address::encoded(comment), address::encoded(actor));
    format!("rest/socialActions/{post}/comments/{comment}?actor={actor}")
}

/// A comment as it is listed below its post.
pub(super) struct Listed {
    pub(super) urn: String,
    pub(super) text: String,
    pub(super) created_ms: i64,
}

/// Reads one entry of the list, if `actor` wrote it.
pub(super) fn listed(value: &Value, post: &str, actor: &str) -> Option<Listed> {
    let by = value["actor"].as_str()? == actor;
    let told = value["commentUrn"].as_str().or(value["$URN"].as_str()).map(str::to_owned);
    let urn = told.or_else(|| Some(format!("urn:li:comment:({post},{})", value["id"].as_str()?)))?;
    by.then_some(Listed {
        urn,
        text: value["message"]["text"].as_str()?.to_owned(),
        created_ms: value["created"]["time"].as_i64()?,
    })
}
