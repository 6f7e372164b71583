//! Publications: listed, told, cancelled.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control::PauseView;

/// One publication, as `status --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicationView {
    pub id: String,
    /// Null for posts that came through the HTTP API.
    pub campaign: Option<String>,
    pub post: String,
    pub platform: String,
    /// `platform/handle`.
    pub account: String,
    pub occurrence: String,
    /// The ledger's word: `planned`, `sending`, `published`, `held` …
    pub state: String,
    /// Null while a gate is closed.
    pub due_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
    pub platform_post_id: Option<String>,
    pub url: Option<String>,
    /// Send attempts so far.
    pub attempts: u32,
    pub last_error: Option<String>,
}

/// A page of publications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicationList {
    pub version: u32,
    pub publications: Vec<PublicationView>,
    /// How many fit in all.
    pub total: u64,
    pub limit: u32,
    pub offset: u64,
}

/// Which publications; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicationQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// States of the ledger, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// `platform/handle`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Due at or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Due before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Unchanged since this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untouched_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// Everything about one publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicationStory {
    pub version: u32,
    pub publication: PublicationView,
    /// Why it is in its state, as `tidings explain` knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// When it is tried again, while it waits for that.
    pub next_attempt_at: Option<Timestamp>,
    /// The pause that holds it back, while it waits to be sent; the oldest, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<PauseView>,
    pub priority: u32,
    pub revision: u64,
    pub segments: Vec<SegmentView>,
    pub attempts: Vec<AttemptView>,
    /// What happened, oldest first.
    pub history: Vec<EventView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentView {
    /// From 1.
    pub number: u32,
    pub state: String,
    pub text: String,
    /// In the platform's own count.
    pub length: u32,
    pub length_max: u32,
    pub media: Vec<SegmentMediaView>,
    pub platform_post_id: Option<String>,
    pub url: Option<String>,
    pub published_at: Option<Timestamp>,
}

/// An upload under way, or one that was cut off and goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadView {
    pub done_bytes: u64,
    pub total_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentMediaView {
    pub sha256: String,
    pub alt: Option<String>,
    /// The language of its captions, where a video has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captions: Option<String>,
    /// How far its upload is, while a large file is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptView {
    /// The segment that was sent, from 1.
    pub segment: u32,
    pub number: u32,
    pub intent_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    /// What came back: `accepted`, `ambiguous` …; null while nothing did.
    pub outcome: Option<String>,
    /// How it ended for good: `posted`, `refused`, `absent`, `unsent`, `held`.
    pub settled: Option<String>,
    pub status: Option<u16>,
    pub message: Option<String>,
    pub request_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    pub at: Timestamp,
    pub event: String,
    pub actor: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub why: Option<String>,
    /// From 1.
    pub segment: Option<u32>,
    pub attempt: Option<u32>,
    pub request_id: Option<String>,
}
