//! Binds the contract's activities to the publish protocol. No logic of its own beyond signs of life.

use std::sync::Arc;

use activities_contract::{
    CampaignAdvance, CampaignRef, CampaignStep, CleanUpRun, CleanedUp, CollectedMetrics, DeliveryAdvance,
    DispatchRound, DispatchRun, DriftLook, MetricsCollect, PublicationRef, SeenDrift, Step, SweptTokens,
    TokensSweep,
};
use activities_delivery::{Cleared, Collected, Delivery, DeliveryError, Drift, Sweep};
use campaigns_plan::PublicationId;
use campaigns_plan::identity::NotAPublicationId;
use engine_clock::Clock;
use temporalio_client::Client;
use temporalio_common::error::ApplicationFailure;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use tokio::task::JoinHandle;

use crate::tally::Tally;
use crate::{dispatch, limits};

/// What the activities work with.
pub struct Activities {
    pub(crate) delivery: Delivery,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) tally: Tally,
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
        alive(&context, &self.tally, async move { delivery.advance(&publication).await }).await
    }

    #[activity(definition = CampaignAdvance)]
    pub async fn campaign_advance(
        self: Arc<Self>,
        context: ActivityContext,
        input: CampaignRef,
    ) -> Result<CampaignStep, ActivityError> {
        let (delivery, CampaignRef { organization, campaign }) = (self.delivery.clone(), input);
        let step =
            alive(
                &context,
                &self.tally,
                async move { delivery.campaign_advance(&organization, &campaign).await },
            );
        let step = step.await?;
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

    #[activity(definition = TokensSweep)]
    pub async fn tokens_sweep(
        self: Arc<Self>,
        context: ActivityContext,
        _input: (),
    ) -> Result<SweptTokens, ActivityError> {
        let delivery = self.delivery.clone();
        let margin = delivery.upkeep().sweep_margin();
        let swept =
            alive(&context, &self.tally, async move { delivery.sweep_tokens(None, margin).await }).await?;
        let Sweep { refreshed, needs_reconnect, skipped, ending } = swept;
        let counts = SweptTokens {
            refreshed: refreshed.len() as u64,
            needs_reconnect: needs_reconnect.len() as u64,
            skipped: skipped.len() as u64,
            ending: ending.len() as u64,
        };
        tracing::info!(
            refreshed = counts.refreshed,
            needs_reconnect = counts.needs_reconnect,
            skipped = counts.skipped,
            ending = counts.ending,
            "swept the tokens of all accounts"
        );
        Ok(counts)
    }

    #[activity(definition = CleanUpRun)]
    pub async fn clean_up_run(
        self: Arc<Self>,
        context: ActivityContext,
        _input: (),
    ) -> Result<CleanedUp, ActivityError> {
        let delivery = self.delivery.clone();
        let Cleared { expired, media, leftovers, archived } =
            alive(&context, &self.tally, async move { delivery.clean_up().await }).await?;
        tracing::info!(expired, media, leftovers, archived, "cleared away what nobody needs");
        Ok(CleanedUp { expired, media, leftovers, archived })
    }

    #[activity(definition = MetricsCollect)]
    pub async fn metrics_collect(
        self: Arc<Self>,
        context: ActivityContext,
        _input: (),
    ) -> Result<CollectedMetrics, ActivityError> {
        let delivery = self.delivery.clone();
        let Collected { asked, counted, put_off } =
            alive(&context, &self.tally, async move { delivery.collect_metrics().await }).await?;
        if asked > 0 {
            tracing::info!(asked, counted, put_off, "counted how posts do");
        }
        Ok(CollectedMetrics { asked, counted, put_off })
    }

    #[activity(definition = DriftLook)]
    pub async fn drift_look(
        self: Arc<Self>,
        context: ActivityContext,
        _input: (),
    ) -> Result<SeenDrift, ActivityError> {
        let delivery = self.delivery.clone();
        let Drift { looked, untold: _, gone, changed, put_off } =
            alive(&context, &self.tally, async move { delivery.look_for_drift_lately().await }).await?;
        let seen = SeenDrift {
            looked,
            gone: gone.len() as u64,
            changed: changed.len() as u64,
            put_off: put_off.len() as u64,
        };
        tracing::info!(
            looked = seen.looked,
            gone = seen.gone,
            changed = seen.changed,
            put_off = seen.put_off,
            "looked whether posts are as they were sent"
        );
        Ok(seen)
    }
}

/// Does work on a task of its own, with signs of life: what has begun may not be dropped half way. A worker
/// that shuts down waits for it as long as it may.
async fn alive<T: Send + 'static>(
    context: &ActivityContext,
    tally: &Tally,
    work: impl Future<Output = Result<T, DeliveryError>> + Send + 'static,
) -> Result<T, ActivityError> {
    tally.of(watched(context, tokio::spawn(work))).await
}

async fn watched<T>(
    context: &ActivityContext,
    mut work: JoinHandle<Result<T, DeliveryError>>,
) -> Result<T, ActivityError> {
    let mut beat = tokio::time::interval(limits::HEARTBEAT_EVERY);
    loop {
        tokio::select! {
            done = &mut work => return done.map_err(|panic| anyhow::anyhow!("it panicked: {panic}"))?.map_err(failure),
            _ = beat.tick() => context.record_heartbeat(()).await?,
        }
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
