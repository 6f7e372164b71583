//! Waiting for what a home does by itself.

use std::time::Duration;

use anyhow::{Result, bail};
use engine_conformance::Scene;
use temporalio_protos::temporal::api::command::v1::Command;
use temporalio_protos::temporal::api::enums::v1::{CommandType, EventType, WorkflowExecutionStatus};
use temporalio_protos::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;

use super::play::Play;

/// Longer than any time-out of a play on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN_LOOKS: Duration = Duration::from_millis(150);
/// A client's call that is under way has arrived by then: nothing shows it before it is answered.
const ARRIVAL: Duration = Duration::from_millis(700);
/// A run that lived that long goes on at once.
const SHORTEST_RUN: Duration = Duration::from_millis(1_100);

/// Looks until there is what is waited for.
pub(super) async fn until(what: &str, mut look: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !look().await? {
        if tokio::time::Instant::now() > deadline {
            bail!("waited {PATIENCE:?} for {what}");
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// A run that goes on within its first second waits before it does; how long depends on the clock.
pub(super) async fn until_run_may_go_on(commands: &[Command]) {
    let goes_on = CommandType::ContinueAsNewWorkflowExecution as i32;
    if commands.iter().any(|command| command.command_type == goes_on) {
        tokio::time::sleep(SHORTEST_RUN).await;
    }
}

/// Until the calls of others have arrived.
pub(super) async fn until_arrived() {
    tokio::time::sleep(ARRIVAL).await;
}

/// Whether a run is open.
pub(super) fn is_open(described: &DescribeWorkflowExecutionResponse) -> bool {
    described
        .workflow_execution_info
        .as_ref()
        .is_some_and(|info| info.status == WorkflowExecutionStatus::Running as i32)
}

/// How many events of these types a run's history has.
pub(super) async fn count(s: &Scene, workflow: &str, run_id: &str, types: &[EventType]) -> Result<usize> {
    let events = s.history(workflow, run_id).await?;
    Ok(events.iter().filter(|event| types.iter().any(|it| *it as i32 == event.event_type)).count())
}

impl Play<'_> {
    pub(super) async fn described(&self) -> Result<DescribeWorkflowExecutionResponse> {
        Ok(self.scene.try_describe("w", &self.run_id).await?)
    }

    pub(super) async fn count(&self, types: &[EventType]) -> Result<usize> {
        count(self.scene, "w", &self.run_id, types).await
    }

    /// Until the run has more events of these types than it had.
    pub(super) async fn until_more(&self, than: usize, types: &[EventType]) -> Result<()> {
        until(&format!("{types:?}"), async || Ok(self.count(types).await? > than)).await
    }
}
