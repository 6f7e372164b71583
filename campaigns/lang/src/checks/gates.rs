//! `schema/unsupported`: what the language has and the ledger can't hold yet is refused by name, so that nothing
//! goes out without what it should wait for.

use crate::Span;
use crate::campaign::{Happening, Timing};
use crate::codes;
use crate::decode::Draft;
use crate::problems::Problems;

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for post in &draft.posts {
        let gates = &post.gates;
        let mut found: Vec<(&str, Span)> = Vec::new();
        found.extend(gates.when.iter().map(|when| ("when", when.post.span)));
        if let Some(Timing::Awaits(awaited)) = &post.timing
            && matches!(awaited.happening.value, Happening::Event(_))
        {
            found.push(("after: {event: …}", awaited.happening.span));
        }
        for (key, span) in found {
            unsupported(key, span, format!("posts.{}", post.id.value), problems);
        }
    }
    if let Some(moved) = draft.moved.first() {
        unsupported("moved", moved.from.span, "moved".to_owned(), problems);
    }
    if let Some(span) = draft.prune {
        unsupported("prune: true", span, "prune".to_owned(), problems);
    }
}

fn unsupported(key: &str, span: Span, path: String, problems: &mut Problems) {
    let problem = problems
        .error(
            codes::SCHEMA_UNSUPPORTED,
            span,
            format!("`{key}` is part of the language, but this version can't run it yet"),
        )
        .with_help("leave it out, or use a newer version of Tidings");
    problems.push(problem.at_path(path));
}
