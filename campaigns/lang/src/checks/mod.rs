//! What is wrong with a campaign although each of its values can be read: one file for each check.

mod accounts;
mod alt;
mod approvers;
mod banned_words;
mod card;
mod cycle;
mod duplicate_text;
mod everything;
mod hash_published;
mod invisible;
mod media;
mod metrics;
mod moved;
mod polls;
mod quiet_hours;
mod recurrences;
mod references;
mod reposts;
pub(crate) mod secrets;
mod texts;
mod threads;
mod times;
mod unused_block;
mod view;

use crate::CheckContext;
use crate::decode::Draft;
use crate::problems::Problems;
use view::View;

/// Runs every check on the whole file, not only on what is due soon.
pub(crate) fn run(draft: &Draft, context: &CheckContext<'_>, problems: &mut Problems) {
    let policies = context.workspace.map(|workspace| workspace.policies.clone()).unwrap_or_default();
    accounts::check(draft, context, problems);
    references::check(draft, problems);
    approvers::check(draft, context, problems);
    metrics::check(draft, problems);
    moved::check(draft, problems);
    reposts::check(draft, problems);
    cycle::check(draft, problems);
    times::check(draft, context.now, problems);
    quiet_hours::check(draft, context, problems);
    recurrences::check(draft, context.now, problems);
    unused_block::check(draft, problems);
    alt::check(draft, &policies, problems);
    hash_published::check(draft, problems);
    invisible::check(draft, problems);
    let views = view::all(draft, context, problems);
    for view in &views {
        texts::check(view, problems);
        threads::check(view, problems);
        media::check(view, problems);
        polls::check(view, problems);
        card::check(view, problems);
        banned_words::check(view, &policies, problems);
    }
    duplicate_text::check(draft, &views, &policies, problems);
}
