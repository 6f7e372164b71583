//! A workflow task fails: the worker says so, its commands are not taken, or the run is closed over it.

use crate::draft::Draft;
use crate::effect::Answer;
use crate::input::WorkflowTaskKey;
use crate::proto::{Failure, WorkflowTaskFailedCause};
use crate::refusal::Refusal;
use crate::state::{UpdateStage, WorkflowTask};
use temporalio_protos::temporal::api::history::v1::WorkflowTaskFailedEventAttributes;

/// Who the engine is in events that it causes; clients know it by this name.
pub(crate) const ENGINE_IDENTITY: &str = "history-service";

impl Draft {
    pub(crate) fn fail_workflow_task(
        &mut self,
        key: &WorkflowTaskKey,
        cause: WorkflowTaskFailedCause,
        failure: Option<Failure>,
        identity: String,
    ) -> Result<Answer, Refusal> {
        self.check_workflow_task(key)?;
        self.close_failed_workflow_task(cause, failure, identity);
        self.offer_workflow_task();
        Ok(Answer::Nothing)
    }

    /// The running workflow task, if the key names it.
    pub(crate) fn check_workflow_task(&self, key: &WorkflowTaskKey) -> Result<&WorkflowTask, Refusal> {
        self.state
            .workflow_task
            .as_ref()
            .filter(|task| {
                task.is_started()
                    && task.scheduled_event_id == key.scheduled_event_id
                    && task.started_event_id == key.started_event_id
                    && task.attempt == key.attempt
                    && task.started_ns == key.started_ns
            })
            .ok_or(Refusal::WorkflowTaskNotFound)
    }

    /// Ends the running workflow task as failed. Only the first attempt is written.
    pub(crate) fn close_failed_workflow_task(
        &mut self,
        cause: WorkflowTaskFailedCause,
        failure: Option<Failure>,
        identity: String,
    ) {
        let Some(task) = self.state.workflow_task.take() else { return };
        if task.is_written {
            self.write(WorkflowTaskFailedEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started_event_id,
                cause: cause as i32,
                failure,
                identity,
                ..WorkflowTaskFailedEventAttributes::default()
            });
        }
        self.count_failed_workflow_task(&task);
    }

    /// The next task is one more attempt, unless the worker's cache may be what failed: then the cache is
    /// left out first.
    pub(crate) fn count_failed_workflow_task(&mut self, task: &WorkflowTask) {
        self.state.workflow_task_attempt =
            if self.state.sticky.take().is_some() { 1 } else { task.attempt.saturating_add(1) };
        for update in self.state.updates.values_mut() {
            if update.stage() == UpdateStage::Sent {
                update.set_stage(UpdateStage::Admitted);
            }
        }
    }

    /// A run that closes while its workflow task runs fails the task first.
    pub(crate) fn force_workflow_task_closed(&mut self) {
        if self.state.workflow_task_runs() {
            self.close_failed_workflow_task(
                WorkflowTaskFailedCause::ForceCloseCommand,
                None,
                ENGINE_IDENTITY.to_owned(),
            );
            self.write_waiting();
        }
    }

    /// When too much waits for the running workflow task, the task is failed so that it can be written.
    pub(crate) fn relieve(&mut self) {
        if self.state.is_open() && self.state.workflow_task_runs() && self.waits_too_much() {
            self.force_workflow_task_closed();
            self.offer_workflow_task();
        }
    }
}
