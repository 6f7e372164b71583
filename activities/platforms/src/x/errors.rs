//! The total table of outcomes of creating a post on X, and of everything else that is asked of it.
//!
//! Three shapes of errors occur: problem objects, `errors` with titles and parameters, and the legacy
//! `errors` with codes. All are read leniently: nothing in them is needed to settle an outcome.

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::http::{Body, Lost, Reply};
use crate::status::Status;
use crate::x::limits;
use crate::{Failure, Outcome, SegmentRequest, codes, wording};

/// Legacy code for "rate limit exceeded".
const CODE_RATE: i64 = 88;
/// Legacy code for "over the daily limit of posts".
const CODE_DAILY: i64 = 185;
/// Legacy code for "status is a duplicate".
const CODE_DUPLICATE: i64 = 187;
/// Legacy code for "you have already retweeted this".
const CODE_REPOSTED: i64 = 327;
/// At most so many entries of `errors` are looked at.
const ENTRIES_MAX: usize = 20;

/// What came of an attempt to create `segment`; `created` reads its id from a success.
pub(super) fn outcome(
    reply: &Result<Reply, Lost>,
    segment: &SegmentRequest,
    token: &SecretString,
    created: impl Fn(&Reply) -> Option<Created>,
) -> Outcome {
    let reply = match reply {
        Ok(reply) => reply,
        Err(Lost::NotSent(message)) => return Outcome::NotSent { message: wording::plain(message, token) },
        Err(Lost::NoAnswer(message)) => {
            return Outcome::Ambiguous { message: wording::plain(message, token) };
        }
    };
    let problem = Problem::of(reply, token);
    match Status::of(reply.status) {
        Status::Taken => match created(reply) {
            Some(Created { platform_post_id, url }) => Outcome::Accepted { platform_post_id, url },
            None => Outcome::Ambiguous { message: problem.story(reply) },
        },
        Status::SignIn => Outcome::SignIn { message: problem.story(reply) },
        Status::Throttled => throttled(reply, &problem),
        Status::Refused if matches!(reply.body, Body::Broken(_)) => {
            // It may have said that the post exists already.
            Outcome::Ambiguous { message: problem.story(reply) }
        }
        Status::Refused if problem.is_throttling() => throttled(reply, &problem),
        Status::Refused if problem.is_duplicate(reply.status) => {
            Outcome::Duplicate { existing: None, message: problem.story(reply) }
        }
        Status::Refused => refused(reply, segment, &problem),
        Status::Unsettled => Outcome::Ambiguous { message: problem.story(reply) },
    }
}

/// Why a request that publishes nothing failed.
pub(super) fn failure(reply: &Reply, token: &SecretString) -> Failure {
    let problem = Problem::of(reply, token);
    let message = problem.story(reply);
    match Status::of(reply.status) {
        Status::SignIn => Failure::SignIn(message),
        Status::Throttled => Failure::Throttled { until: limits::resets_at(&reply.headers), message },
        Status::Refused if problem.is_throttling() => {
            Failure::Throttled { until: limits::resets_at(&reply.headers), message }
        }
        Status::Refused => {
            let (code, _) = meaning(reply.status, &problem, None);
            Failure::Permanent { code: code.to_owned(), message }
        }
        Status::Taken | Status::Unsettled => Failure::Transient(message),
    }
}

/// The answer, when it is a success.
pub(super) fn succeeded(reply: Result<Reply, Lost>, token: &SecretString) -> Result<Reply, Failure> {
    let reply = reply.map_err(|lost| Failure::Transient(wording::plain(&lost.to_string(), token)))?;
    match Status::of(reply.status) {
        Status::Taken => Ok(reply),
        Status::SignIn | Status::Throttled | Status::Refused | Status::Unsettled => {
            Err(failure(&reply, token))
        }
    }
}

/// A success's content. A success without any is worth another try.
pub(super) fn content(reply: &Result<Reply, Lost>, token: &SecretString) -> Result<Value, Failure> {
    let reply = succeeded(reply.clone(), token)?;
    match reply.json() {
        Value::Object(content) => Ok(Value::Object(content)),
        _ => Err(Failure::Transient(format!("answer {} without content", reply.status))),
    }
}

/// Whether the answer says that what was asked for isn't there. X says so with 404, or with 200 and an
/// error of that type.
pub(super) fn is_not_found(reply: &Reply) -> bool {
    let content = reply.json();
    let told = entries(&content).any(|entry| last_segment(&entry["type"]) == Some("resource-not-found"));
    reply.status == 404 || (Status::of(reply.status) == Status::Taken && content["data"].is_null() && told)
}

/// What a success created.
pub(super) struct Created {
    pub(super) platform_post_id: String,
    pub(super) url: String,
}

fn throttled(reply: &Reply, problem: &Problem) -> Outcome {
    let until: Option<Timestamp> = limits::resets_at(&reply.headers);
    Outcome::Throttled { until, message: problem.story(reply) }
}

