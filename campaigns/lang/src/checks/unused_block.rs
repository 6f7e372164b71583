//! `platform/unused`: a platform block changes something.

use crate::codes;
use crate::decode::Draft;
use crate::problems::Problems;

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for post in &draft.posts {
        let Some(accounts) = post.accounts.as_ref().or(draft.accounts.as_ref().map(|list| &list.value))
        else {
            continue;
        };
        for (platform, span) in &post.block_spans {
            if accounts.iter().any(|account| account.value.platform() == *platform) {
                continue;
            }
            let message = format!(
                "post `{}` goes to no {} account, so this changes nothing",
                post.id.value,
                platform.title()
            );
            let problem = problems.warning(codes::PLATFORM_UNUSED, *span, message);
            problems.push(problem.at_path(format!("posts.{}.{platform}", post.id.value)));
        }
    }
}
