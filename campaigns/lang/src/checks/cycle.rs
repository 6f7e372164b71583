//! `graph/cycle`: no post waits for itself, however far around.

use std::collections::{HashMap, HashSet};

use crate::campaign::Timing;
use crate::codes;
use crate::decode::Draft;
use crate::problems::Problems;

/// Posts of a cycle that the message names.
const NAMED_MAX: usize = 10;

/// Each post waits for at most one other, so from each post there is one way to go.
pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let index: HashMap<&str, usize> =
        draft.posts.iter().enumerate().map(|(index, post)| (post.id.value.as_str(), index)).collect();
    let next = |at: usize| match &draft.posts[at].timing {
        Some(Timing::After(after)) => index.get(after.post.value.as_str()).copied(),
        _ => None,
    };
    let mut done: HashSet<usize> = HashSet::new();
    for start in 0..draft.posts.len() {
        let mut way = Vec::new();
        let mut on_way = HashSet::new();
        let mut at = Some(start);
        while let Some(here) = at.filter(|here| !done.contains(here)) {
            if !on_way.insert(here) {
                let from = way.iter().position(|post| *post == here).unwrap_or(0);
                report(draft, &way[from..], problems);
                break;
            }
            way.push(here);
            at = next(here);
        }
        done.extend(way);
    }
}

/// Reported at the first post of the cycle in file order.
fn report(draft: &Draft, cycle: &[usize], problems: &mut Problems) {
    let Some(first) = cycle.iter().copied().min() else { return };
    let begin = cycle.iter().position(|post| *post == first).unwrap_or(0);
    let ordered = cycle[begin..].iter().chain(&cycle[..begin]).chain([&first]);
    let names: Vec<String> =
        ordered.take(NAMED_MAX).map(|post| format!("`{}`", draft.posts[*post].id.value)).collect();
    let post = &draft.posts[first];
    let message = format!("post `{}` waits for itself: {}", post.id.value, names.join(" after "));
    let problem = problems.error(codes::GRAPH_CYCLE, post.id.span, message);
    problems.push(problem.at_path(format!("posts.{}.after", post.id.value)));
}
