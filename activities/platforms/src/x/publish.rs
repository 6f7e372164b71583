//! Creating and deleting posts.

use reqwest::Method;
use serde::Serialize;

use crate::http;
use crate::x::client::{Client, checked_id, is_id};
use crate::x::errors::Created;
use crate::x::{errors, limits, repost};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_media_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Poll<'a> {
    options: &'a [String],
    duration_minutes: u32,
}

pub(super) async fn publish(client: &Client, access: Access<'_>, segment: &SegmentRequest) -> Answer {
    if let Err(failure) = check(segment) {
        return unsent(failure);
    }
    let options = segment.options.x();
    if let Some(post) = &options.repost_of {
        return repost::repost(client, access, segment, post).await;
    }
    let body = CreatePost {
        text: &segment.text,
        reply: segment.reply_to.as_deref().map(|id| Reply { in_reply_to_tweet_id: id }),
        media: (!segment.media.is_empty()).then(|| Media {
            media_ids: segment.media.iter().map(|media| media.platform_media_id.as_str()).collect(),
            preview_media_id: segment.media.iter().find_map(|media| media.still.as_deref()),
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
    let created = |reply: &http::Reply| {
        let id = created_id(reply)?;
        Some(Created { url: client.link(access.handle, &id), platform_post_id: id })
    };
    answer(&reply, errors::outcome(&reply, segment, access.token, created))
}

/// The id in the answer to creating a post.
pub(super) fn created_id(reply: &http::Reply) -> Option<String> {
    let content = reply.json();
    let id = content["data"]["id"].as_str()?;
    is_id(id).then(|| id.to_owned())
}

/// An answer with what is worth writing down beside its outcome.
pub(super) fn answer(reply: &Result<http::Reply, http::Lost>, outcome: Outcome) -> Answer {
    let answered = reply.as_ref().ok();
    Answer {
        outcome,
        status: answered.map(|reply| reply.status),
        request_id: answered.and_then(|reply| wording::request_id(reply.header("x-transaction-id"))),
        readings: answered.map(|reply| limits::readings(&reply.headers)).unwrap_or_default(),
    }
}

/// What X would refuse for its shape alone is refused here, so that it costs neither quota nor money.
fn check(segment: &SegmentRequest) -> Result<(), Failure> {
    let options = segment.options.x();
    let ids = segment
        .reply_to
        .iter()
        .chain(
            segment
                .media
                .iter()
                .flat_map(|media| [Some(&media.platform_media_id), media.still.as_ref()])
                .flatten(),
        )
        .chain(&options.quote)
        .chain(&options.community)
        .chain(&options.repost_of);
    for id in ids {
        checked_id(id)?;
    }
    let text = !segment.text.is_empty() || segment.reply_to.is_some();
    let exclusive = [options.poll.is_some(), options.quote.is_some(), !segment.media.is_empty()];
    if options.repost_of.is_some() && (text || exclusive.contains(&true)) {
        let message = "a repost on X has nothing of its own".to_owned();
        return Err(Failure::Permanent { code: codes::X_EXCLUSIVE.to_owned(), message });
    }
    if exclusive.iter().filter(|present| **present).count() > 1 {
        let message = "a post on X has media, or a poll, or a quote, and only one of them".to_owned();
        return Err(Failure::Permanent { code: codes::X_EXCLUSIVE.to_owned(), message });
    }
    Ok(())
}

/// A segment that X would refuse for its shape alone, refused here.
pub(super) fn unsent(failure: Failure) -> Answer {
    let (code, message) = match failure {
        Failure::Permanent { code, message } => (code, message),
        other => (codes::X_INVALID_REQUEST.to_owned(), other.to_string()),
    };
    let outcome = Outcome::Definite { code, message, remedy: None };
    Answer { outcome, status: None, request_id: None, readings: Vec::new() }
}

pub(super) async fn delete(client: &Client, access: Access<'_>, post: &str) -> Result<(), Failure> {
    if let Some(post) = repost::reposted(post) {
        return repost::undo(client, access, post).await;
    }
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
