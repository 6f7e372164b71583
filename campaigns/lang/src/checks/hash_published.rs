//! `text/hash-published`: a line that looks like a comment, inside a text, is published.

use super::view;
use crate::decode::Draft;
use crate::problems::Problems;
use crate::{Diagnostic, Template, codes};

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for (template, path) in view::templates(draft) {
        let mut at = 0;
        for line in template.text.split('\n') {
            if line.trim_start().starts_with("# ") {
                problems.push(problem(template, at, line).at_path(path.clone()));
            }
            at += line.len() + 1;
        }
    }
}

fn problem(template: &Template, at: usize, line: &str) -> Diagnostic {
    let start = at + (line.len() - line.trim_start().len());
    let span = template.locate(start..at + line.len());
    Diagnostic::warning(
        codes::TEXT_HASH_PUBLISHED,
        &template.file,
        span,
        "inside a text this is no comment: it is published",
    )
    .with_help("move comments outside the text")
}
