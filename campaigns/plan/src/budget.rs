//! What a plan costs, and where it posts faster than a platform allows.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform, post_cost_micro_usd, post_rate};
use jiff::Timestamp;
use serde::Serialize;

use crate::{Plan, PlannedPublication, Timing};

/// What all publications of a plan come to on one platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformBudget {
    pub publications: usize,
    /// Posts that the platform counts: every part of a thread is one.
    pub posts: usize,
    /// In millionths of a US dollar; 0 where posting is free.
    pub cost_micro_usd: u64,
}

/// By platform, those that the plan uses.
#[must_use]
pub fn budgets(plan: &Plan) -> BTreeMap<Platform, PlatformBudget> {
    let mut budgets: BTreeMap<Platform, PlatformBudget> = BTreeMap::new();
    for publication in &plan.publications {
        let platform = publication.account.platform();
        let budget = budgets.entry(platform).or_default();
        budget.publications += 1;
        budget.posts += publication.segments.len();
        budget.cost_micro_usd += publication
            .segments
            .iter()
            .map(|segment| post_cost_micro_usd(platform, &segment.text))
            .sum::<u64>();
    }
    budgets
}

/// A publication that comes when its account has used up what the platform allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crowded<'p> {
    pub(crate) publication: &'p PlannedPublication,
    /// Posts of the account in the window that ends with it.
    pub(crate) posts: usize,
}

/// The first publication of each account and post that is too many in its window. What waits for an event is
/// not counted: nobody knows when it comes.
pub(crate) fn crowded(publications: &[PlannedPublication]) -> Vec<Crowded<'_>> {
    let mut by_account: BTreeMap<&AccountName, Vec<(Timestamp, &PlannedPublication)>> = BTreeMap::new();
    for publication in publications {
        if let Timing::At { due_at, .. } = publication.timing {
            by_account.entry(&publication.account).or_default().push((due_at, publication));
        }
    }
    let mut found = Vec::new();
    for (account, mut due) in by_account {
        due.sort_by_key(|(at, _)| *at);
        found.extend(first_too_many(account.platform(), &due));
    }
    found
}

fn first_too_many<'p>(
    platform: Platform,
    due: &[(Timestamp, &'p PlannedPublication)],
) -> Option<Crowded<'p>> {
    let rate = post_rate(platform);
    let window_ms = i64::try_from(rate.window_ms).unwrap_or(i64::MAX);
    let mut oldest = 0;
    let mut posts = 0;
    for (at, publication) in due {
        posts += publication.segments.len();
        while at.as_millisecond() - due[oldest].0.as_millisecond() >= window_ms {
            posts -= due[oldest].1.segments.len();
            oldest += 1;
        }
        if posts > rate.posts_max {
            return Some(Crowded { publication, posts });
        }
    }
    None
}
