//! LinkedIn: the `little` text format and the length of a post.
//!
//! Source: <https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format>.

/// Characters that a post may have. Whether LinkedIn counts the escapes is not documented, so they count.
pub const TEXT_CHARS_MAX: u32 = 3_000;

/// Characters that a comment may have, which LinkedIn shows as its limit where one is written.
pub const COMMENT_CHARS_MAX: u32 = 1_250;

/// Characters that mean something in `little` text. One that is not escaped makes LinkedIn cut the post
/// off there and still answer 201.
const RESERVED: &[char] = &['\\', '|', '{', '}', '@', '[', ']', '(', ')', '<', '>', '#', '*', '_', '~'];

/// `text` as `little` text that shows exactly `text`.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    for character in text.chars() {
        if RESERVED.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// What `little` text of plain characters shows: the reverse of [`escape`].
#[must_use]
pub fn unescape(little: &str) -> String {
    let mut text = String::with_capacity(little.len());
    let mut characters = little.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

/// Characters of `text` once it is escaped: what is held against [`TEXT_CHARS_MAX`].
#[must_use]
pub fn escaped_length(text: &str) -> u32 {
    text.chars().map(|c| if RESERVED.contains(&c) { 2 } else { 1 }).fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_reserved_character_is_escaped() {
        assert_eq!(escape("a #tag (and) @you_all"), "a \\#tag \\(and\\) \\@you\\_all");
        assert_eq!(escape("\\|{}@[]()<>#*_~").len(), 30);
        assert_eq!(escape("Grüße, 100 % – fine."), "Grüße, 100 % – fine.");
    }

    #[test]
    fn escapes_count_against_the_limit() {
        assert_eq!(escaped_length("#a"), 3);
        assert_eq!(escaped_length("日本"), 2);
    }

    proptest! {
        #[test]
        fn escaping_is_reversible_and_counted(text in ".{0,200}") {
            let little = escape(&text);
            prop_assert_eq!(unescape(&little), text.clone());
            prop_assert_eq!(usize::try_from(escaped_length(&text)).unwrap(), little.chars().count());
        }
    }
}
