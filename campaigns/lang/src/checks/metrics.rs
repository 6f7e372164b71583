//! `gate/metric`: a post waits only for a metric that its platform has.

use campaigns_limits::{AccountName, Measure, Platform};

use crate::campaign::When;
use crate::codes;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::suggest::did_you_mean;
use crate::visible::visible;

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for post in &draft.posts {
        let Some(when) = &post.gates.when else { continue };
        let Some(parent) = draft.posts.iter().find(|other| other.id.value == when.post.value) else {
            continue;
        };
        let accounts: Vec<&AccountName> = match &when.account {
            Some(account) => vec![&account.value],
            None => draft.targets(parent).map(|target| &target.value).collect(),
        };
        if let [] | [_] = accounts[..] {
        } else if let Some(problem) = ambiguous(draft, post, when, &accounts, problems) {
            problems.push(problem);
            continue;
        }
        let Some(account) =
            accounts.iter().find(|one| !names(one.platform()).contains(&when.metric.value.as_str()))
        else {
            continue;
        };
        let known = names(account.platform());
        let near = did_you_mean(&when.metric.value, known.iter().copied());
        let message =
            format!("{} has no metric `{}`", account.platform().title(), visible(&when.metric.value));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its metrics are {}", known.join(", ")),
        };
        let problem = problems.error(codes::GATE_METRIC, when.metric.span, message).with_help(help);
        problems.push(problem.at_path(format!("posts.{}.when.metric", post.id.value)));
    }
}

fn names(platform: Platform) -> Vec<&'static str> {
    Measure::of(platform).into_iter().map(Measure::as_str).collect()
}

/// Without `account`, each publication looks at the post on its own account; where the post does not go
/// there, it must be said which one counts.
fn ambiguous(
    draft: &Draft,
    post: &DraftPost,
    when: &When,
    accounts: &[&AccountName],
    problems: &Problems,
) -> Option<crate::Diagnostic> {
    let stray = draft.targets(post).find(|target| !accounts.contains(&&target.value))?;
    let message = format!(
        "post `{}` goes to {} accounts and not to `{}`, so it must be said whose metric counts",
        when.post.value,
        accounts.len(),
        stray.value
    );
    let problem = problems
        .error(codes::GRAPH_NO_TARGET, when.post.span, message)
        .with_help(format!("write `account: {}`", accounts[0]));
    Some(problem.at_path(format!("posts.{}.when", post.id.value)))
}
