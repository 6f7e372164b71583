//! `platform/exclusive`: a post that is passed on says and shows nothing of its own on X.

use campaigns_limits::Platform;

use crate::campaign::{Content, Contents};
use crate::codes;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for post in &draft.posts {
        if let Some(Contents::One(Content::Repost(_))) = &post.content {
            of_post(draft, post, problems);
        }
    }
}

fn of_post(draft: &Draft, post: &DraftPost, problems: &mut Problems) {
    let goes_to = |platform| draft.targets(post).any(|target| target.value.platform() == platform);
    let path = format!("posts.{}", post.id.value);
    if let Some(media) = post.media.first() {
        let problem =
            problems.error(codes::PLATFORM_EXCLUSIVE, media.file.span, "a repost shows no files of its own");
        problems.push(problem.at_path(format!("{path}.media")));
    }
    if let Some(poll) = &post.extras.poll {
        let problem = problems.error(codes::PLATFORM_EXCLUSIVE, poll.question.span, "a repost has no poll");
        problems.push(problem.at_path(format!("{path}.poll")));
    }
    if let Some(link) = &post.extras.link {
        let problem =
            problems.error(codes::PLATFORM_EXCLUSIVE, link.url.span, "a repost has no link of its own");
        problems.push(problem.at_path(format!("{path}.link")));
    }
    let Some(block) = post.blocks.get(&Platform::X).filter(|_| goes_to(Platform::X)) else { return };
    let span = post.block_spans.get(&Platform::X).copied().unwrap_or(post.id.span);
    if block.content.is_some() || block.media.as_ref().is_some_and(|media| !media.is_empty()) {
        let problem = problems
            .error(codes::PLATFORM_EXCLUSIVE, span, "a repost on X has neither text nor files of its own")
            .with_help(
                "to say something about a post, quote it: `x: {quote: launch, text: …}` instead of `repost`",
            );
        problems.push(problem.at_path(format!("{path}.x")));
    }
}
