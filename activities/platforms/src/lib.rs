//! Clients of the platforms, one folder each and of one shape: client, publish, reconcile, media, errors.
//!
//! Not here: who may send and when (`activities/delivery`), tokens at rest (`activities/vault`), the
//! emulators (`sandbox`), which share no code with these clients.

pub mod client;
pub mod outcome;

pub use client::{Access, MediaUpload, PlatformClient, Profile, SegmentRequest, Sought, UploadedMedia};
pub use outcome::{Answer, Failure, Found, Outcome, Reading, Strength};
