//! The length of a text on each platform, in that platform's own count.

use crate::{Platform, linkedin, x};

/// How long `text` is on `platform`: weighted on X, characters after escaping on LinkedIn.
#[must_use]
pub fn text_length(platform: Platform, text: &str) -> u32 {
    match platform {
        Platform::X => x::weighted_length(text),
        Platform::LinkedIn => linkedin::escaped_length(text),
    }
}

/// The longest text that `platform` takes in one post, in the count of [`text_length`].
#[must_use]
pub const fn text_length_max(platform: Platform) -> u32 {
    match platform {
        Platform::X => x::TEXT_WEIGHT_MAX,
        Platform::LinkedIn => linkedin::TEXT_CHARS_MAX,
    }
}

/// Whether several posts can hang together as a thread.
#[must_use]
pub const fn has_threads(platform: Platform) -> bool {
    match platform {
        Platform::X => true,
        Platform::LinkedIn => false,
    }
}
