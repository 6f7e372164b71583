//! Content pieces: what an application wants to say, for every platform.

use std::collections::BTreeMap;

use campaigns_limits::{MediaFacts, MediaKind};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::post::PlatformName;

/// A content piece to keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContentRequest {
    pub organization_id: String,
    /// Title of the card that LinkedIn shows for `link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is said where no variant says otherwise.
    pub body: String,
    /// Files, by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<ContentMedia>,
    /// What is said on one platform instead: `TWITTER`, `LINKEDIN`, `BLUESKY`, `MASTODON`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<PlatformName, Variant>,
    /// An address that goes with it: a card on LinkedIn where there is a title and no media, else a line of
    /// the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl ContentRequest {
    /// Whose piece it is, and what it says.
    #[must_use]
    pub fn split(self) -> (String, Content) {
        let Self { organization_id, title, body, media, variants, link } = self;
        (organization_id, Content { title, body, media, variants, link })
    }
}

/// What is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Title of the card that LinkedIn shows for `link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is said where no variant says otherwise.
    pub body: String,
    /// Files, by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<ContentMedia>,
    /// What is said on one platform instead: `TWITTER`, `LINKEDIN`, `BLUESKY`, `MASTODON`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<PlatformName, Variant>,
    /// An address that goes with it: a card on LinkedIn where there is a title and no media, else a line of
    /// the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// One use of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContentMedia {
    /// As `POST /api/v1/social/media` answered it.
    pub id: String,
    /// What it shows, for those who can't see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Of a video: its words, to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captions: Option<ContentCaptions>,
}

/// The captions of a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContentCaptions {
    /// A SubRip or WebVTT file, as `POST /api/v1/social/media` answered it. LinkedIn takes SubRip only.
    pub id: String,
    /// Two letters, and a region where it matters: `en`, `pt-BR`.
    pub language: String,
}

/// What is said on one platform. What is unsaid is that of the piece.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The parts that follow the first one, on platforms that have threads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thread: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Vec<ContentMedia>>,
    /// A comment of the author below the post, on LinkedIn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_comment: Option<String>,
}

/// A content piece that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContentView {
    pub id: String,
    pub organization_id: String,
    #[serde(flatten)]
    pub content: Content,
    /// From 1; rises with every change. Posts keep the version that they were scheduled with.
    pub version: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A file to fetch from an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MediaByUrl {
    /// `http` or `https`, outside private networks.
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Whose file it is; needed with a service token only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
}

/// A file that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MediaView {
    /// The SHA-256 of its bytes, 64 hex digits: the same file has the same id.
    pub id: String,
    /// `image`, `gif`, `video`, `document` or `captions`.
    pub kind: String,
    pub mime: String,
    pub bytes: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    /// As it was sent; a content piece says it with each use.
    pub alt: Option<String>,
}

impl MediaView {
    #[must_use]
    pub fn of(facts: MediaFacts, alt: Option<String>) -> Self {
        let MediaFacts { sha256, kind, mime, bytes, width, height, duration_ms, frames: _ } = facts;
        let kind = match kind {
            MediaKind::Image => "image",
            MediaKind::Gif => "gif",
            MediaKind::Video => "video",
            MediaKind::Document => "document",
            MediaKind::Captions => "captions",
        };
        Self { id: sha256, kind: kind.to_owned(), mime, bytes, width, height, duration_ms, alt }
    }
}
