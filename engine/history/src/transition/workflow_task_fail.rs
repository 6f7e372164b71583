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
        self.state.close_attempted = cause == WorkflowTaskFailedCause::UnhandledCommand;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{CompleteWorkflowTask, Input};
    use crate::proto::EventType as E;
    use crate::testing::{Played, completion, key};

    fn fail(run: &mut Played, key: WorkflowTaskKey) -> Result<Answer, Refusal> {
        let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
        run.apply(Input::FailWorkflowTask { key, cause, failure: None, identity: String::new() })
    }

    #[test]
    fn only_the_first_failure_is_written() {
        let (mut run, task) = Played::with_task();
        fail(&mut run, key(&task)).unwrap();
        for attempt in 2..5 {
            let task = run.take_task();
            assert_eq!(task.attempt, attempt);
            fail(&mut run, key(&task)).unwrap();
        }
        assert_eq!(run.kinds().iter().filter(|it| **it == E::WorkflowTaskFailed).count(), 1);
    }

    #[test]
    fn a_failure_with_a_cache_leaves_out_the_cache_first() {
        let (mut run, task) = Played::with_task();
        let sticky = Some(("cache".to_owned(), 0));
        run.complete_as(CompleteWorkflowTask { sticky, ..completion(&task) }).unwrap();
        run.signal("news");
        let task = run.take_task();
        fail(&mut run, key(&task)).unwrap();
        let next = run.state.workflow_task.as_ref().unwrap();
        assert_eq!((next.attempt, next.queue.as_str(), next.is_written), (1, "queue", true));
    }

    #[test]
    fn an_answer_to_another_attempt_is_refused() {
        let (mut run, task) = Played::with_task();
        fail(&mut run, key(&task)).unwrap();
        run.take_task();
        assert_eq!(fail(&mut run, key(&task)), Err(Refusal::WorkflowTaskNotFound));
    }

    #[test]
    fn too_many_waiting_events_fail_the_task() {
        let (mut run, _) = Played::with_task();
        for _ in 0..crate::limits::BUFFERED_EVENTS_MAX {
            run.signal("news");
        }
        assert!(run.state.workflow_task_runs());
        run.signal("one more");
        assert!(!run.state.workflow_task_runs());
        assert!(run.state.buffered.is_empty());
        assert_eq!(run.last(1), [E::WorkflowExecutionSignaled]);
        assert_eq!(run.state.workflow_task.as_ref().map(|task| task.attempt), Some(2));
    }
}
