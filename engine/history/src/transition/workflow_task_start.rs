//! A worker takes the workflow task.

use crate::draft::Draft;
use crate::duration::nanos_to_timestamp;
use crate::effect::{Answer, StartedWorkflowTask};
use crate::input::Poller;
use crate::limits::{HISTORY_BYTES_SUGGEST, HISTORY_EVENTS_SUGGEST};
use crate::proto::{HistoryEvent, SuggestContinueAsNewReason};
use crate::refusal::Refusal;
use crate::state::{RunState, UpdateStage, WorkflowTask};
use crate::transition::workflow_task_schedule::{normal_queue, scheduled, scheduled_event};
use temporalio_protos::temporal::api::history::v1::WorkflowTaskStartedEventAttributes;

impl Draft {
    pub(crate) fn start_workflow_task(
        &mut self,
        scheduled_event_id: i64,
        attempt: i32,
        poller: Poller,
    ) -> Result<Answer, Refusal> {
        let Some(task) = &self.state.workflow_task else { return Err(Refusal::TaskStale) };
        if task.scheduled_event_id != scheduled_event_id || task.attempt != attempt || task.is_started() {
            return Err(Refusal::TaskStale);
        }
        let started = self.take_workflow_task(poller).ok_or(Refusal::TaskStale)?;
        Ok(Answer::WorkflowTaskStarted(Box::new(started)))
    }

    /// Starts the task that is scheduled.
    pub(crate) fn take_workflow_task(&mut self, poller: Poller) -> Option<StartedWorkflowTask> {
        let mut task = self.state.workflow_task.take()?;
        let Poller { identity, request_id, holder, is_sticky } = poller;
        task.history_bytes = self.state.history_bytes;
        task.suggest_reasons = suggest_reasons(&self.state);
        if !task.is_written && task.scheduled_event_id != self.state.last_event_id + 1 {
            // Events came since it was scheduled: it is a new task now, not one more attempt.
            task.attempt = 1;
            self.state.workflow_task_attempt = 1;
            task.is_written = true;
            let queue = normal_queue(&self.state.task_queue);
            task.scheduled_event_id = self.write(scheduled(queue, task.timeout_ns, 1));
        }
        task.started_ns = self.now_ns;
        task.request_id = request_id;
        task.identity = identity;
        task.holder = holder;
        task.started_event_id = if task.is_written {
            self.write_event(started_event(&task))
        } else {
            task.scheduled_event_id + 1
        };
        let handed_out = StartedWorkflowTask {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id,
            attempt: task.attempt,
            previous_started_event_id: self.state.previous_started_event_id,
            is_sticky,
            scheduled_ns: task.scheduled_ns,
            started_ns: task.started_ns,
            transient_events: self.state.transient_events(&task),
            update_ids: self.send_updates(task.started_event_id),
        };
        self.state.workflow_task = Some(task);
        Some(handed_out)
    }

    /// Marks the admitted updates as sent with the task that starts.
    fn send_updates(&mut self, started_event_id: i64) -> Vec<String> {
        let mut sent: Vec<_> = self
            .state
            .updates
            .iter_mut()
            .filter(|(_, update)| matches!(update.stage(), UpdateStage::Admitted | UpdateStage::Sent))
            .collect();
        sent.sort_by_key(|(_, update)| update.ordinal);
        for (_, update) in &mut sent {
            update.set_stage(UpdateStage::Sent);
            // The worker handles them before the events from here on.
            update.sequencing_event_id = started_event_id - 1;
        }
        sent.into_iter().map(|(id, _)| id.clone()).collect()
    }
}

impl RunState {
    /// The events of the workflow task, waiting or running, that are not in the history: those of attempts
    /// after the first. Readers of the history get them after its end. None, when events came since the task
    /// was scheduled: it will be another one when it starts.
    #[must_use]
    pub fn unwritten_task_events(&self) -> Vec<HistoryEvent> {
        let is_next =
            |task: &&WorkflowTask| task.attempt > 1 && task.scheduled_event_id == self.last_event_id + 1;
        let Some(task) = self.workflow_task.as_ref().filter(is_next) else { return Vec::new() };
        // Only the worker that has the task is told who has it.
        self.transient_events(&WorkflowTask { identity: String::new(), ..task.clone() })
    }

    fn transient_events(&self, task: &WorkflowTask) -> Vec<HistoryEvent> {
        if task.is_written {
            return Vec::new();
        }
        let started = task.is_started().then(|| started_event(task));
        std::iter::once(scheduled_event(self, task))
            .chain(started)
            .zip(self.last_event_id + 1..)
            .map(|(mut event, id)| {
                event.event_id = id;
                event.task_id = id;
                event.event_type = event.attributes.as_ref().map_or(0, |it| it.event_type() as i32);
                event
            })
            .collect()
    }
}

