//! What can come of a request to a platform. Every client maps every answer to exactly one of these
//! (publish-protocol, rule 3), and nothing else in the product looks at a status or a message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What came of an attempt to create a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Outcome {
    /// 2xx with an id: it is published.
    Accepted { platform_post_id: String, url: String },
    /// The platform refused it for good; sending it again unchanged can't help.
    Definite { code: String, message: String, remedy: Option<String> },
    /// 401: the token is not accepted. One refresh, then the account is blocked.
    SignIn { message: String },
    /// Not taken, for now; consumes no attempt. Without `until` the platform named no time.
    Throttled { until: Option<Timestamp>, message: String },
    /// The request never left (DNS, connect, TLS): nothing can have been published.
    NotSent { message: String },
    /// It may or may not have been published: time-out, reset, 408, 3xx, 5xx, 2xx without an id.
    Ambiguous { message: String },
    /// The platform says that this content exists already; `existing` is the id it named, if it did.
    Duplicate { existing: Option<String>, message: String },
}

/// An outcome with what is worth writing down beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    pub status: Option<u16>,
    /// The platform's own id of the request, for its support.
    pub request_id: Option<String>,
    pub readings: Vec<Reading>,
}

/// One rate-limit window as the platform's headers told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Names the window: `posts/user/15m`, `posts/app/24h`.
    pub window: &'static str,
    pub limit: u64,
    pub remaining: u64,
    pub resets_at: Timestamp,
}

/// Why a request other than creating a post failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// 401.
    #[error("the platform does not accept the account's token: {0}")]
    SignIn(String),
    #[error("the platform asks to wait: {message}")]
    Throttled { until: Option<Timestamp>, message: String },
    /// Worth trying again: not sent, time-out, 5xx.
    #[error("the platform did not answer as it should: {0}")]
    Transient(String),
    /// Trying again can't help.
    #[error("the platform refused: {message} ({code})")]
    Permanent { code: String, message: String },
}

/// What a reconciling read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The post is there.
    Posted { platform_post_id: String, url: String },
    /// A complete read, and it is not in it. Only several of these over time prove absence.
    NotSeen,
    /// More than one post fits, or nothing to compare by: a person must look.
    Undecidable { reason: String },
}

/// How well a platform can be asked what became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// By key: the answer is certain.
    Exact,
    /// By looking for the content: absence needs several reads over time.
    Heuristic,
    /// Only by sending the identical post again on request.
    Probe,
}
