//! X: the weighted length of a text, as configuration 3 of X's text rules defines it.
//!
//! Source: <https://docs.x.com/fundamentals/counting-characters> and the public `twitter-text` rules.

mod emoji;
mod punycode;
mod urls;

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use urls::find_urls;

/// The weighted length that a post may have without a Premium subscription.
pub const TEXT_WEIGHT_MAX: u32 = 280;

/// What every link counts, however long it is: X replaces it by its own short link.
pub const URL_WEIGHT: u32 = 23;

/// Characters in these ranges count 1, all others 2.
const LIGHT_RANGES: [std::ops::RangeInclusive<u32>; 4] = [0..=4351, 8192..=8205, 8208..=8223, 8242..=8247];

/// The weight of a character outside [`LIGHT_RANGES`], and of an emoji however many code points it has.
const HEAVY: u32 = 2;

/// The length of `text` as X counts it: after Unicode normalization (NFC), links count [`URL_WEIGHT`],
/// an emoji sequence 2, CJK and most other scripts beyond the Latin, Greek, Cyrillic, Hebrew, Arabic and
/// Indic ones 2 per character, everything else 1.
///
/// Emoji that are joined in a way that no font knows count here as one; X counts their parts.
#[must_use]
pub fn weighted_length(text: &str) -> u32 {
    let normalized: Cow<'_, str> = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    };
    let mut links = urls::find_urls(&normalized).into_iter().peekable();
    let mut weight = 0_u32;
    let mut at = 0;
    while let Some(character) = normalized[at..].chars().next() {
        if let Some(Range { end, .. }) = links.next_if(|link| link.start == at) {
            weight = weight.saturating_add(URL_WEIGHT);
            at = end;
        } else if let Some(bytes) = emoji::sequence_bytes(&normalized[at..]) {
            weight = weight.saturating_add(HEAVY);
            at += bytes;
        } else {
            weight = weight.saturating_add(character_weight(character));
            at += character.len_utf8();
        }
    }
    weight
}

/// What one character counts outside links and emoji.
pub(crate) fn character_weight(character: char) -> u32 {
    let code = u32::from(character);
    if LIGHT_RANGES.iter().any(|range| range.contains(&code)) { 1 } else { HEAVY }
}

#[cfg(test)]
mod tests;
