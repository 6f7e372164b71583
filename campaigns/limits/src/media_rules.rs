//! Which media each platform takes in one post.
//!
//! Sources: X, <https://docs.x.com/x-api/media/quickstart/best-practices>; LinkedIn, the pages of its
//! Images, Videos and Documents APIs.

use crate::{MediaFacts, MediaKind, Platform};

/// The bounds of one platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaLimits {
    /// Still images in one post.
    pub images_max: usize,
    /// Size of a still image in bytes.
    pub image_bytes_max: u64,
    /// Width times height of an image or GIF; the bound itself is too much.
    pub pixels_below: u64,
    /// Width and height of an image or GIF, each.
    pub side_px_max: u32,
    /// Size of a GIF in bytes.
    pub gif_bytes_max: u64,
    /// Frames of a GIF.
    pub gif_frames_max: u32,
    /// Size of a video in bytes.
    pub video_bytes_max: u64,
    /// Length of a video in milliseconds.
    pub video_ms_max: u64,
    /// Size of a document in bytes; 0 where documents are not taken.
    pub document_bytes_max: u64,
    /// Alternative text in characters.
    pub alt_chars_max: usize,
    /// Media types of images, GIFs included.
    pub image_mimes: &'static [&'static str],
}

/// X without a Premium subscription.
const X: MediaLimits = MediaLimits {
    images_max: 4,
    image_bytes_max: 5 * 1024 * 1024,
    pixels_below: u64::MAX,
    side_px_max: 8_192,
    gif_bytes_max: 15 * 1024 * 1024,
    gif_frames_max: 350,
    video_bytes_max: 512 * 1024 * 1024,
    video_ms_max: 140_000,
    document_bytes_max: 0,
    alt_chars_max: 1_000,
    image_mimes: &["image/jpeg", "image/png", "image/webp", "image/gif"],
};

/// LinkedIn states pixels and frames for images; the size is what its upload accepts in practice.
const LINKEDIN: MediaLimits = MediaLimits {
    images_max: 20,
    image_bytes_max: 20 * 1024 * 1024,
    pixels_below: 36_152_320,
    side_px_max: u32::MAX,
    gif_bytes_max: 20 * 1024 * 1024,
    gif_frames_max: 250,
    video_bytes_max: 500 * 1024 * 1024,
    video_ms_max: 30 * 60 * 1_000,
    document_bytes_max: 100 * 1024 * 1024,
    alt_chars_max: 4_086,
    image_mimes: &["image/jpeg", "image/png", "image/gif"],
};

/// The bounds of `platform`.
#[must_use]
pub const fn media_limits(platform: Platform) -> &'static MediaLimits {
    match platform {
        Platform::X => &X,
        Platform::LinkedIn => &LINKEDIN,
    }
}

/// Why a platform won't take the media of a post. `index` counts from 0 in the order of the post.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaFault {
    #[error("{platform} takes {max} images in a post, and here are {count}")]
    TooMany { platform: &'static str, count: usize, max: usize, index: usize },
    #[error("{platform} takes either images or one {other} in a post, not both")]
    Mixed { platform: &'static str, other: &'static str, index: usize },
    #[error("{platform} does not take `{mime}` files")]
    Kind { platform: &'static str, mime: String, index: usize },
    #[error("the file has {bytes} bytes, and {platform} takes at most {max}")]
    TooLarge { platform: &'static str, bytes: u64, max: u64, index: usize },
    #[error("the picture is {width} × {height} pixels, too large for {platform} ({limit})")]
    Dimensions { platform: &'static str, width: u32, height: u32, limit: String, index: usize },
    #[error("the GIF has {frames} frames, and {platform} takes at most {max}")]
    Frames { platform: &'static str, frames: u32, max: u32, index: usize },
    #[error("the video lasts {duration_ms} ms, and {platform} takes at most {max_ms} ms")]
    Duration { platform: &'static str, duration_ms: u64, max_ms: u64, index: usize },
}

impl MediaFault {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } | Self::Mixed { .. } => "media/too-many",
            Self::Kind { .. } => "media/kind",
            Self::TooLarge { .. } | Self::Dimensions { .. } | Self::Frames { .. } | Self::Duration { .. } => {
                "media/too-large"
            }
        }
    }

    /// Which file of the post it is about, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        match self {
            Self::TooMany { index, .. }
            | Self::Mixed { index, .. }
            | Self::Kind { index, .. }
            | Self::TooLarge { index, .. }
            | Self::Dimensions { index, .. }
            | Self::Frames { index, .. }
            | Self::Duration { index, .. } => *index,
        }
    }
}

/// Everything that `platform` would refuse about these files in one post.
#[must_use]
pub fn media_faults(platform: Platform, media: &[&MediaFacts]) -> Vec<MediaFault> {
    let limits = media_limits(platform);
    let mut faults = count_faults(platform, limits, media);
    for (index, facts) in media.iter().enumerate() {
        faults.extend(file_fault(platform, limits, facts, index));
    }
    faults
}

/// Images may be several; a GIF, a video or a document stands alone.
fn count_faults(platform: Platform, limits: &MediaLimits, media: &[&MediaFacts]) -> Vec<MediaFault> {
    let title = platform.title();
    let lone = media.iter().enumerate().find(|(_, facts)| facts.kind != MediaKind::Image);
    if let Some((index, facts)) = lone.filter(|_| media.len() > 1) {
        let other = match facts.kind {
            MediaKind::Image | MediaKind::Gif => "GIF",
            MediaKind::Video => "video",
            MediaKind::Document => "document",
            MediaKind::Captions => "captions file",
        };
        return vec![MediaFault::Mixed { platform: title, other, index }];
    }
    if media.len() > limits.images_max {
        let (count, max) = (media.len(), limits.images_max);
        return vec![MediaFault::TooMany { platform: title, count, max, index: max }];
    }
    Vec::new()
}

