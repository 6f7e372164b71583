//! What is known of a media file, and what each platform takes.

use serde::{Deserialize, Serialize};

/// What a file is, by its content; its name is never trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A still picture: JPEG, PNG, WebP.
    Image,
    /// A GIF, animated or not.
    Gif,
    Video,
    Document,
    /// Captions of a video: SubRip or WebVTT. It stands beside a video and is never a post's own medium.
    Captions,
}

/// What probing found out about one file. Made by `activities/media`, judged here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaFacts {
    /// Lowercase hex SHA-256 of the bytes: the name of the file everywhere.
    pub sha256: String,
    pub kind: MediaKind,
    /// IANA media type, for example `image/png`.
    pub mime: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Width in pixels, where there is one.
    pub width: Option<u32>,
    /// Height in pixels, where there is one.
    pub height: Option<u32>,
    /// Length in milliseconds, for videos; for captions, when the last of them is over.
    pub duration_ms: Option<u64>,
    /// Frames of a GIF.
    pub frames: Option<u32>,
}
