//! Campaigns whose file is gone: what they planned is taken back, and comes back with the file.

use activities_data::campaigns;
use activities_data::publications::{self, Cause, Reason};
use activities_data::{DbError, State, Tx, audit};
use campaigns_plan::PublicationId;

use crate::settle::{begun, settle, wake};
use crate::{Delivery, DeliveryError};

/// The reason of what was cancelled because it is not in the plan any more; it may come back with it.
pub(crate) const LEFT_PLAN: &str = "cancelled/left-plan";

impl Delivery {
    /// Cancels what a campaign still plans, because its file was deleted. What is being sent, held or online
    /// stays as it is. Applying the file again plans anew what has not passed by then. Returns what was
    /// cancelled.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is no such campaign or the ledger can't be written.
    pub async fn prune(
        &self,
        organization: &str,
        campaign: &str,
        who: &str,
    ) -> Result<Vec<PublicationId>, DeliveryError> {
        let (organization, campaign, who) = (organization.to_owned(), campaign.to_owned(), who.to_owned());
        self.write("prune", move |tx| {
            Box::pin(async move { Ok(prune(tx, &organization, &campaign, &who).await?) })
        })
        .await
    }
}

async fn prune(
    tx: &mut Tx,
    organization: &str,
    campaign: &str,
    who: &str,
) -> Result<Vec<PublicationId>, DbError> {
    if campaigns::find(tx, organization, campaign).await?.is_none() {
        return Err(DbError::NotFound { what: "campaign", id: campaign.to_owned() });
    }
    let mut cancelled = Vec::new();
    for mut row in publications::of_campaign(tx, organization, campaign).await? {
        let waits =
            matches!(row.state, State::Planned | State::AwaitingApproval | State::Blocked | State::Rejected);
        if !waits || begun(tx, &row).await? {
            continue;
        }
        let reason = Reason::new(LEFT_PLAN, "the file of its campaign was deleted");
        settle(tx, &mut row, State::Cancelled, Some(reason), &Cause::by(who)).await?;
        wake(tx, &row).await?;
        cancelled.push(row.id);
    }
    if !cancelled.is_empty() {
        let entry = audit::Entry {
            organization: organization.to_owned(),
            campaign: Some(campaign.to_owned()),
            actor: who.to_owned(),
            event: "pruned".to_owned(),
            why: Some(format!("its file was deleted: {} cancelled", cancelled.len())),
            ..audit::Entry::default()
        };
        audit::append(tx, &entry).await?;
    }
    Ok(cancelled)
}
