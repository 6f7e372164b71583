//! Uploads: from the first request until a post uses them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::account::Platform;
use super::picture::Picture;

/// How long an upload can be used in a post: X says 86,400 s; LinkedIn says nothing.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A file that a platform holds for its owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaItem {
    pub platform: Platform,
    /// The number on X, the URN on LinkedIn.
    pub id: String,
    /// The subject of the account it belongs to.
    pub owner: String,
    /// X's `media_category`; `image`, `video` or `document` on LinkedIn.
    pub category: String,
    /// What the client said it is, an IANA media type.
    pub declared_type: Option<String>,
    /// What the client said its size is.
    pub declared_bytes: Option<u64>,
    #[serde(default)]
    pub chunks: BTreeMap<u32, Chunk>,
    pub stage: MediaStage,
    pub alt: Option<String>,
    /// LinkedIn: the blob of the picture that stands for a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<String>,
    /// Of a video: one for each language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captions: Vec<Captions>,
    /// Not to be used in a post after this.
    pub expires_at: Timestamp,
}

/// Captions of a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Captions {
    /// As its request said it: `EN`, `en-US`.
    pub language: String,
    /// IANA media type.
    #[serde(rename = "type")]
    pub mime: String,
    pub blob: String,
}

/// A part of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chunk {
    pub index: u32,
    pub blob: String,
    pub bytes: u64,
    /// What the platform answered as the part's name, where it does.
    pub etag: Option<String>,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum MediaStage {
    /// Bytes are missing.
    Waiting,
    /// All there; usable from `ready_at` on.
    Complete { file: StoredFile, begun_at: Timestamp, ready_at: Timestamp },
    /// The platform can't use it.
    Failed { reason: String },
}

/// The whole bytes of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredFile {
    pub blob: String,
    pub bytes: u64,
    /// What the bytes are, by looking at them.
    pub picture: Picture,
}

impl MediaItem {
    /// The file, if a post may use it now.
    pub(crate) fn usable(&self, now: Timestamp) -> Option<&StoredFile> {
        match &self.stage {
            MediaStage::Complete { file, ready_at, .. } if *ready_at <= now && now < self.expires_at => {
                Some(file)
            }
            MediaStage::Complete { .. } | MediaStage::Waiting | MediaStage::Failed { .. } => None,
        }
    }

    /// The size of all parts so far, in bytes.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.chunks.values().map(|chunk| chunk.bytes).sum()
    }
}
