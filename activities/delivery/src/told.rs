//! What platforms tell us without being asked.

use activities_data::accounts::{self, AccountStatus};
use activities_data::happenings::{self, Happening};
use activities_data::metrics::{self, MetricPlan, Wanted};
use activities_data::publications::{self, Cause, Reason};
use activities_data::{Publication, State};
use campaigns_limits::{Counts, Platform};
use jiff::{SignedDuration, Timestamp};

use crate::settle::settle;
use crate::{Delivery, DeliveryError};

/// A post that is liked every second is counted no more often than this: requests are limited.
const COUNTED_APART: SignedDuration = SignedDuration::from_mins(15);

impl Delivery {
    /// A platform's user took their consent back: their accounts are revoked, their tokens erased, and what
    /// waits for them is blocked. `organization` limits it to one. An account that was connected after `at`, when
    /// that was, has a newer consent. Returns how many accounts were active.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn told_revoked(
        &self,
        platform: Platform,
        subject: &str,
        organization: Option<&str>,
        at: Timestamp,
    ) -> Result<usize, DeliveryError> {
        let found = {
            let mut reader = self.db().reader().await?;
            accounts::of_subject(&mut reader, platform, subject).await?
        };
        let mut revoked = 0;
        for account in found {
            let ours = organization.is_none_or(|organization| account.organization == organization);
            let renewed = account.connected_at.is_some_and(|connected_at| connected_at > at);
            let over = matches!(account.status, AccountStatus::Revoked | AccountStatus::Disconnected);
            if !ours || renewed || over {
                continue;
            }
            let why = "its owner took the permission back on the platform";
            self.end_access(&account.id, AccountStatus::Revoked, why, "webhook").await?;
            revoked += 1;
        }
        Ok(revoked)
    }

    /// A platform says that something happened to the account of one of its users: `follow`, `like`. The
    /// campaigns that wait for it hear of it, each event once. Returns how many it was new to.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn told_event(
        &self,
        (platform, subject): (Platform, &str),
        event: &str,
        event_id: &str,
        organization: Option<&str>,
    ) -> Result<usize, DeliveryError> {
        let mut waiting = Vec::new();
        {
            let mut reader = self.db().reader().await?;
            for account in accounts::of_subject(&mut reader, platform, subject).await? {
                if organization.is_some_and(|organization| account.organization != organization) {
                    continue;
                }
                let on = |handle: &str| format!("event/{platform}/{handle}/{event}");
                let names = [on(account.name.handle()), on("*")];
                let awaiting =
                    happenings::awaiting_events(&mut reader, &account.organization, &names).await?;
                let happening = |(campaign, happening)| Happening {
                    organization: account.organization.clone(),
                    campaign,
                    happening,
                    event_id: event_id.to_owned(),
                    told_by: "webhook".to_owned(),
                };
                waiting.extend(awaiting.into_iter().map(happening));
            }
        }
        let mut told = 0;
        for happening in waiting {
            told += usize::from(self.happened(happening).await?);
        }
        Ok(told)
    }

    /// Somebody did something with a post: it is counted soon, or, where the sender counted it, that is written
    /// down beside what was known. Returns how many parts of publications it concerns.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn told_engaged(
        &self,
        (platform, platform_post_id): (Platform, &str),
        counts: Option<&Counts>,
        organization: Option<&str>,
    ) -> Result<usize, DeliveryError> {
        let plans = {
            let mut reader = self.db().reader().await?;
            metrics::of_platform_post(&mut reader, platform, platform_post_id).await?
        };
        let ours =
            |plan: &MetricPlan| organization.is_none_or(|organization| plan.organization == organization);
        let plans: Vec<MetricPlan> = plans.into_iter().filter(ours).collect();
        let found = plans.len();
        for plan in plans {
            match counts {
                Some(counts) => self.write_counted(plan, counts.clone()).await?,
                None => self.hasten(plan).await?,
            }
        }
        Ok(found)
    }

    /// Numbers that were told take the place of what was counted; the others stay as they were.
    async fn write_counted(&self, plan: MetricPlan, told: Counts) -> Result<(), DeliveryError> {
        self.write("told-engaged", move |tx| {
            Box::pin(async move {
                let wanted = Wanted { publication: Some(plan.publication_id.clone()), ..Wanted::default() };
                let known = metrics::latest(tx, &wanted).await?;
                let known = known.into_iter().find(|snapshot| snapshot.segment == plan.segment);
                let mut counts = known.map(|snapshot| snapshot.counts).unwrap_or_default();
                told.iter().for_each(|(metric, count)| counts.set(metric, Some(count)));
                Ok(metrics::take(tx, &plan, &counts).await?)
            })
        })
        .await
    }

    async fn hasten(&self, plan: MetricPlan) -> Result<(), DeliveryError> {
        let now = self.now();
        let earliest = plan.collected_at.and_then(|at| at.saturating_add(COUNTED_APART).ok());
        let at = earliest.map_or(now, |earliest| earliest.max(now));
        self.write("told-engaged", move |tx| {
            Box::pin(async move { Ok(metrics::hasten(tx, &plan, at).await?) })
        })
        .await
    }

    /// A platform says that a post is no longer online. Returns how many publications were until now.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn told_gone(
        &self,
        platform: Platform,
        platform_post_id: &str,
        organization: Option<&str>,
    ) -> Result<usize, DeliveryError> {
        let found: Vec<Publication> = {
            let mut reader = self.db().reader().await?;
            publications::of_platform_post(&mut reader, platform, platform_post_id).await?
        };
        let mut gone = 0;
        for row in found {
            if organization.is_some_and(|organization| row.organization != organization) {
                continue;
            }
            let id = row.id;
            let was = self.write::<_, DeliveryError, _>("told-gone", move |tx| {
                Box::pin(async move {
                    let mut row = publications::get(tx, &id).await?;
                    if row.state != State::Published {
                        return Ok(false);
                    }
                    let reason = Reason::new("gone/told", "the platform says that it was deleted");
                    settle(tx, &mut row, State::Gone, Some(reason), &Cause::by("webhook")).await?;
                    Ok(true)
                })
            });
            gone += usize::from(was.await?);
        }
        Ok(gone)
    }
}
