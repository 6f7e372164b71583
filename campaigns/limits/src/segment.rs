//! What a platform would refuse about one segment: the same judgement for `validate` and for sending.

use crate::{
    MediaFacts, MediaFault, PlannedOptions, Platform, linkedin, media_faults, media_limits, text_length,
    text_length_max,
};

/// One segment, as it would be sent.
#[derive(Clone, Copy, Debug)]
pub struct SegmentContent<'a> {
    pub platform: Platform,
    /// Whether it follows another: a part of a thread on X, a comment on LinkedIn.
    pub follows: bool,
    pub text: &'a str,
    pub media: &'a [&'a MediaFacts],
    /// Alternative texts, where there are some.
    pub alts: &'a [&'a str],
    pub options: &'a PlannedOptions,
}

/// Why a platform won't take a segment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentFault {
    #[error("the text counts {length} on {platform}, which takes {max}")]
    TooLong { platform: &'static str, length: u32, max: u32 },
    #[error("{platform} takes no post without text, media or anything else in it")]
    Empty { platform: &'static str },
    #[error("an alternative text has {length} characters, and {platform} takes {max}")]
    AltTooLong { platform: &'static str, length: usize, max: usize },
    #[error("a comment on LinkedIn has text only")]
    CommentMedia,
    #[error(transparent)]
    Media(#[from] MediaFault),
}

impl SegmentFault {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "text/too-long",
            Self::Empty { .. } => "text/empty",
            Self::AltTooLong { .. } => "media/alt-too-long",
            Self::CommentMedia => "linkedin/comment-media",
            Self::Media(fault) => fault.code(),
        }
    }
}

/// Everything that the platform would refuse about the segment.
#[must_use]
pub fn segment_faults(content: &SegmentContent<'_>) -> Vec<SegmentFault> {
    let mut faults: Vec<SegmentFault> = text_fault(content).into_iter().collect();
    let platform = content.platform.title();
    if is_comment(content) && !content.media.is_empty() {
        faults.push(SegmentFault::CommentMedia);
        return faults;
    }
    let max = media_limits(content.platform).alt_chars_max;
    for length in content.alts.iter().map(|alt| alt.chars().count()).filter(|length| *length > max) {
        faults.push(SegmentFault::AltTooLong { platform, length, max });
    }
    faults.extend(media_faults(content.platform, content.media).into_iter().map(SegmentFault::Media));
    faults
}

/// The length of the segment's text and the most that its place takes, in the platform's own count.
#[must_use]
pub fn segment_length(platform: Platform, follows: bool, text: &str) -> (u32, u32) {
    match platform {
        // A comment is plain text: nothing in it is escaped.
        Platform::LinkedIn if follows => {
            (u32::try_from(text.chars().count()).unwrap_or(u32::MAX), linkedin::COMMENT_CHARS_MAX)
        }
        Platform::X | Platform::LinkedIn => (text_length(platform, text), text_length_max(platform)),
    }
}

fn text_fault(content: &SegmentContent<'_>) -> Option<SegmentFault> {
    let SegmentContent { platform, follows, text, media, alts: _, options } = content;
    let (length, max) = segment_length(*platform, *follows, text);
    if length > max {
        return Some(SegmentFault::TooLong { platform: platform.title(), length, max });
    }
    let bare = text.trim().is_empty() && media.is_empty();
    let carries = match options {
        PlannedOptions::None => false,
        PlannedOptions::X(x) => x.repost_of.is_some() || x.quote.is_some() || x.poll.is_some(),
        PlannedOptions::LinkedIn(l) => l.reshare_of.is_some() || l.article.is_some() || l.poll.is_some(),
    };
    (bare && !carries).then_some(SegmentFault::Empty { platform: platform.title() })
}

fn is_comment(content: &SegmentContent<'_>) -> bool {
    content.platform == Platform::LinkedIn && content.follows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(platform: Platform, follows: bool, text: &str) -> Vec<&'static str> {
        let options = &PlannedOptions::None;
        let content = SegmentContent { platform, follows, text, media: &[], alts: &[], options };
        segment_faults(&content).iter().map(SegmentFault::code).collect()
    }

    #[test]
    fn texts_fit_up_to_their_limit_in_the_count_of_their_place() {
        assert_eq!(codes(Platform::X, false, &"a".repeat(280)), [""; 0]);
        assert_eq!(codes(Platform::X, false, &"a".repeat(281)), ["text/too-long"]);
        assert_eq!(codes(Platform::X, true, &"日".repeat(141)), ["text/too-long"]);
        assert_eq!(codes(Platform::LinkedIn, false, &"#".repeat(1_500)), [""; 0]);
        assert_eq!(codes(Platform::LinkedIn, false, &"#".repeat(1_501)), ["text/too-long"]);
        assert_eq!(codes(Platform::LinkedIn, true, &"#".repeat(1_250)), [""; 0]);
        assert_eq!(codes(Platform::LinkedIn, true, &"#".repeat(1_251)), ["text/too-long"]);
        assert_eq!(codes(Platform::X, false, "  "), ["text/empty"]);
    }
}
