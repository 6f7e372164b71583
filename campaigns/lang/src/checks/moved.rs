//! `graph/moved`: a rename leads from an id that is gone to one that is there, and only once.

use std::collections::BTreeMap;

use crate::Span;
use crate::codes;
use crate::decode::Draft;
use crate::problems::Problems;
use crate::suggest::did_you_mean;

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let ids = || draft.posts.iter().map(|post| post.id.value.as_str());
    let mut from_seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut to_seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (index, moved) in draft.moved.iter().enumerate() {
        let path = format!("moved[{index}]");
        let (from, to) = (moved.from.value.as_str(), moved.to.value.as_str());
        // A rename of a rename leads on.
        let leads_on = draft.moved.iter().any(|other| other.from.value == to);
        if ids().any(|id| id == from) {
            let message = format!("post `{from}` is still there, so it can't have become `{to}`");
            problems.push(problems.error(codes::GRAPH_MOVED, moved.from.span, message).at_path(path.clone()));
        }
        if !leads_on && !ids().any(|id| id == to) {
            let near = did_you_mean(to, ids()).map(|near| format!("did you mean `{near}`?"));
            let problem = problems
                .error(codes::GRAPH_MOVED, moved.to.span, format!("no post is named `{to}`"))
                .with_optional_help(near);
            problems.push(problem.at_path(path.clone()));
        }
        for (seen, id, span) in [(&mut from_seen, from, moved.from.span), (&mut to_seen, to, moved.to.span)] {
            if let Some(first) = seen.insert(id, span) {
                let problem = problems
                    .error(codes::GRAPH_MOVED, span, format!("`{id}` is renamed twice"))
                    .with_label(first, "first said here");
                problems.push(problem.at_path(path.clone()));
            }
        }
    }
    if let Some(start) = circle(draft) {
        let moved = &draft.moved[start];
        let message = format!("the renames of `{}` lead in a circle", moved.from.value);
        problems.push(problems.error(codes::GRAPH_MOVED, moved.from.span, message).at_path("moved"));
    }
}

/// A rename from which following the renames comes back.
fn circle(draft: &Draft) -> Option<usize> {
    let next: BTreeMap<&str, &str> =
        draft.moved.iter().map(|moved| (moved.from.value.as_str(), moved.to.value.as_str())).collect();
    (0..draft.moved.len()).find(|start| {
        let first = draft.moved[*start].from.value.as_str();
        let mut at = first;
        for _ in 0..draft.moved.len() {
            match next.get(at) {
                Some(to) if *to == first => return true,
                Some(to) => at = to,
                None => return false,
            }
        }
        false
    })
}
