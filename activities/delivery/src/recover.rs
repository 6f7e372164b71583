//! The start-up sweep: what a dead process left is taken up again.

use activities_data::accounts::{self, AccountStatus};
use activities_data::outbox::{self, OutboxKind};
use activities_data::{
    DbError, Tx, attempts, audit, campaigns, credentials, gates, lanes, organizations, publications,
};
use campaigns_plan::PublicationId;

use crate::advance::unanswered;
use crate::credential::Access;
use crate::settle::start;
use crate::{Delivery, DeliveryError};

/// What the sweep found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Lanes whose holder is dead.
    pub lanes: u64,
    /// Attempts without an answer: they are ambiguous now.
    pub attempts: u64,
    /// Publications whose workflow is asked for again.
    pub publications: u64,
    /// Accounts that must be connected again because a refresh was interrupted.
    pub accounts: u64,
}

impl Delivery {
    /// Takes up what a dead process left. Only for who holds the lock of the data folder, before anything
    /// is sent: whoever held a lane, an attempt or a refresh in this ledger is dead then.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn recover(&self) -> Result<Recovered, DeliveryError> {
        let mut found = self
            .write::<_, DeliveryError, _>("recover", |tx| Box::pin(async move { Ok(sweep(tx).await?) }))
            .await?;
        found.accounts = self.interrupted_refreshes().await?;
        tracing::info!(
            lanes = found.lanes,
            attempts = found.attempts,
            publications = found.publications,
            accounts = found.accounts,
            "took up what the last process left"
        );
        Ok(found)
    }

    async fn interrupted_refreshes(&self) -> Result<u64, DeliveryError> {
        let claimed = {
            let mut reader = self.db().reader().await?;
            credentials::all(&mut reader).await?
        };
        let mut lost = 0;
        for credential in claimed {
            let Some(intent) = credential.intent else { continue };
            let account = {
                let mut reader = self.db().reader().await?;
                accounts::get(&mut reader, &credential.account_id).await?
            };
            let platform = account.name.platform();
            let access = self.claim_lost(&account.id, platform, intent.version, intent.holder).await?;
            if let (Access::Gone(gone), AccountStatus::Active) = (access, account.status) {
                self.end_access(&account.id, AccountStatus::NeedsReconnect, &gone.why, "delivery").await?;
                lost += 1;
            }
        }
        Ok(lost)
    }
}

async fn sweep(tx: &mut Tx) -> Result<Recovered, DbError> {
    let mut found = Recovered { lanes: lanes::free_all(tx).await?, ..Recovered::default() };
    for attempt in attempts::unsettled(tx).await? {
        if attempt.outcome.is_none() {
            unanswered(tx, attempt, "the process ended before an answer was written down").await?;
            found.attempts += 1;
        }
    }
    let mut asked: Vec<PublicationId> = Vec::new();
    for row in publications::unsettled(tx).await? {
        start(tx, &row).await?;
        asked.push(row.id);
    }
    found.publications = asked.len() as u64;
    for organization in organizations::all(tx).await? {
        for campaign in campaigns::of_organization(tx, &organization).await? {
            if gates::outlook(tx, &organization, &campaign.name).await?.closed > 0 {
                outbox::put(tx, OutboxKind::CampaignRevised, &organization, Some(&campaign.name), None)
                    .await?;
            }
        }
        let entry = audit::Entry {
            organization,
            actor: "delivery".to_owned(),
            event: "recovered".to_owned(),
            ..audit::Entry::default()
        };
        audit::append(tx, &entry).await?;
    }
    Ok(found)
}
