//! `text/invisible`: nothing in a text turns it around or hides.

use super::view;
use crate::decode::Draft;
use crate::problems::Problems;
use crate::{Diagnostic, codes};

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for (template, path) in view::templates(draft) {
        let found = template.text.char_indices().find(|(_, character)| is_suspicious(*character));
        let Some((at, character)) = found else { continue };
        let span = template.locate(at..at + character.len_utf8());
        let message =
            format!("the invisible character U+{:04X} is published with this text", u32::from(character));
        let problem = Diagnostic::warning(codes::TEXT_INVISIBLE, &template.file, span, message)
            .with_help("delete it, unless the text needs it");
        problems.push(problem.at_path(path));
    }
}

/// Controls and overrides of direction. Joiners and direction marks are left alone: emoji and several
/// scripts need them.
fn is_suspicious(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\n' | '\t');
    control
        || matches!(character, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
