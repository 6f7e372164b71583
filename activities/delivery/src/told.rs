//! What platforms tell us without being asked.

use activities_data::accounts::{self, AccountStatus};
use activities_data::happenings::{self, Happening};
use activities_data::publications::{self, Cause, Reason};
use activities_data::{Publication, State};
use campaigns_limits::Platform;

use crate::settle::settle;
use crate::{Delivery, DeliveryError};

impl Delivery {
    /// A platform's user took their consent back: their accounts are revoked, their tokens erased, and what
    /// waits for them is blocked. `organization` limits it to one. Returns how many accounts were active.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn told_revoked(
        &self,
        platform: Platform,
        subject: &str,
        organization: Option<&str>,
    ) -> Result<usize, DeliveryError> {
        let found = {
            let mut reader = self.db().reader().await?;
            accounts::of_subject(&mut reader, platform, subject).await?
        };
        let mut revoked = 0;
        for account in found {
            let ours = organization.is_none_or(|organization| account.organization == organization);
            if !ours || matches!(account.status, AccountStatus::Revoked | AccountStatus::Disconnected) {
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
