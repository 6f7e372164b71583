//! Applying what diagnostics offer, without touching anything else.

use crate::{Diagnostic, Edit, Source};

/// A source with fixes applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    pub source: Source,
    /// What was done, in the order of the file.
    pub done: Vec<String>,
}

/// Applies the fixes that lie in `source`. Of two that overlap, the first is applied; checking again offers
/// the other. `None` when there is nothing to do.
#[must_use]
pub fn fixed(source: &Source, diagnostics: &[Diagnostic]) -> Option<Fixed> {
    let text = std::str::from_utf8(&source.bytes).ok()?;
    let own = |edit: &Edit| edit.location.file == source.name;
    let mut fixes: Vec<_> = diagnostics
        .iter()
        .filter_map(|one| one.fix.as_ref())
        .filter(|fix| fix.edits.iter().all(own))
        .collect();
    fixes.sort_by_key(|fix| fix.edits.first().map(|edit| edit.location.span));
    let mut edits: Vec<&Edit> = Vec::new();
    let mut done = Vec::new();
    for fix in fixes {
        let fits = fix.edits.iter().all(|edit| {
            let span = edit.location.span;
            let apart = |other: &&Edit| {
                other.location.span.end <= span.start || span.end <= other.location.span.start
            };
            text.get(span.range()).is_some() && edits.iter().all(apart)
        });
        if fits && !fix.edits.is_empty() {
            edits.extend(&fix.edits);
            done.push(fix.title.clone());
        }
    }
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| edit.location.span);
    let mut better = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.location.span.range();
        better.push_str(&text[at..range.start]);
        better.push_str(&edit.replacement);
        at = range.end;
    }
    better.push_str(&text[at..]);
    Some(Fixed { source: Source { bytes: better.into_bytes().into(), ..source.clone() }, done })
}
