//! Creating and deleting posts.

use reqwest::Method;
use serde::Serialize;

use crate::http;
use crate::x::client::{Client, checked_id};
use crate::x::{errors, limits};
use crate::{Access, Answer, Failure, Outcome, ReplySettings, SegmentRequest, codes, wording};

/// Body of `POST /2/tweets`.
#[derive(Serialize)]
struct CreatePost<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Media<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<Poll<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_tweet_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_settings: Option<ReplySettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_id: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    made_with_ai: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paid_partnership: bool,
}

#[derive(Serialize)]
struct Reply<'a> {
    in_reply_to_tweet_id: &'a str,
}

#[derive(Serialize)]
struct Media<'a> {
    media_ids: Vec<&'a str>,
}

#[derive(Serialize)]
struct Poll<'a> {
    options: &'a [String],
    duration_minutes: u32,
}

pub(super) async fn publish(client: &Client, access: Access<'_>, segment: &SegmentRequest) -> Answer {
    if let Err(refusal) = check(segment) {
        return Answer { outcome: refusal, status: None, request_id: None, readings: Vec::new() };
    }
    let options = segment.options.x();
    let body = CreatePost {
        text: &segment.text,
        reply: segment.reply_to.as_deref().map(|id| Reply { in_reply_to_tweet_id: id }),
        media: (!segment.media.is_empty()).then(|| Media {
            media_ids: segment.media.iter().map(|media| media.platform_media_id.as_str()).collect(),
        }),
        poll: options
            .poll
            .as_ref()
            .map(|poll| Poll { options: &poll.options, duration_minutes: poll.duration_minutes }),
        quote_tweet_id: options.quote.as_deref(),
        reply_settings: options.reply_settings,
        community_id: options.community.as_deref(),
        made_with_ai: options.made_with_ai,
        paid_partnership: options.paid_partnership,
    };
    let request = client.request(Method::POST, "2/tweets", access).json(&body);
    let reply = http::send(request).await;
    let outcome = errors::outcome(&reply, segment, access.token, |id| client.link(access.handle, id));
    let answered = reply.as_ref().ok();
    Answer {
        outcome,
        status: answered.map(|reply| reply.status),
        request_id: answered.and_then(|reply| wording::request_id(reply.header("x-transaction-id"))),
        readings: answered.map(|reply| limits::readings(&reply.headers)).unwrap_or_default(),
    }
}

/// What X would refuse for its shape alone is refused here, so that it costs neither quota nor money.
fn check(segment: &SegmentRequest) -> Result<(), Outcome> {
    let options = segment.options.x();
    let ids = segment
        .reply_to
        .iter()
        .chain(segment.media.iter().map(|media| &media.platform_media_id))
        .chain(&options.quote)
        .chain(&options.community);
    for id in ids {
        checked_id(id).map_err(definite)?;
    }
    let exclusive = [options.poll.is_some(), options.quote.is_some(), !segment.media.is_empty()];
    if exclusive.iter().filter(|present| **present).count() > 1 {
        let message = "a post on X has media, or a poll, or a quote, and only one of them".to_owned();
        return Err(definite(Failure::Permanent { code: codes::X_EXCLUSIVE.to_owned(), message }));
    }
    Ok(())
}

fn definite(failure: Failure) -> Outcome {
    let (code, message) = match failure {
        Failure::Permanent { code, message } => (code, message),
        other => (codes::X_INVALID_REQUEST.to_owned(), other.to_string()),
    };
    Outcome::Definite { code, message, remedy: None }
}

pub(super) async fn delete(client: &Client, access: Access<'_>, post: &str) -> Result<(), Failure> {
    let path = format!("2/tweets/{}", checked_id(post)?);
    let reply = match http::send(client.request(Method::DELETE, &path, access)).await {
        Ok(reply) if errors::is_not_found(&reply) => return Ok(()),
        other => errors::succeeded(other, access.token)?,
    };
    match reply.json()["data"]["deleted"].as_bool() {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::Permanent {
            code: codes::X_NOT_DELETED.to_owned(),
            message: "X answered that it did not delete the post".to_owned(),
        }),
        None => Err(errors::failure(&reply, access.token)),
    }
}
