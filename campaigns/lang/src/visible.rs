//! Words from files inside messages: short, and with nothing in them that hides or turns the text around.

use std::fmt::Write as _;

/// A message shows no more of a value.
const CHARS_MAX: usize = 60;

/// `text` as a message may show it: cut at [`CHARS_MAX`] characters, with control characters, marks of
/// direction and characters without width written as their numbers.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == CHARS_MAX {
            shown.push('…');
            break;
        }
        if character == '`' {
            shown.push('\'');
        } else if is_hidden(character) {
            // Writing to a string can't fail.
            let _ = write!(shown, "U+{:04X}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether the character is not seen, or changes how its neighbours are seen.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control() || is_trick(character)
}

/// Characters without width and marks of direction, which make two different words look alike.
pub(crate) fn is_trick(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