fn refused(reply: &Reply, segment: &SegmentRequest, problem: &Problem) -> Outcome {
    let (code, remedy) = meaning(reply.status, problem, Some(segment));
    Outcome::Definite {
        code: code.to_owned(),
        message: problem.story(reply),
        remedy: remedy.map(str::to_owned),
    }
}

/// The code of a refusal, and what a person can do about it. Each has a page under `docs/errors`.
fn meaning(
    status: u16,
    problem: &Problem,
    segment: Option<&SegmentRequest>,
) -> (&'static str, Option<&'static str>) {
    let kind = problem.kind.as_deref();
    let reply = segment.is_some_and(|segment| segment.reply_to.is_some());
    let quote = segment.is_some_and(|segment| segment.options.x().quote.is_some());
    let media = segment.is_some_and(|segment| !segment.media.is_empty());
    match (status, kind) {
        (402, _) => (codes::X_CREDITS_DEPLETED, Some("add credits to the X developer account, then retry")),
        (403, Some("user-suspended")) => {
            (codes::X_ACCOUNT_SUSPENDED, Some("the account is suspended: settle that with X first"))
        }
        (403, Some("client-forbidden" | "unsupported-authentication")) => (
            codes::X_APP_FORBIDDEN,
            Some("check the app's access level and project in X's developer console"),
        ),
        (403, _) if reply => (
            codes::X_REPLY_REFUSED,
            Some("X restricts replies through its API, on some tiers even to oneself: post the rest by hand"),
        ),
        (403, _) if quote => {
            (codes::X_QUOTE_REFUSED, Some("X allows quotes through its API on the Enterprise tier only"))
        }
        (403, _) => (codes::X_FORBIDDEN, None),
        (400, _) if media && problem.is_about_media() => {
            (codes::X_MEDIA_UNKNOWN, Some("X no longer holds the uploaded media: retry uploads them again"))
        }
        (400 | 422, _) => (codes::X_INVALID_REQUEST, None),
        (404 | 410, _) => (codes::X_NOT_FOUND, None),
        (413, _) => (codes::X_TOO_LARGE, None),
        (426, _) => {
            (codes::X_UPGRADE_REQUIRED, Some("this version of Tidings is too old for X's API: upgrade"))
        }
        _ => (codes::X_REFUSED, None),
    }
}

/// What an error answer says, whatever its shape.
#[derive(Debug, Default)]
struct Problem {
    /// Last segment of the problem's type: hosts differ, and both occur.
    kind: Option<String>,
    message: String,
    codes: Vec<i64>,
    about_media: bool,
}

impl Problem {
    fn of(reply: &Reply, token: &SecretString) -> Self {
        let content = reply.json();
        let words = [&content["detail"], &content["title"]]
            .into_iter()
            .chain(entries(&content).flat_map(|entry| [&entry["message"], &entry["detail"]]))
            .filter_map(Value::as_str);
        let mut message = String::new();
        for word in words.filter(|word| !word.is_empty()) {
            if !message.contains(word) {
                message.push_str(if message.is_empty() { "" } else { "; " });
                message.push_str(word);
            }
        }
        if let (true, Body::Broken(why)) = (message.is_empty(), &reply.body) {
            message = format!("the answer broke off: {why}");
        }
        let kind = std::iter::once(&content["type"])
            .chain(entries(&content).map(|entry| &entry["type"]))
            .find_map(|kind| last_segment(kind).filter(|kind| *kind != "about:blank"));
        Self {
            kind: kind.map(str::to_owned),
            message: wording::plain(&message, token),
            codes: entries(&content).filter_map(|entry| entry["code"].as_i64()).collect(),
            about_media: entries(&content).any(names_media) || message.contains("media IDs"),
        }
    }

    fn story(&self, reply: &Reply) -> String {
        match self.message.as_str() {
            "" => format!("X answered {}", reply.status),
            message => format!("X answered {}: {message}", reply.status),
        }
    }

    fn is_throttling(&self) -> bool {
        self.kind.as_deref() == Some("rate-limit-exceeded")
            || self.codes.iter().any(|code| matches!(*code, CODE_RATE | CODE_DAILY))
    }

    /// X has no code for it in its current shape, only these texts (the first seen 2026-02).
    fn is_duplicate(&self, status: u16) -> bool {
        let said = self.message.to_lowercase();
        status == 403
            && (self.codes.iter().any(|code| matches!(*code, CODE_DUPLICATE | CODE_REPOSTED))
                || said.contains("duplicate content")
                || said.contains("already retweeted")
                || said.contains("already reposted"))
    }

    const fn is_about_media(&self) -> bool {
        self.about_media
    }
}

fn entries(content: &Value) -> impl Iterator<Item = &Value> {
    content["errors"].as_array().into_iter().flatten().take(ENTRIES_MAX)
}

fn names_media(entry: &Value) -> bool {
    let listed = entry["parameters"].as_object().into_iter().flat_map(serde_json::Map::keys);
    listed.map(String::as_str).chain(entry["parameter"].as_str()).any(|name| name.contains("media_id"))
}

fn last_segment(kind: &Value) -> Option<&str> {
    kind.as_str().and_then(|kind| kind.rsplit('/').next())
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
