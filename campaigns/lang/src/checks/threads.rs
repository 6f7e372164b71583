//! `platform/no-thread`: threads only where there are any.

use campaigns_limits::has_threads;

use super::View;
use crate::codes;
use crate::problems::Problems;

pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    let platform = view.platform();
    if view.parts.len() < 2 || has_threads(platform) {
        return;
    }
    let title = platform.title();
    let span = view.post.block_spans.get(&platform).copied().unwrap_or(view.post.id.span);
    let problem = problems
        .error(codes::PLATFORM_NO_THREAD, span, format!("{title} has no threads, and this post has {} parts", view.parts.len()))
        .with_help(format!("give {title} a text of its own, `{platform}: {{text: …}}`, or leave it out, `{platform}: {{skip: true}}`"));
    problems.push(problem.at_path(format!("posts.{}", view.post.id.value)));
}
