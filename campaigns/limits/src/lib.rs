//! What each platform accepts: names, text length and escaping, media.
//!
//! `validate` and the publishing clients use the same code, so that what passes the one passes the other.
//! Not here: the platforms' HTTP (`activities/platforms`) and the emulators (`sandbox`), which judge
//! on their own.

pub mod media;
pub mod platform;

pub use media::{MediaFacts, MediaKind};
pub use platform::{AccountName, Platform};
