//! Posts, and comments, as the platforms keep them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::Platform;
use super::media::Captions;

/// One post. Never forgotten: a deleted one is marked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Post {
    pub platform: Platform,
    /// The number on X, the URN on LinkedIn.
    pub id: String,
    /// The subject of the author.
    pub author: String,
    /// The handle of the author.
    pub account: String,
    /// What a reader sees.
    pub text: String,
    /// On LinkedIn: the text as it was sent, with its escapes.
    pub raw: Option<String>,
    /// What it replies to or comments on.
    pub parent: Option<String>,
    /// X: the post that this one passes on as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repost_of: Option<String>,
    pub media: Vec<PostMedia>,
    pub created_at: Timestamp,
    /// Reads don't show it before this; the ledger does.
    pub visible_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    /// Everything else of the request that reads give back, in the platform's own form.
    pub details: Value,
    pub metrics: Option<Metrics>,
}

/// A media file of a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PostMedia {
    pub id: String,
    pub alt: Option<String>,
    pub title: Option<String>,
    pub bytes: u64,
    /// IANA media type.
    #[serde(rename = "type")]
    pub mime: String,
    pub blob: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// The blob of the picture that stands for a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<String>,
    /// Those of a video.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captions: Vec<Captions>,
}

/// How a post does, as `POST /_sandbox/metrics` set it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Metrics {
    pub impressions: u64,
    pub likes: u64,
    pub replies: u64,
    pub reposts: u64,
    pub quotes: u64,
    pub bookmarks: u64,
    pub clicks: u64,
    pub profile_clicks: u64,
}

impl Post {
    /// Whether reads show it.
    pub(crate) fn is_visible(&self, now: Timestamp) -> bool {
        self.deleted_at.is_none() && self.visible_at <= now
    }
}
