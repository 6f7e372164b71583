//! Where an emoji begins and ends: X counts a whole sequence as two.

const ZERO_WIDTH_JOINER: char = '\u{200d}';
const EMOJI_LOOK: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// How many characters at the start of `chars` are one emoji; 0 if they are none.
pub(super) fn emoji_at(chars: &[char]) -> usize {
    let Some(&first) = chars.first() else { return 0 };
    if is_flag_letter(first) {
        return if chars.get(1).copied().is_some_and(is_flag_letter) { 2 } else { 0 };
    }
    if first.is_ascii_digit() || first == '#' || first == '*' {
        return match chars {
            [_, EMOJI_LOOK, KEYCAP, ..] => 3,
            [_, KEYCAP, ..] => 2,
            _ => 0,
        };
    }
    let mut length = person_or_thing(chars);
    if length == 0 {
        return 0;
    }
    if first == '\u{1f3f4}' {
        length += tags(&chars[length..]);
    }
    while chars.get(length) == Some(&ZERO_WIDTH_JOINER) {
        match person_or_thing(&chars[length + 1..]) {
            0 => break,
            more => length += 1 + more,
        }
    }
    length
}

/// One picture with what changes its look: skin tone, emoji style.
fn person_or_thing(chars: &[char]) -> usize {
    let Some(&first) = chars.first() else { return 0 };
    let styled = chars.get(1) == Some(&EMOJI_LOOK);
    let is_picture = is_picture(first) || (is_symbol(first) && styled) || is_skin_tone(first);
    if !is_picture {
        return 0;
    }
    let mut length = 1;
    if styled {
        length += 1;
    }
    if chars.get(length).copied().is_some_and(is_skin_tone) {
        length += 1;
    }
    length
}

/// The letters of a flag such as Scotland's, to their end mark.
fn tags(chars: &[char]) -> usize {
    let length = chars.iter().take_while(|c| ('\u{e0020}'..='\u{e007e}').contains(*c)).count();
    if length > 0 && chars.get(length) == Some(&'\u{e007f}') { length + 1 } else { 0 }
}

fn is_flag_letter(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

fn is_skin_tone(c: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)
}

/// The blocks that hold nothing but pictures, and the pictures of the older symbol blocks that are shown
/// as pictures by themselves (Unicode's `Emoji_Presentation`).
fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{1f004}' | '\u{1f0cf}' | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}' | '\u{1f201}' | '\u{1f21a}'
        | '\u{1f22f}' | '\u{1f232}'..='\u{1f236}' | '\u{1f238}'..='\u{1f23a}' | '\u{1f250}' | '\u{1f251}'
        | '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7eb}' | '\u{1f7f0}'
        | '\u{1f90c}'..='\u{1f9ff}' | '\u{1fa70}'..='\u{1faff}'
        | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23ec}' | '\u{23f0}' | '\u{23f3}' | '\u{25fd}' | '\u{25fe}'
        | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{267f}' | '\u{2693}' | '\u{26a1}'
        | '\u{26aa}' | '\u{26ab}' | '\u{26bd}' | '\u{26be}' | '\u{26c4}' | '\u{26c5}' | '\u{26ce}'
        | '\u{26d4}' | '\u{26ea}' | '\u{26f2}' | '\u{26f3}' | '\u{26f5}' | '\u{26fa}' | '\u{26fd}'
        | '\u{2705}' | '\u{270a}' | '\u{270b}' | '\u{2728}' | '\u{274c}' | '\u{274e}' | '\u{2753}'..='\u{2755}'
        | '\u{2757}' | '\u{2795}'..='\u{2797}' | '\u{27b0}' | '\u{27bf}' | '\u{2b1b}' | '\u{2b1c}'
        | '\u{2b50}' | '\u{2b55}')
}

/// Signs that are text unless the emoji style follows: ©, ™, ↔, ☀, ♀, ✔, ❤ and their blocks.
fn is_symbol(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f170}' | '\u{1f171}' | '\u{1f17e}' | '\u{1f17f}' | '\u{1f202}' | '\u{1f237}')
        // The signs of people in sequences are joined without the style now and then.
        || matches!(c, '\u{2640}' | '\u{2642}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> usize {
        emoji_at(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn a_sequence_is_one_emoji() {
        for text in [
            "😀",
            "👍🏽",
            "👨‍👩‍👧‍👦",
            "🇩🇪",
            "❤️",
            "5️⃣",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "🏳️‍🌈",
            "✅",
        ] {
            assert_eq!(first(text), text.chars().count(), "{text}");
        }
    }

    #[test]
    fn text_is_no_emoji() {
        for text in ["a", "5", "#", "漢", "🇩", "©", "", "→"] {
            assert_eq!(first(text), 0, "{text}");
        }
    }
}
