//! Which captions each platform takes beside a video.
//!
//! Sources: X's OpenAPI document takes `text/srt` and `text/vtt`; LinkedIn's Videos API, "upload the captions",
//! knows the format `SRT` only.

use crate::{MediaFacts, MediaKind, Platform};

/// The size of a captions file in bytes. No platform states one. An hour of fast speech takes under
/// 100 KB, and the longest video that a platform takes lasts half of that.
pub const CAPTIONS_BYTES_MAX: u64 = 1024 * 1024;

const SUBRIP: &str = "text/srt";

/// Why captions can't stand beside a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptionsFault {
    #[error("captions belong to a video, and this is none")]
    NoVideo,
    #[error("captions are SubRip or WebVTT, and this is `{mime}`")]
    Kind { mime: String },
    #[error("{platform} takes captions as SubRip (`.srt`) only, and these are WebVTT")]
    Format { platform: &'static str },
    #[error("the captions have {bytes} bytes, and at most {max} are taken")]
    TooLarge { bytes: u64, max: u64 },
}

impl CaptionsFault {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoVideo | Self::Kind { .. } | Self::Format { .. } => "media/kind",
            Self::TooLarge { .. } => "media/too-large",
        }
    }
}

/// What `platform` would refuse about these captions beside this file.
#[must_use]
pub fn captions_fault(
    platform: Platform,
    medium: &MediaFacts,
    captions: &MediaFacts,
) -> Option<CaptionsFault> {
    if medium.kind != MediaKind::Video {
        return Some(CaptionsFault::NoVideo);
    }
    if captions.kind != MediaKind::Captions {
        return Some(CaptionsFault::Kind { mime: captions.mime.clone() });
    }
    let taken = match platform {
        Platform::X => true,
        Platform::LinkedIn => captions.mime == SUBRIP,
    };
    if !taken {
        return Some(CaptionsFault::Format { platform: platform.title() });
    }
    let (bytes, max) = (captions.bytes, CAPTIONS_BYTES_MAX);
    (bytes > max).then_some(CaptionsFault::TooLarge { bytes, max })
}

/// How long captions may go on behind the end of their video, in milliseconds: editors round the last cue up.
const OVERRUN_MS_MAX: u64 = 1_000;

/// Captions that go on although their video is over. Every platform takes them and shows the rest never: most
/// likely they belong to another video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun {
    pub captions_end_ms: u64,
    pub video_ms: u64,
}

impl std::fmt::Display for Overrun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let clock = |ms: u64| format!("{}:{:02}.{}", ms / 60_000, ms / 1_000 % 60, ms % 1_000 / 100);
        let (end, video) = (clock(self.captions_end_ms), clock(self.video_ms));
        write!(f, "the captions go on until {end}, and the video is over at {video}")
    }
}

/// Whether captions are longer than their video, as far as both lengths are known.
#[must_use]
pub fn captions_overrun(medium: &MediaFacts, captions: &MediaFacts) -> Option<Overrun> {
    let (video_ms, captions_end_ms) = (medium.duration_ms?, captions.duration_ms?);
    (captions_end_ms > video_ms.saturating_add(OVERRUN_MS_MAX))
        .then_some(Overrun { captions_end_ms, video_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: MediaKind, mime: &str, bytes: u64) -> MediaFacts {
        let (width, height, duration_ms, frames) = (None, None, None, None);
        MediaFacts {
            sha256: String::new(),
            kind,
            mime: mime.to_owned(),
            bytes,
            width,
            height,
            duration_ms,
            frames,
        }
    }

    #[test]
    fn captions_may_end_a_moment_after_their_video() {
        let lasting = |duration_ms| MediaFacts { duration_ms, ..file(MediaKind::Video, "", 1) };
        let video = lasting(Some(62_000));
        assert_eq!(captions_overrun(&video, &lasting(Some(63_000))), None);
        let overrun = captions_overrun(&video, &lasting(Some(69_500))).unwrap().to_string();
        assert_eq!(overrun, "the captions go on until 1:09.5, and the video is over at 1:02.0");
        for unknown in [(&lasting(None), &video), (&video, &lasting(None))] {
            assert_eq!(captions_overrun(unknown.0, unknown.1), None);
        }
    }

    #[test]
    fn captions_stand_beside_videos_in_the_formats_of_each_platform() {
        let video = file(MediaKind::Video, "video/mp4", 100);
        let code = |platform, captions: &MediaFacts| {
            captions_fault(platform, &video, captions).map(|fault| fault.code())
        };
        let subrip = file(MediaKind::Captions, SUBRIP, CAPTIONS_BYTES_MAX);
        let webvtt = file(MediaKind::Captions, "text/vtt", 1);
        for (platform, of_webvtt) in [(Platform::X, None), (Platform::LinkedIn, Some("media/kind"))] {
            assert_eq!(code(platform, &subrip), None);
            assert_eq!(code(platform, &webvtt), of_webvtt);
            let large = MediaFacts { bytes: CAPTIONS_BYTES_MAX + 1, ..subrip.clone() };
            assert_eq!(code(platform, &large), Some("media/too-large"));
            assert_eq!(code(platform, &video), Some("media/kind"));
            let picture = file(MediaKind::Image, "image/png", 1);
            assert_eq!(captions_fault(platform, &picture, &subrip), Some(CaptionsFault::NoVideo));
        }
    }
}
