//! `graph/unknown-post`, `graph/no-target`: what a post waits for is there.

use crate::campaign::{After, Timing};
use crate::codes;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::suggest::did_you_mean;

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for post in &draft.posts {
        if let Some(Timing::After(after)) = &post.timing {
            check_one(draft, post, after, problems);
        }
    }
}

fn check_one(draft: &Draft, post: &DraftPost, after: &After, problems: &mut Problems) {
    let path = format!("posts.{}.after", post.id.value);
    let Some(parent) = draft.posts.iter().find(|other| other.id.value == after.post.value) else {
        let ids = draft.posts.iter().map(|post| post.id.value.as_str()).filter(|id| *id != post.id.value);
        let near = did_you_mean(&after.post.value, ids).map(str::to_owned);
        let problem = problems.error(
            codes::GRAPH_UNKNOWN_POST,
            after.post.span,
            format!("no post is named `{}`", after.post.value),
        );
        let problem = match near {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem,
        };
        problems.push(problem.at_path(format!("{path}.post")));
        return;
    };
    if matches!(parent.timing, Some(Timing::Every(_))) || parent.skip {
        let (code, why) = if parent.skip {
            (codes::GRAPH_NO_TARGET, "is skipped, so this would wait for ever")
        } else {
            (
                codes::SCHEMA_UNSUPPORTED,
                "comes again and again, and this version can't wait for one of its turns yet",
            )
        };
        let problem = problems
            .error(code, after.post.span, format!("post `{}` {why}", parent.id.value))
            .with_label(parent.id.span, "the post that is waited for");
        problems.push(problem.at_path(format!("{path}.post")));
        return;
    }
    let Some(account) = &after.account else { return };
    if draft.targets(parent).any(|target| target.value == account.value) {
        return;
    }
    let message =
        format!("post `{}` does not go to `{}`, so this would wait for ever", parent.id.value, account.value);
    let problem = problems
        .error(codes::GRAPH_NO_TARGET, account.span, message)
        .with_label(parent.id.span, "the post that is waited for");
    problems.push(problem.at_path(format!("{path}.account")));
}