pub(crate) fn started_event(task: &WorkflowTask) -> HistoryEvent {
    let attributes = WorkflowTaskStartedEventAttributes {
        scheduled_event_id: task.scheduled_event_id,
        identity: task.identity.clone(),
        request_id: task.request_id.clone(),
        suggest_continue_as_new: !task.suggest_reasons.is_empty(),
        suggest_continue_as_new_reasons: task.suggest_reasons.clone(),
        history_size_bytes: task.history_bytes,
        ..WorkflowTaskStartedEventAttributes::default()
    };
    HistoryEvent {
        event_time: Some(nanos_to_timestamp(task.started_ns)),
        attributes: Some(attributes.into()),
        ..HistoryEvent::default()
    }
}

fn suggest_reasons(state: &RunState) -> Vec<i32> {
    let mut reasons = Vec::new();
    if state.history_bytes >= HISTORY_BYTES_SUGGEST {
        reasons.push(SuggestContinueAsNewReason::HistorySizeTooLarge as i32);
    }
    if state.last_event_id + 1 >= HISTORY_EVENTS_SUGGEST {
        reasons.push(SuggestContinueAsNewReason::TooManyHistoryEvents as i32);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Input, SignalInput};
    use crate::proto::{EventType, WorkflowTaskFailedCause};
    use crate::testing::{Played, completion, key};

    fn fail(run: &mut Played, task: &StartedWorkflowTask) {
        let input = Input::FailWorkflowTask {
            key: key(task),
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: None,
            identity: "worker".to_owned(),
        };
        run.apply(input).unwrap();
    }

    #[test]
    fn a_task_is_taken_once() {
        let (mut run, task) = Played::with_task();
        let again = Input::StartWorkflowTask {
            scheduled_event_id: task.scheduled_event_id,
            attempt: 1,
            poller: Poller::default(),
        };
        assert_eq!(run.apply(again), Err(Refusal::TaskStale));
        assert_eq!(
            (task.scheduled_event_id, task.started_event_id, task.previous_started_event_id),
            (2, 3, 0)
        );
    }

    #[test]
    fn a_later_attempt_carries_events_that_are_not_in_the_history() {
        let (mut run, task) = Played::with_task();
        fail(&mut run, &task);
        let events = run.history.len();
        let second = run.take_task();
        assert_eq!(run.history.len(), events);
        assert_eq!(second.attempt, 2);
        let ids: Vec<_> = second.transient_events.iter().map(|event| event.event_id).collect();
        assert_eq!(ids, [second.scheduled_event_id, second.started_event_id]);
        assert_eq!(second.scheduled_event_id, run.state.last_event_id + 1);
        run.complete(&second, Vec::new()).unwrap();
        assert_eq!(
            run.last(3),
            [
                EventType::WorkflowTaskScheduled,
                EventType::WorkflowTaskStarted,
                EventType::WorkflowTaskCompleted
            ]
        );
        assert_eq!(run.state.previous_started_event_id, second.started_event_id);
    }

    #[test]
    fn news_turn_another_attempt_into_a_new_task() {
        let (mut run, task) = Played::with_task();
        fail(&mut run, &task);
        let ids = |run: &Played| -> Vec<i64> {
            run.state.unwritten_task_events().iter().map(|event| event.event_id).collect()
        };
        assert_eq!(ids(&run), [run.state.last_event_id + 1]);
        run.signal("news");
        assert_eq!(ids(&run), [0; 0], "readers are not shown a task that there won't be");
        let second = run.take_task();
        assert_eq!(second.attempt, 1);
        assert!(second.transient_events.is_empty());
        assert_eq!(
            run.last(3),
            [
                EventType::WorkflowExecutionSignaled,
                EventType::WorkflowTaskScheduled,
                EventType::WorkflowTaskStarted
            ]
        );
    }

    #[test]
    fn a_worker_that_asks_gets_the_next_task_with_its_answer() {
        let (mut run, task) = Played::with_task();
        run.apply(Input::Signal(SignalInput::default())).unwrap();
        let completion = crate::input::CompleteWorkflowTask { return_new: true, ..completion(&task) };
        let Answer::WorkflowTaskCompleted { next: Some(next), .. } = run.complete_as(completion).unwrap()
        else {
            panic!("no next task")
        };
        assert!(run.state.workflow_task_runs());
        assert_eq!(next.previous_started_event_id, task.started_event_id);
        assert!(run.effects.is_empty(), "it is not offered to others");
    }
}
