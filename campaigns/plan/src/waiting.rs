//! What a publication waits for, from what its post says.

use std::collections::BTreeMap;

use campaigns_lang::{Bound as Authored, Campaign, Diagnostic, NO_TARGET, Post, Spanned, When};
use campaigns_limits::AccountName;

use crate::timing;
use crate::turns::Turns;
use crate::{Approve, Bound, Condition, Gates, Needs, Timing};

/// The gates of one publication of a post.
pub(crate) fn gates(
    campaign: &Campaign,
    post: &Post,
    account: &AccountName,
    timing: &Timing,
    turns: &mut Turns<'_>,
) -> Result<Gates, Box<Diagnostic>> {
    let words = |words: &[Spanned<String>]| words.iter().map(|word| word.value.clone()).collect();
    let campaigns_lang::Gates { needs, approve, when } = &post.gates;
    let when = match when {
        Some(when) => Some(condition(campaign, when, account)?),
        None => None,
    };
    let mut gates = Gates {
        needs: needs.as_ref().map(|needs| Needs { posts: words(&needs.posts), otherwise: needs.otherwise }),
        approve: approve.as_ref().map(|approve| Approve {
            by: words(&approve.by),
            count: approve.count.value,
            otherwise: approve.otherwise,
            merge: campaign.approval_by_merge,
        }),
        when,
        quiet: None,
        turns: turns_of(campaign, post, timing, turns)?,
    };
    // What is due at a known time and waits for nothing is out of quiet hours already.
    if !matches!(timing, Timing::At { .. }) || !gates.is_none() {
        gates.quiet = timing::quiet(campaign, &campaign.settings_of(post, account));
    }
    Ok(gates)
}

fn condition(campaign: &Campaign, when: &When, own: &AccountName) -> Result<Condition, Box<Diagnostic>> {
    let When { post, account, metric, bound, otherwise } = when;
    let parent = campaign.posts.iter().find(|other| other.id.value == post.value);
    let account = match (account, parent.map(|parent| parent.accounts.as_slice())) {
        (Some(account), _) => &account.value,
        (None, Some([only])) => &only.value,
        (None, _) => own,
    };
    let unknown = |error: campaigns_limits::UnknownMetric| {
        let message = error.to_string();
        Box::new(Diagnostic::error(campaigns_lang::UNKNOWN_METRIC, &campaign.file, metric.span, message))
    };
    Ok(Condition {
        post: post.value.clone(),
        account: account.clone(),
        metric: metric.value.parse().map_err(unknown)?,
        bound: match bound {
            Authored::Above(millionths) => Bound::Above(*millionths),
            Authored::Below(millionths) => Bound::Below(*millionths),
        },
        otherwise: *otherwise,
    })
}

/// Which turns of posts that come again and again are waited for: the last one that is due before, and the
/// last of all where the post's own time is open.
fn turns_of(
    campaign: &Campaign,
    post: &Post,
    timing: &Timing,
    turns: &mut Turns<'_>,
) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
    let before = match timing {
        Timing::At { due_at, .. } => Some(*due_at),
        Timing::FromApply { .. } | Timing::After { .. } | Timing::Awaits { .. } => None,
    };
    let mut found = BTreeMap::new();
    for (name, account) in waited_for(post) {
        let parent = campaign.posts.iter().find(|other| other.id.value == name.value);
        let Some(parent) = parent.filter(|parent| timing::recurs(parent)) else { continue };
        match turns.last(parent, account, before) {
            Some(turn) => found.insert(name.value.clone(), turn),
            None => {
                let message = format!("no turn of post `{}` comes before this one", name.value);
                let fault = Diagnostic::error(NO_TARGET, &campaign.file, name.span, message)
                    .with_help("a post waits for the last turn that is due before it")
                    .at_path(format!("posts.{}", post.id.value));
                return Err(Box::new(fault));
            }
        };
    }
    Ok(found)
}

/// Posts that a post waits for, and the account, where one is said.
fn waited_for(post: &Post) -> impl Iterator<Item = (&Spanned<String>, Option<&AccountName>)> {
    let after = match &post.timing {
        campaigns_lang::Timing::After(after) => {
            Some((&after.post, after.account.as_ref().map(|account| &account.value)))
        }
        _ => None,
    };
    let needs = post.gates.needs.iter().flat_map(|needs| needs.posts.iter().map(|name| (name, None)));
    let when = post.gates.when.iter();
    let when = when.map(|when| (&when.post, when.account.as_ref().map(|account| &account.value)));
    after.into_iter().chain(needs).chain(when)
}
