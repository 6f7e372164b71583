//! The sweep over all tokens: refreshed before they end, warned of where they can't be.

use std::sync::Arc;

use activities_data::accounts::{self, Account, AccountStatus};
use activities_data::credentials::{self, Credential};
use activities_data::{audit, organizations};
use activities_vault::Opened;
use campaigns_limits::Platform;
use jiff::{SignedDuration, Timestamp};

use crate::credential::Access;
use crate::{Delivery, DeliveryError};

/// Days before the end of a token that nobody can refresh at which its owner is warned, once each.
const WARNED_DAYS: [u32; 3] = [1, 7, 14];
const HOURS_PER_DAY: i64 = 24;

/// A token that ends and can't be refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub account: Account,
    pub ends_at: Timestamp,
    /// The threshold that was passed: 14, 7 or 1.
    pub days: u32,
}

/// What a sweep did, by account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    pub refreshed: Vec<Account>,
    pub needs_reconnect: Vec<Account>,
    /// Nothing was to be done, or it could not be done for the moment.
    pub skipped: Vec<Account>,
    pub ending: Vec<Ending>,
}

impl Delivery {
    /// Refreshes what ends within `margin`, finds consents that were taken back where nobody tells of them, and
    /// warns of what ends and can't be refreshed. `organization` limits it to one. A failure for the moment disconnects nobody: the next sweep tries again.
    ///
    /// # Errors
    /// [`DeliveryError`] when ledger or vault fail.
    pub async fn sweep_tokens(
        &self,
        organization: Option<&str>,
        margin: SignedDuration,
    ) -> Result<Sweep, DeliveryError> {
        let mut sweep = Sweep::default();
        for account in self.accounts_of(organization).await? {
            let credential = self.credential(&account.id).await?;
            match credential.filter(|_| account.status == AccountStatus::Active) {
                Some(credential) => self.sweep_one(&mut sweep, account, &credential, margin).await?,
                None if account.status == AccountStatus::NeedsReconnect => {
                    sweep.needs_reconnect.push(account)
                }
                None => sweep.skipped.push(account),
            }
        }
        Ok(sweep)
    }

    async fn accounts_of(&self, organization: Option<&str>) -> Result<Vec<Account>, DeliveryError> {
        let mut reader = self.db().reader().await?;
        let organizations = match organization {
            Some(organization) => vec![organization.to_owned()],
            None => organizations::all(&mut reader).await?,
        };
        let mut found = Vec::new();
        for organization in organizations {
            found.extend(accounts::of_organization(&mut reader, &organization).await?);
        }
        Ok(found)
    }

    /// LinkedIn tells nobody that a consent was taken back, and must be asked.
    async fn is_revoked(&self, account: &Account) -> Result<bool, DeliveryError> {
        let platform = account.name.platform();
        if platform != Platform::LinkedIn {
            return Ok(false);
        }
        let refresher = Arc::clone(&self.inner().refresher);
        let ask = |opened: Opened| async move { refresher.is_revoked(platform, opened.access).await };
        Ok(self.vault().with_token(&account.id, ask).await?)
    }

    async fn sweep_one(
        &self,
        sweep: &mut Sweep,
        account: Account,
        credential: &Credential,
        margin: SignedDuration,
    ) -> Result<(), DeliveryError> {
        if self.is_revoked(&account).await? {
            let why = "its owner took the permission back on the platform";
            let ended = self.end_access(&account.id, AccountStatus::Revoked, why, "sweep").await?;
            sweep.needs_reconnect.push(ended);
            return Ok(());
        }
        let now = self.now();
        let Some(ends_at) = credential.access_expires_at else {
            sweep.skipped.push(account);
            return Ok(());
        };
        let left = ends_at.duration_since(now);
        if !credential.has_refresh {
            return self.sweep_lasting(sweep, account, credential, ends_at).await;
        }
        if left > margin {
            sweep.skipped.push(account);
            return Ok(());
        }
        match self.refresh(&account.id, credential).await? {
            Access::Good => sweep.refreshed.push(account),
            Access::Wait { .. } => sweep.skipped.push(account),
            Access::Gone(gone) => {
                let status = AccountStatus::NeedsReconnect;
                sweep.needs_reconnect.push(self.end_access(&account.id, status, &gone.why, "sweep").await?);
            }
        }
        Ok(())
    }

    /// A token that only a person can replace.
    async fn sweep_lasting(
        &self,
        sweep: &mut Sweep,
        account: Account,
        credential: &Credential,
        ends_at: Timestamp,
    ) -> Result<(), DeliveryError> {
        let left = ends_at.duration_since(self.now());
        if left <= SignedDuration::ZERO {
            let why = "its access ended and the platform gave no refresh token";
            let ended = self.end_access(&account.id, AccountStatus::NeedsReconnect, why, "sweep").await?;
            sweep.needs_reconnect.push(ended);
            return Ok(());
        }
        let passed = WARNED_DAYS
            .into_iter()
            .find(|days| left <= SignedDuration::from_hours(i64::from(*days) * HOURS_PER_DAY));
        match passed.filter(|days| credential.warned_days.is_none_or(|warned| *days < warned)) {
            Some(days) => {
                self.warn(&account, ends_at, days).await?;
                sweep.ending.push(Ending { account, ends_at, days });
            }
            None => sweep.skipped.push(account),
        }
        Ok(())
    }

    async fn warn(&self, account: &Account, ends_at: Timestamp, days: u32) -> Result<(), DeliveryError> {
        tracing::warn!(account = %account.name, %ends_at, days, "an account's access ends soon and must be renewed by a person");
        let entry = audit::Entry {
            organization: account.organization.clone(),
            account_id: Some(account.id.clone()),
            actor: "sweep".to_owned(),
            event: "access-ending".to_owned(),
            why: Some(format!("its access ends at {ends_at} and must be renewed by a person")),
            ..audit::Entry::default()
        };
        let account_id = account.id.clone();
        self.write("warned", move |tx| {
            Box::pin(async move {
                credentials::set_warned(tx, &account_id, days).await?;
                Ok(audit::append(tx, &entry).await?)
            })
        })
        .await
    }
}
