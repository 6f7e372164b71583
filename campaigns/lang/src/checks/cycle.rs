//! `graph/cycle`: no post waits for itself, however far around and through whatever gates.

use std::collections::HashMap;

use super::references::references;
use crate::codes;
use crate::decode::Draft;
use crate::problems::Problems;

/// Posts of a cycle that the message names.
const NAMED_MAX: usize = 10;

/// How far the search has come with a post.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    OnWay,
    Done,
}

/// A search in depth, without recursion: 10,000 posts may wait in one row.
pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let index: HashMap<&str, usize> =
        draft.posts.iter().enumerate().map(|(index, post)| (post.id.value.as_str(), index)).collect();
    let next: Vec<Vec<usize>> = draft
        .posts
        .iter()
        .map(|post| references(post).iter().filter_map(|named| index.get(named.post).copied()).collect())
        .collect();
    let mut marks = vec![Mark::New; next.len()];
    for start in 0..next.len() {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::OnWay;
        // Each post on the way, and which of its references comes next.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, turn)) = way.last_mut() {
            let Some(to) = next[*at].get(*turn).copied() else {
                marks[*at] = Mark::Done;
                way.pop();
                continue;
            };
            *turn += 1;
            match marks[to] {
                Mark::New => {
                    marks[to] = Mark::OnWay;
                    way.push((to, 0));
                }
                Mark::OnWay => {
                    let from = way.iter().position(|(post, _)| *post == to).unwrap_or(0);
                    let cycle: Vec<usize> = way[from..].iter().map(|(post, _)| *post).collect();
                    report(draft, &cycle, problems);
                }
                Mark::Done => {}
            }
        }
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
    problems.push(problem.at_path(format!("posts.{}", post.id.value)));
}
