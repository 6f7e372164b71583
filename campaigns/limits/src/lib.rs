//! What each platform accepts: names, text length and escaping, media.
//!
//! `validate` and the publishing clients use the same code, so that what passes the one passes the other.
//! Not here: the platforms' HTTP (`activities/platforms`) and the emulators (`sandbox`), which judge
//! on their own.

pub mod budget;
pub mod captions;
pub mod language;
pub mod linkedin;
pub mod measure;
pub mod media;
pub mod media_rules;
pub mod metrics;
pub mod options;
pub mod platform;
pub mod segment;
pub mod text;
pub mod x;

pub use budget::{PostRate, post_cost_micro_usd, post_rate};
pub use captions::{CAPTIONS_BYTES_MAX, CaptionsFault, Overrun, captions_fault, captions_overrun};
pub use language::{Language, UnknownLanguage};
pub use measure::Measure;
pub use media::{MediaFacts, MediaKind};
pub use media_rules::{MediaFault, MediaLimits, media_faults, media_limits};
pub use metrics::{Counts, Metric, UnknownMetric};
pub use options::{
    LinkedInPoll, PlannedArticle, PlannedLinkedIn, PlannedOptions, PlannedX, PollDuration, PostReference,
    ReplySettings, Visibility, XPoll,
};
pub use platform::{AccountName, Platform};
pub use segment::{SegmentContent, SegmentFault, segment_faults, segment_length};
pub use text::{has_threads, text_length, text_length_max};
