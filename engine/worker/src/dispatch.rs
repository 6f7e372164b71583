//! One round of dispatching: starts the workflows of publications that are due soon.

use std::time::Duration;

use activities_contract::{
    DISPATCH_WORKFLOW_ID, DispatchRound, PUBLISH_QUEUE, PublicationRef, publication_workflow_id,
};
use activities_delivery::Delivery;
use campaigns_plan::PublicationId;
use engine_clock::Clock;
use engine_workflows::{Dispatch, Publication};
use futures_util::{StreamExt as _, stream};
use temporalio_client::errors::WorkflowStartError;
use temporalio_client::{Client, WorkflowIdConflictPolicy, WorkflowStartOptions};

use crate::limits;

/// Why a round failed; the next one does what this one could not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
    #[error(transparent)]
    Ledger(#[from] activities_delivery::DeliveryError),
    #[error("the workflow of a publication can't be started")]
    Start(#[from] WorkflowStartError),
}

/// Starts what is due within the lead and says when to look again.
pub(crate) async fn round(
    delivery: &Delivery,
    client: &Client,
    clock: &Clock,
) -> Result<DispatchRound, RoundError> {
    let now = clock.now();
    let found = delivery.due(now, limits::DISPATCH_LEAD, limits::DISPATCH_BATCH).await?;
    // In their order, several on their way: the engine commits together what comes together.
    let mut starts = stream::iter(found.publications.clone())
        .map(|publication| async move { start(client, &publication).await })
        .buffered(limits::STARTS_AT_ONCE);
    while starts.next().await.transpose()?.is_some() {}
    drop(starts);
    let started = found.publications.len();
    if started > 0 {
        delivery.mark_dispatched(found.publications).await?;
    }
    let longest = match clock.is_skipping() {
        true => limits::DISPATCH_EVERY_MAX_SKIPPING,
        false => limits::DISPATCH_EVERY_MAX,
    };
    let until_next = found
        .next_at
        .map_or(longest, |at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
    // A full batch means that more may be due.
    let next = match started == limits::DISPATCH_BATCH as usize {
        true => limits::NEXT_BATCH_AFTER,
        false => until_next.clamp(limits::AGAIN_AFTER, longest),
    };
    Ok(DispatchRound {
        started: started as u64,
        next_ms: u64::try_from(next.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Starts a publication's workflow, or finds it running.
pub(crate) async fn start(client: &Client, publication: &PublicationId) -> Result<(), WorkflowStartError> {
    let options = WorkflowStartOptions::new(PUBLISH_QUEUE, publication_workflow_id(publication.as_str()))
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .build();
    let input = PublicationRef { publication: publication.to_string() };
    client.start_workflow(Publication::run, input, options).await.map(drop)
}

/// Starts the dispatcher if it does not run, and makes it look at once.
pub(crate) async fn wake(client: &Client) -> Result<(), WorkflowStartError> {
    let options = WorkflowStartOptions::new(PUBLISH_QUEUE, DISPATCH_WORKFLOW_ID)
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
        .build();
    client.signal_with_start_workflow(Dispatch::run, (), Dispatch::wake, (), options).await.map(drop)
}
