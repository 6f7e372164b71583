//! Binds the contract's activities to the publish protocol. No logic of its own beyond signs of life.

use std::sync::Arc;

use activities_contract::{
    CampaignAdvance, CampaignRef, CampaignStep, DeliveryAdvance, DispatchRound, DispatchRun, PublicationRef,
    Step,
};
use activities_delivery::{Delivery, DeliveryError};
use campaigns_plan::PublicationId;
use campaigns_plan::identity::NotAPublicationId;
use engine_clock::Clock;
use temporalio_client::Client;
use temporalio_common::error::ApplicationFailure;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use crate::{dispatch, limits};

/// What the activities work with.
pub struct Activities {
    pub(crate) delivery: Delivery,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
}

#[activities]
impl Activities {
    #[activity(definition = DeliveryAdvance)]
    pub async fn delivery_advance(
        self: Arc<Self>,
        context: ActivityContext,
        input: PublicationRef,
    ) -> Result<Step, ActivityError> {
        let publication: PublicationId = input.publication.parse().map_err(not_ours)?;
        let delivery = self.delivery.clone();
        // On a task of its own: between intent and outcome nothing may be dropped half way. A worker that
        // shuts down waits for it as long as it may.
        let mut work = tokio::spawn(async move { delivery.advance(&publication).await });
        let mut beat = tokio::time::interval(limits::HEARTBEAT_EVERY);
        loop {
            tokio::select! {
                done = &mut work => return done.map_err(|panic| anyhow::anyhow!("advance panicked: {panic}"))?.map_err(failure),
                _ = beat.tick() => context.record_heartbeat(()).await?,
            }
        }
    }

    #[activity(definition = CampaignAdvance)]
    pub async fn campaign_advance(
        self: Arc<Self>,
        _context: ActivityContext,
        input: CampaignRef,
    ) -> Result<CampaignStep, ActivityError> {
        let step =
            self.delivery.campaign_advance(&input.organization, &input.campaign).await.map_err(failure)?;
        // An opened gate may be due earlier than the dispatcher knows.
        dispatch::wake(&self.client).await.map_err(anyhow::Error::from)?;
        Ok(step)
    }

    #[activity(definition = DispatchRun)]
    pub async fn dispatch_run(
        self: Arc<Self>,
        _context: ActivityContext,
        _input: (),
    ) -> Result<DispatchRound, ActivityError> {
        dispatch::round(&self.delivery, &self.client, &self.clock).await.map_err(|error| {
            tracing::warn!(error = %error, "a round of dispatching failed");
            anyhow::Error::from(error).into()
        })
    }
}

/// A fault of the ledger: worth trying again until it is mended.
fn failure(error: DeliveryError) -> ActivityError {
    tracing::warn!(code = error.code(), error = %error, "an activity failed and will be tried again");
    anyhow::Error::from(error).into()
}

/// An input that names nothing never will.
fn not_ours(error: NotAPublicationId) -> ActivityError {
    let failure = ApplicationFailure::builder(anyhow::Error::from(error)).non_retryable(true).build();
    ActivityError::application(failure)
}
