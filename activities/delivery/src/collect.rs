//! Collecting how posts do: what is due by account, within what the platforms allow, written down as it came.

use std::collections::HashMap;

use activities_data::accounts::{self, AccountStatus};
use activities_data::budgets::{self, Budget};
use activities_data::instant;
use activities_data::metrics::{self, MetricPlan};
use activities_platforms::{Access, Counted, CountedPost, Failure};
use campaigns_limits::{Counts, Platform};
use jiff::{SignedDuration, Timestamp};

use crate::credential::{Access as Kept, RefusedTokens};
use crate::{Delivery, DeliveryError};

/// Posts of one collection: 20 requests on X, and one heartbeat's work on LinkedIn. The next one goes on.
const POSTS_MAX: u32 = 2_000;
/// Posts of one LinkedIn member in one collection: each is six requests, and a day's quota is not published.
const MEMBER_POSTS_MAX: usize = 50;
/// After a collection that failed for the moment.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// After a refusal that named no time: LinkedIn's quotas end with the day, so this is asked again.
const THROTTLED_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// A collection for an account that must be connected again waits for a person.
const UNCONNECTED_AFTER: SignedDuration = SignedDuration::from_hours(6);

/// What a collection did, in posts (parts of threads count by themselves).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Asked for.
    pub asked: u64,
    /// Their numbers were written down, whole or in part.
    pub counted: u64,
    /// Their accounts must wait: throttled, not connected, or out of reach.
    pub put_off: u64,
}

impl Delivery {
    /// Collects what is due.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger fails; what was collected until then stays.
    pub async fn collect_metrics(&self) -> Result<Collected, DeliveryError> {
        let due = {
            let mut reader = self.db().reader().await?;
            metrics::due(&mut reader, self.now(), POSTS_MAX).await?
        };
        self.collect(due).await
    }

    /// Collects an organization's posts now, whether or not they are due, as somebody asked for it.
    ///
    /// # Errors
    /// As [`Delivery::collect_metrics`].
    pub async fn collect_metrics_now(
        &self,
        organization: &str,
        platform: Option<Platform>,
    ) -> Result<Collected, DeliveryError> {
        let all = {
            let mut reader = self.db().reader().await?;
            metrics::followed(&mut reader, organization, platform, POSTS_MAX).await?
        };
        self.collect(all).await
    }

    pub(crate) async fn collect(&self, plans: Vec<MetricPlan>) -> Result<Collected, DeliveryError> {
        let mut collected = Collected { asked: plans.len() as u64, ..Collected::default() };
        let mut plans = plans.into_iter().peekable();
        while let Some(first) = plans.next() {
            let account_id = first.account_id.clone();
            let mut of_account = vec![first];
            while let Some(next) = plans.next_if(|plan| plan.account_id == account_id) {
                of_account.push(next);
            }
            self.collect_account(of_account, &mut collected).await?;
        }
        Ok(collected)
    }

    async fn collect_account(
        &self,
        mut plans: Vec<MetricPlan>,
        collected: &mut Collected,
    ) -> Result<(), DeliveryError> {
        let Some(first) = plans.first().cloned() else { return Ok(()) };
        if let Some((until, why)) = self.uncollectable(&first.account_id).await? {
            collected.put_off += plans.len() as u64;
            return self.put_off(plans, until, why).await;
        }
        if first.platform == Platform::LinkedIn && plans.len() > MEMBER_POSTS_MAX {
            // Those that wait longest come next time.
            plans.sort_by_key(|plan| plan.collected_at);
            plans.truncate(MEMBER_POSTS_MAX);
        }
        let told = self.count(&first, &plans).await?;
        let mut counts: HashMap<String, Counts> = told.posts.into_iter().collect();
        let mut left = Vec::new();
        let (mut done, mut counted) = (Vec::new(), 0);
        for plan in plans {
            match counts.remove(&plan.platform_post_id) {
                Some(counts) => {
                    counted += 1;
                    done.push((plan, Some(counts)));
                }
                // Not told of, though nothing went wrong: it is gone, or nothing is offered.
                None if told.ended.is_none() => done.push((plan, None)),
                None => left.push(plan),
            }
        }
        collected.counted += counted;
        self.write_down(done).await?;
        let Some(failure) = told.ended else { return Ok(()) };
        tracing::info!(account = first.account_id, failure = %failure, "posts could not be counted");
        collected.put_off += left.len() as u64;
        let until = self.after_failure(&first.account_id, &failure).await?;
        self.put_off(left, until, failure.to_string()).await
    }

