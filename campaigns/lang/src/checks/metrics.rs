//! `gate/metric`: a post waits only for a metric that its platform has.

use campaigns_limits::{AccountName, Platform};

use crate::campaign::When;
use crate::codes;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::suggest::did_you_mean;
use crate::visible::visible;

/// What each platform counts, and what is derived from it.
const X: &[&str] = &[
    "impressions",
    "likes",
    "retweets",
    "replies",
    "quotes",
    "bookmarks",
    "profile_clicks",
    "link_clicks",
    "engagements",
    "clicks",
    "engagement_rate",
    "click_through_rate",
];
const LINKEDIN: &[&str] = &[
    "impressions",
    "reactions",
    "comments",
    "shares",
    "clicks",
    "reach",
    "engagements",
    "engagement_rate",
    "click_through_rate",
];

const fn metrics(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::X => X,
        Platform::LinkedIn => LINKEDIN,
    }
}

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
            accounts.iter().find(|one| !metrics(one.platform()).contains(&when.metric.value.as_str()))
        else {
            continue;
        };
        let known = metrics(account.platform());
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
