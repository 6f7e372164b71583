//! Carries the ledger's outbox to the engine: what a transaction wrote down, workflows learn here.
//!
//! A row is done only after the engine answered, and every start and signal may be repeated, so a crash
//! between the two costs nothing.

use activities_contract::{CampaignRef, PUBLISH_QUEUE, campaign_workflow_id, publication_workflow_id};
use activities_data::outbox::{Message, OutboxKind};
use activities_delivery::{Delivery, DeliveryError};
use campaigns_plan::PublicationId;
use engine_workflows::{Campaign, Publication};
use temporalio_client::errors::{WorkflowInteractionError, WorkflowStartError};
use temporalio_client::{Client, WorkflowIdConflictPolicy, WorkflowSignalOptions, WorkflowStartOptions};
use tokio_util::sync::CancellationToken;

use crate::{dispatch, limits};

/// The pump's parts.
pub(crate) struct Pump {
    pub(crate) delivery: Delivery,
    pub(crate) client: Client,
}

/// Why a message could not be carried; it stays in the outbox.
#[derive(Debug, thiserror::Error)]
enum CarryError {
    #[error(transparent)]
    Ledger(#[from] DeliveryError),
    #[error("the workflow can't be started")]
    Start(#[from] WorkflowStartError),
    #[error("the workflow can't be signalled")]
    Signal(#[from] WorkflowInteractionError),
}

impl Pump {
    /// Runs until `stop`; a round that has begun is finished.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.turn().await {
                Ok(Some(0)) => limits::PUMP_EVERY,
                Ok(Some(_)) => continue,
                // Another process carries; if it dies, its turn is ours.
                Ok(None) => limits::AGAIN_AFTER,
                Err(error) => {
                    tracing::warn!(error = %error, cause = ?error, "the outbox could not be carried; trying again");
                    limits::AGAIN_AFTER
                }
            };
            tokio::select! {
                () = self.delivery.outbox_written() => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// A round, unless another process has the turn.
    async fn turn(&self) -> Result<Option<usize>, CarryError> {
        let Some(turn) = self.delivery.outbox_turn().await? else { return Ok(None) };
        let carried = self.round().await?;
        turn.end().await;
        Ok(Some(carried))
    }

    /// Carries what is pending; returns how many messages that were.
    async fn round(&self) -> Result<usize, CarryError> {
        let pending = self.delivery.outbox_pending(limits::OUTBOX_BATCH).await?;
        if pending.is_empty() {
            return Ok(0);
        }
        for message in &pending {
            self.carry(message).await?;
        }
        let earlier = |kind| matches!(kind, OutboxKind::CampaignRevised | OutboxKind::Rescheduled);
        if pending.iter().any(|message| earlier(message.kind)) {
            // Rows may be due earlier than the dispatcher knows.
            dispatch::wake(&self.client).await?;
        }
        self.delivery.outbox_done(pending.iter().map(|message| message.id).collect()).await?;
        Ok(pending.len())
    }

    async fn carry(&self, message: &Message) -> Result<(), CarryError> {
        let Message { id: _, kind, organization, campaign, publication, created_at: _ } = message;
        match (kind, campaign, publication) {
            (OutboxKind::CampaignRevised, Some(campaign), _) => {
                let (input, options) = campaign_start(organization, campaign);
                self.client
                    .signal_with_start_workflow(Campaign::run, input, Campaign::revised, (), options)
                    .await?;
            }
            (OutboxKind::CampaignSettled, Some(campaign), _) => {
                let (input, options) = campaign_start(organization, campaign);
                self.client
                    .signal_with_start_workflow(Campaign::run, input, Campaign::settled, (), options)
                    .await?;
            }
            (OutboxKind::PublicationStart, _, Some(publication)) => {
                dispatch::start(&self.client, publication).await?;
                self.tell_changed(publication).await?;
            }
            (OutboxKind::PublicationChanged, _, Some(publication)) => self.tell_changed(publication).await?,
            // The round wakes the dispatcher once for all of them.
            (OutboxKind::Rescheduled, _, _) => {}
            (
                OutboxKind::CampaignRevised
                | OutboxKind::CampaignSettled
                | OutboxKind::PublicationStart
                | OutboxKind::PublicationChanged,
                _,
                _,
            ) => tracing::error!(message = message.id, "an outbox message names nothing; it is dropped"),
        }
        Ok(())
    }

    async fn tell_changed(&self, publication: &PublicationId) -> Result<(), WorkflowInteractionError> {
        let handle =
            self.client.get_workflow_handle::<Publication>(publication_workflow_id(publication.as_str()));
        match handle.signal(Publication::changed, (), WorkflowSignalOptions::default()).await {
            // Not running: it sleeps as a row, and the dispatcher reads the row when it is due.
            Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn campaign_start(organization: &str, campaign: &str) -> (CampaignRef, WorkflowStartOptions) {
    let options = WorkflowStartOptions::new(PUBLISH_QUEUE, campaign_workflow_id(organization, campaign))
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .build();
    (CampaignRef { organization: organization.to_owned(), campaign: campaign.to_owned() }, options)
}