    /// Why an account can't be asked now, and when to look again.
    pub(crate) async fn uncollectable(
        &self,
        account_id: &str,
    ) -> Result<Option<(Timestamp, String)>, DeliveryError> {
        let now = self.now();
        let (account, windows) = {
            let mut reader = self.db().reader().await?;
            let windows = budgets::of(&mut reader, &[&scope(account_id)]).await?;
            (accounts::get(&mut reader, account_id).await?, windows)
        };
        if account.status != AccountStatus::Active {
            return Ok(Some((later(now, UNCONNECTED_AFTER), "its account is not connected".to_owned())));
        }
        if let Some(closed) = windows.iter().find(|window| window.remaining == 0 && window.resets_at > now) {
            return Ok(Some((closed.resets_at, "the platform asked to wait".to_owned())));
        }
        Ok(match self.keep_access(account_id).await? {
            Kept::Good => None,
            Kept::Wait { .. } => Some((later(now, AGAIN_AFTER), "its token is being refreshed".to_owned())),
            Kept::Gone(gone) => {
                // Nothing is sent here: who publishes next says so to a person.
                Some((later(now, UNCONNECTED_AFTER), gone.why))
            }
        })
    }

    async fn count(&self, first: &MetricPlan, plans: &[MetricPlan]) -> Result<Counted, DeliveryError> {
        let client = self.client(first.platform)?;
        let post = |plan: &MetricPlan| CountedPost {
            platform_post_id: plan.platform_post_id.clone(),
            published_at: plan.published_at,
        };
        let posts: Vec<CountedPost> = plans.iter().map(post).collect();
        self.boundary("count").await?;
        let asked = self.vault().with_token(&first.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            client.count(access, &posts).await
        });
        let told = asked.await?;
        self.boundary("count").await?;
        Ok(told)
    }

    async fn write_down(&self, done: Vec<(MetricPlan, Option<Counts>)>) -> Result<(), DeliveryError> {
        let every_h = self.upkeep().count_every_h;
        self.write::<_, DeliveryError, _>("counted", move |tx| {
            Box::pin(async move {
                for (plan, counts) in &done {
                    if let Some(counts) = counts {
                        metrics::take(tx, plan, counts).await?;
                    }
                    let next = metrics::next_at(plan.published_at, tx.now(), every_h);
                    let why = counts.is_none().then_some("the platform told nothing of it");
                    metrics::plan_next(tx, plan, next, why).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn put_off(
        &self,
        plans: Vec<MetricPlan>,
        until: Timestamp,
        why: String,
    ) -> Result<(), DeliveryError> {
        self.write::<_, DeliveryError, _>("put-off", move |tx| {
            Box::pin(async move {
                for plan in &plans {
                    metrics::plan_next(tx, plan, Some(until), Some(&why)).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Until when the account's numbers wait, and what else follows.
    pub(crate) async fn after_failure(
        &self,
        account_id: &str,
        failure: &Failure,
    ) -> Result<Timestamp, DeliveryError> {
        let now = self.now();
        match failure {
            Failure::Throttled { until, .. } => {
                let until = until.unwrap_or_else(|| later(now, THROTTLED_AFTER));
                let wait = Budget {
                    scope: scope(account_id),
                    span: budgets::THROTTLE.to_owned(),
                    quota: 0,
                    remaining: 0,
                    resets_at: instant::whole_ms(until),
                    streak: 0,
                };
                self.write::<_, DeliveryError, _>("reads-throttled", move |tx| {
                    Box::pin(async move { Ok(budgets::put(tx, &wait).await?) })
                })
                .await?;
                Ok(until)
            }
            Failure::SignIn(_) => {
                let version = self.credential(account_id).await?.map_or(0, |found| found.token_version);
                let refused = RefusedTokens { first: version, last: version };
                match self.replace_refused(account_id, refused).await? {
                    Kept::Good | Kept::Wait { .. } => Ok(later(now, AGAIN_AFTER)),
                    Kept::Gone(_) => Ok(later(now, UNCONNECTED_AFTER)),
                }
            }
            Failure::Transient(_) => Ok(later(now, AGAIN_AFTER)),
            // The permission is missing: another day it may be there.
            Failure::Permanent { .. } => Ok(later(now, SignedDuration::from_hours(24))),
        }
    }
}

/// Reading has budgets of its own: what closes it must not keep posts back.
fn scope(account_id: &str) -> String {
    format!("reads/{account_id}")
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
