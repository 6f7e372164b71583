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
    /// The most posts of one account within `window_ms`, of those whose time is known; `posts_max` are allowed.
    pub busiest: usize,
    pub posts_max: usize,
    pub window_ms: u64,
}

impl PlatformBudget {
    /// In a line: `X: 12 posts, about $0.18; at most 3 in 15 min (of 100 allowed)`.
    #[must_use]
    pub fn words(&self, platform: Platform) -> String {
        let plural = if self.posts == 1 { "" } else { "s" };
        let mut line = format!("{}: {} post{plural}", platform.title(), self.posts);
        if self.cost_micro_usd > 0 {
            let cents = self.cost_micro_usd.div_ceil(10_000);
            line.push_str(&format!(", about ${}.{:02}", cents / 100, cents % 100));
        }
        if self.busiest > 0 {
            let minutes = self.window_ms / 60_000;
            let window = match minutes / 60 {
                0 => format!("{minutes} min"),
                hours => format!("{hours} h"),
            };
            line.push_str(&format!("; at most {} in {window} (of {} allowed)", self.busiest, self.posts_max));
        }
        line
    }
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
    for (account, due) in by_account(&plan.publications) {
        if let Some(budget) = budgets.get_mut(&account.platform()) {
            let rate = post_rate(account.platform());
            (budget.posts_max, budget.window_ms) = (rate.posts_max, rate.window_ms);
            let busiest = windows(account.platform(), &due).map(|(_, posts)| posts).max();
            budget.busiest = budget.busiest.max(busiest.unwrap_or_default());
        }
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
    let too_many = |(account, due): (&AccountName, Vec<_>)| {
        let posts_max = post_rate(account.platform()).posts_max;
        let found = windows(account.platform(), &due).find(|(_, posts)| *posts > posts_max);
        found.map(|(publication, posts)| Crowded { publication, posts })
    };
    by_account(publications).into_iter().filter_map(too_many).collect()
}

type Due<'p> = (Timestamp, &'p PlannedPublication);

/// What has a time of its own, in the order of time.
fn by_account(publications: &[PlannedPublication]) -> BTreeMap<&AccountName, Vec<Due<'_>>> {
    let mut by_account: BTreeMap<&AccountName, Vec<Due<'_>>> = BTreeMap::new();
    for publication in publications {
        if let Timing::At { due_at, .. } = publication.timing {
            by_account.entry(&publication.account).or_default().push((due_at, publication));
        }
    }
    for due in by_account.values_mut() {
        due.sort_by_key(|(at, _)| *at);
    }
    by_account
}

/// Each publication with the posts in the window that ends with it.
fn windows<'d, 'p>(
    platform: Platform,
    due: &'d [Due<'p>],
) -> impl Iterator<Item = (&'p PlannedPublication, usize)> + use<'d, 'p> {
    let window_ms = i64::try_from(post_rate(platform).window_ms).unwrap_or(i64::MAX);
    let (mut oldest, mut posts) = (0, 0);
    due.iter().map(move |(at, publication)| {
        posts += publication.segments.len();
        while at.as_millisecond() - due[oldest].0.as_millisecond() >= window_ms {
            posts -= due[oldest].1.segments.len();
            oldest += 1;
        }
        (*publication, posts)
    })
}
