//! Emoji sequences: what people see as one emoji, whatever it is made of.

use unicode_properties::UnicodeEmoji;

use super::character_weight;

const VARIATION_TEXT: char = '\u{fe0e}';
const VARIATION_EMOJI: char = '\u{fe0f}';
const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const TAG_END: char = '\u{e007f}';

/// The length in bytes of the emoji sequence that `text` begins with: an emoji with its variation
/// selector, skin tone, tags (flags of regions) and everything joined to it; a flag; a keycap.
pub(super) fn sequence_bytes(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first.is_ascii() {
        return keycap_bytes(text, first);
    }
    if is_regional(first) {
        return flag_bytes(text, first);
    }
    let mut end = joined_part_bytes(text)?;
    while let Some(rest) = text[end..].strip_prefix(JOINER) {
        let Some(part) = joined_part_bytes(rest) else { break };
        end += JOINER.len_utf8() + part;
    }
    Some(end)
}

/// `1️⃣`: a digit, `#` or `*`, perhaps a variation selector, and the enclosing keycap.
fn keycap_bytes(text: &str, first: char) -> Option<usize> {
    if !(first.is_ascii_digit() || matches!(first, '#' | '*')) {
        return None;
    }
    let rest = &text[1..];
    let rest = rest.strip_prefix(VARIATION_EMOJI).unwrap_or(rest);
    let rest = rest.strip_prefix(KEYCAP)?;
    Some(text.len() - rest.len())
}

/// Two regional indicators are a flag; one alone is an emoji too.
fn flag_bytes(text: &str, first: char) -> Option<usize> {
    let one = first.len_utf8();
    match text[one..].chars().next() {
        Some(second) if is_regional(second) => Some(one + second.len_utf8()),
        _ => Some(one),
    }
}

/// One emoji with what modifies it.
fn joined_part_bytes(text: &str) -> Option<usize> {
    let first = text.chars().next().filter(|c| !c.is_ascii() && c.is_emoji_char())?;
    let mut end = first.len_utf8();
    let mut following = text[end..].chars().peekable();
    if following.peek() == Some(&VARIATION_TEXT) {
        return None;
    }
    if let Some(selector) = following.next_if_eq(&VARIATION_EMOJI) {
        end += selector.len_utf8();
    } else if character_weight(first) == 1 {
        return None; // `©` alone is text
    } else if let Some(tone) = following.next_if(|c| is_skin_tone(*c)) {
        end += tone.len_utf8();
    }
    Some(end + tags_bytes(&text[end..]))
}

/// The tag characters that make a black flag the flag of a region, with their end mark.
fn tags_bytes(text: &str) -> usize {
    let mut bytes = 0;
    for character in text.chars() {
        if !('\u{e0020}'..=TAG_END).contains(&character) {
            return 0;
        }
        bytes += character.len_utf8();
        if character == TAG_END {
            return bytes;
        }
    }
    0
}

fn is_regional(character: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&character)
}

fn is_skin_tone(character: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&character)
}
