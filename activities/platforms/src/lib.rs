//! Clients of the platforms, one folder each and of one shape: client, publish, reconcile, media, errors.
//!
//! Not here: who may send and when (`activities/delivery`), tokens at rest (`activities/vault`), the
//! emulators (`sandbox`), which share no code with these clients.

pub mod address;
pub mod client;
pub mod codes;
pub mod http;
pub mod linkedin;
pub mod look;
pub mod metrics;
pub mod options;
pub mod outcome;
mod status;
pub mod upload;
pub mod wording;
pub mod x;

pub use campaigns_limits::{LinkedInPoll, PollDuration, ReplySettings, Visibility, XPoll};
pub use client::{
    Access, MediaUpload, PlatformClient, Profile, Referent, SegmentRequest, Sought, UploadedMedia,
};
pub use linkedin::Settings as LinkedInSettings;
pub use look::{Look, Looked, SentPost};
pub use metrics::{Counted, CountedPost};
pub use options::{Article, LinkedInOptions, SegmentOptions, XOptions};
pub use outcome::{Answer, Failure, Found, Outcome, Reading, Strength};
pub use upload::{BegunUpload, CaptionsUpload, FileUpload, UploadLog};
pub use x::{FieldNames, Settings as XSettings};