fn file_fault(
    platform: Platform,
    limits: &MediaLimits,
    facts: &MediaFacts,
    index: usize,
) -> Option<MediaFault> {
    let title = platform.title();
    let (bytes_max, known) = match facts.kind {
        MediaKind::Image => (limits.image_bytes_max, limits.image_mimes.contains(&facts.mime.as_str())),
        MediaKind::Gif => (limits.gif_bytes_max, limits.image_mimes.contains(&facts.mime.as_str())),
        MediaKind::Video => (limits.video_bytes_max, facts.mime == "video/mp4"),
        MediaKind::Document => (limits.document_bytes_max, limits.document_bytes_max > 0),
        MediaKind::Captions => (0, false),
    };
    if !known {
        return Some(MediaFault::Kind { platform: title, mime: facts.mime.clone(), index });
    }
    if facts.bytes > bytes_max {
        return Some(MediaFault::TooLarge { platform: title, bytes: facts.bytes, max: bytes_max, index });
    }
    if let Some(frames) = facts.frames.filter(|frames| *frames > limits.gif_frames_max) {
        return Some(MediaFault::Frames { platform: title, frames, max: limits.gif_frames_max, index });
    }
    if let Some(duration_ms) = facts.duration_ms.filter(|ms| *ms > limits.video_ms_max) {
        return Some(MediaFault::Duration {
            platform: title,
            duration_ms,
            max_ms: limits.video_ms_max,
            index,
        });
    }
    dimension_fault(title, limits, facts, index)
}

fn dimension_fault(
    title: &'static str,
    limits: &MediaLimits,
    facts: &MediaFacts,
    index: usize,
) -> Option<MediaFault> {
    let (width, height) = (facts.width?, facts.height?);
    if !matches!(facts.kind, MediaKind::Image | MediaKind::Gif) {
        return None;
    }
    let limit = if width > limits.side_px_max || height > limits.side_px_max {
        format!("at most {} on each side", limits.side_px_max)
    } else if u64::from(width) * u64::from(height) >= limits.pixels_below {
        format!("fewer than {} pixels in all", limits.pixels_below)
    } else {
        return None;
    };
    Some(MediaFault::Dimensions { platform: title, width, height, limit, index })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(mime: &str) -> MediaFacts {
        MediaFacts {
            sha256: String::new(),
            kind: MediaKind::Image,
            mime: mime.to_owned(),
            bytes: 1_000,
            width: Some(640),
            height: Some(480),
            duration_ms: None,
            frames: None,
        }
    }

    #[test]
    fn four_images_fit_on_x_and_five_do_not() {
        let png = image("image/png");
        assert_eq!(media_faults(Platform::X, &[&png; 4]), []);
        let faults = media_faults(Platform::X, &[&png; 5]);
        assert_eq!(faults, [MediaFault::TooMany { platform: "X", count: 5, max: 4, index: 4 }]);
        assert_eq!(media_faults(Platform::LinkedIn, &[&png; 5]), []);
    }

    #[test]
    fn a_gif_stands_alone() {
        let gif = MediaFacts { kind: MediaKind::Gif, frames: Some(10), ..image("image/gif") };
        assert_eq!(media_faults(Platform::X, &[&gif]), []);
        let faults = media_faults(Platform::X, &[&image("image/png"), &gif]);
        assert_eq!(faults, [MediaFault::Mixed { platform: "X", other: "GIF", index: 1 }]);
    }

    #[test]
    fn linkedin_takes_no_webp_and_x_no_documents() {
        assert!(matches!(
            media_faults(Platform::LinkedIn, &[&image("image/webp")])[..],
            [MediaFault::Kind { .. }]
        ));
        let pdf = MediaFacts { kind: MediaKind::Document, ..image("application/pdf") };
        assert!(matches!(media_faults(Platform::X, &[&pdf])[..], [MediaFault::Kind { .. }]));
        assert_eq!(media_faults(Platform::LinkedIn, &[&pdf]), []);
    }

    #[test]
    fn size_pixels_and_frames_are_bounded_at_their_exact_limits() {
        let full = MediaFacts { bytes: 5 * 1024 * 1024, ..image("image/png") };
        assert_eq!(media_faults(Platform::X, &[&full]), []);
        let over = MediaFacts { bytes: 5 * 1024 * 1024 + 1, ..image("image/png") };
        assert!(matches!(media_faults(Platform::X, &[&over])[..], [MediaFault::TooLarge { .. }]));
        let wide = MediaFacts { width: Some(8_193), ..image("image/png") };
        assert!(matches!(media_faults(Platform::X, &[&wide])[..], [MediaFault::Dimensions { .. }]));
        let pixels = MediaFacts { width: Some(36_152_320), height: Some(1), ..image("image/png") };
        assert!(matches!(media_faults(Platform::LinkedIn, &[&pixels])[..], [MediaFault::Dimensions { .. }]));
        let gif = MediaFacts { kind: MediaKind::Gif, frames: Some(251), ..image("image/gif") };
        assert!(matches!(media_faults(Platform::LinkedIn, &[&gif])[..], [MediaFault::Frames { .. }]));
    }
}
