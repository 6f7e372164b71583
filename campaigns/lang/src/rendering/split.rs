//! Splitting a long text at the ends of its sentences.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// The fewest beginnings-first pieces that all fit, without the white space between them. `None` when the
/// whole fits as it is, or a sentence alone is too long.
pub(super) fn at_sentences(text: &str, fits: impl Fn(&str) -> bool) -> Option<Vec<Range<usize>>> {
    if fits(text) {
        return None;
    }
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut open: Option<Range<usize>> = None;
    for (start, sentence) in text.split_sentence_bound_indices() {
        let end = start + sentence.len();
        let longer = open.as_ref().map_or(start, |piece| piece.start)..end;
        if fits(text[longer.clone()].trim()) {
            open = Some(longer);
            continue;
        }
        if !fits(sentence.trim()) {
            return None;
        }
        pieces.extend(open.replace(start..end));
    }
    pieces.extend(open);
    let trimmed = pieces.into_iter().map(|piece| trim(text, piece)).filter(|piece| !piece.is_empty());
    Some(trimmed.collect())
}

fn trim(text: &str, piece: Range<usize>) -> Range<usize> {
    let whole = &text[piece.clone()];
    let start = piece.start + (whole.len() - whole.trim_start().len());
    start..start + whole.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(text: &str, max: usize) -> Option<Vec<&str>> {
        let ranges = at_sentences(text, |piece| piece.chars().count() <= max)?;
        Some(ranges.into_iter().map(|range| &text[range]).collect())
    }

    #[test]
    fn sentences_stay_whole_and_pieces_are_filled_from_the_front() {
        assert_eq!(pieces("One. Two. Three.", 9), Some(vec!["One. Two.", "Three."]));
        assert_eq!(
            pieces("One two. Three four!\n\nFive six?", 12),
            Some(vec!["One two.", "Three four!", "Five six?"])
        );
        assert_eq!(pieces("Short.", 9), None);
        assert_eq!(pieces("Short. But this is far too long.", 9), None);
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(text in "([A-Z][a-z]{1,8}( [a-z]{1,8}){0,4}[.!?][ \\n]{1,2}){1,12}") {
            if let Some(pieces) = pieces(&text, 60) {
                let bare = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                let joined: Vec<String> = pieces.iter().flat_map(|piece| bare(piece)).collect();
                prop_assert_eq!(joined, bare(&text));
                prop_assert!(pieces.iter().all(|piece| piece.chars().count() <= 60));
            }
        }
    }
}
