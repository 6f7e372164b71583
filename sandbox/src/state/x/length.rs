//! X's weighted length, version 3 of its configuration: 280, most scripts count one, others two.

use unicode_normalization::UnicodeNormalization;

use super::emoji::emoji_at;
use super::links::links_in;

/// The longest text.
pub(super) const LENGTH_MAX: usize = 280;
/// What a link counts, whatever its length.
const LINK_LENGTH: usize = 23;

/// The length of a text as X counts it.
pub(super) fn weighted_length(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut length = 0;
    let mut from = 0;
    for link in links_in(&text) {
        length += words_length(&text[from..link.start]) + LINK_LENGTH;
        from = link.end;
    }
    length + words_length(&text[from..])
}

fn words_length(words: &str) -> usize {
    let chars: Vec<char> = words.chars().collect();
    let mut length = 0;
    let mut at = 0;
    while at < chars.len() {
        match emoji_at(&chars[at..]) {
            0 => {
                length += weight(chars[at]);
                at += 1;
            }
            more => {
                length += 2;
                at += more;
            }
        }
    }
    length
}

fn weight(c: char) -> usize {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_by_their_script() {
        assert_eq!(weighted_length("Hello, wörld"), 12);
        assert_eq!(weighted_length("漢字"), 4);
        assert_eq!(weighted_length("e\u{301}"), 1, "composed first");
        assert_eq!(weighted_length("👨‍👩‍👧‍👦!"), 3);
        assert_eq!(weighted_length("🇩🇪🇫🇷"), 4);
    }

    #[test]
    fn a_link_counts_twenty_three() {
        assert_eq!(
            weighted_length("see https://example.com/a/very/long/path?with=a&query=1#and-more-of-it now"),
            31
        );
        assert_eq!(weighted_length("x.com"), 23);
        assert_eq!(weighted_length("no.links here"), 13);
    }
}
