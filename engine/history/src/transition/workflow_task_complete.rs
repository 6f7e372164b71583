//! A worker answers the workflow task.

use crate::command::{self, Commands};
use crate::derived_id::derived_id;
use crate::draft::Draft;
use crate::duration::after;
use crate::effect::Answer;
use crate::failure::{self, BadCommand};
use crate::input::{CompleteWorkflowTask, Poller};
use crate::limits::WORKFLOW_TASK_HEARTBEAT_NS;
use crate::proto::WorkflowTaskFailedCause;
use crate::refusal::Refusal;
use crate::state::{RunState, Sticky, WorkflowTask};
use crate::transition::workflow_task_schedule::scheduled_event;
use crate::transition::workflow_task_start::started_event;
use temporalio_protos::temporal::api::history::v1::WorkflowTaskCompletedEventAttributes;

/// Request id of a task that is handed out with the answer to the one before, as Temporal writes it.
const INLINE_REQUEST_ID: &str = "request-from-RespondWorkflowTaskCompleted";

/// Takes the whole answer of a worker, or fails the task over a bad command.
pub(crate) fn complete_workflow_task(
    before: &RunState,
    input: CompleteWorkflowTask,
    now_ns: i64,
) -> Result<(Draft, Answer), Refusal> {
    let mut draft = Draft::new(before.clone(), now_ns);
    let task = draft.check_workflow_task(&input.key)?.clone();
    command::check_sequence(&input.commands).map_err(Refusal::InvalidArgument)?;
    if input.is_empty_heartbeat() && now_ns > after(task.original_scheduled_ns, WORKFLOW_TASK_HEARTBEAT_NS) {
        draft.time_out_workflow_task();
        let rejection = failure::Rejection {
            cause: WorkflowTaskFailedCause::Unspecified,
            message: "workflow task heartbeat timeout".to_owned(),
        };
        return Ok((draft, rejected(rejection)));
    }
    let completed_event_id = draft.write_completed(&task, &input);
    match command::carry_out(&mut draft, completed_event_id, &input) {
        Ok(commands) => {
            let answer = draft.after_commands(commands, &task, &input);
            Ok((draft, answer))
        }
        Err(bad) => reject(before, &task, &input, bad, now_ns),
    }
}

/// Fails the task instead: nothing of the answer counts.
fn reject(
    before: &RunState,
    task: &WorkflowTask,
    input: &CompleteWorkflowTask,
    bad: BadCommand,
    now_ns: i64,
) -> Result<(Draft, Answer), Refusal> {
    let (cause, terminates) = (bad.cause, bad.terminates);
    let rejection = bad.into_rejection();
    if task.attempt > 1 && cause != WorkflowTaskFailedCause::UnhandledCommand {
        // It goes on failing: its time-out spaces the attempts.
        return Err(Refusal::InvalidArgument(rejection.message));
    }
    let mut draft = Draft::new(before.clone(), now_ns);
    let failure = failure::server(rejection.message.clone());
    draft.close_failed_workflow_task(cause, Some(failure), input.identity.clone());
    if terminates {
        draft.write_waiting();
        draft.close_terminated(
            rejection.message.clone(),
            None,
            super::workflow_task_fail::ENGINE_IDENTITY.to_owned(),
        );
    } else {
        draft.offer_workflow_task();
    }
    Ok((draft, rejected(rejection)))
}

fn rejected(rejection: failure::Rejection) -> Answer {
    Answer::WorkflowTaskCompleted { eager_activities: Vec::new(), next: None, rejection: Some(rejection) }
}

impl CompleteWorkflowTask {
    /// A heartbeat that brings nothing: those can't go on for ever.
    fn is_empty_heartbeat(&self) -> bool {
        self.force_new && self.commands.is_empty() && self.messages.is_empty()
    }

    fn poller(&self) -> Poller {
        Poller {
            identity: self.identity.clone(),
            request_id: INLINE_REQUEST_ID.to_owned(),
            holder: self.holder.clone(),
            // The worker that asks has the run in its cache.
            is_sticky: true,
        }
    }
}

impl Draft {
    /// Writes the completed event, before it the two that an attempt after the first has not written.
    fn write_completed(&mut self, task: &WorkflowTask, input: &CompleteWorkflowTask) -> i64 {
        let mut task = task.clone();
        // From here on nothing waits: the task is over.
        self.state.workflow_task = None;
        self.state.close_attempted = false;
        self.state.workflow_task_attempt = 1;
        if !task.is_written {
            task.scheduled_event_id = self.write_event(scheduled_event(&self.state, &task));
            task.identity.clone_from(&input.identity);
            task.started_event_id = self.write_event(started_event(&task));
        }
        self.state.previous_started_event_id = task.started_event_id;
        self.state.last_worker.clone_from(&input.identity);
        let completed_event_id = self.write(WorkflowTaskCompletedEventAttributes {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id,
            identity: input.identity.clone(),
            sdk_metadata: input.sdk_metadata.clone(),
            ..WorkflowTaskCompletedEventAttributes::default()
        });
        self.state.sticky = input
            .sticky
            .as_ref()
            .map(|(queue, timeout_ns)| Sticky { queue: queue.clone(), schedule_to_start_ns: *timeout_ns });
        completed_event_id
    }

    /// Starts what the worker takes along and schedules the next workflow task, if there is reason for one.
    fn after_commands(
        &mut self,
        commands: Commands,
        task: &WorkflowTask,
        input: &CompleteWorkflowTask,
    ) -> Answer {
        if !self.state.is_open() {
            return Answer::WorkflowTaskCompleted {
                eager_activities: Vec::new(),
                next: None,
                rejection: None,
            };
        }
        self.reject_unprocessed_updates(input.force_new);
        let eager_activities = self.start_eagerly(commands.eager_activities, input);
        let has_news =
            commands.cancelled_unstarted || !self.state.buffered.is_empty() || self.has_admitted_updates();
        let mut next = None;
        if input.force_new || has_news {
            let original_ns = if input.is_empty_heartbeat() { task.original_scheduled_ns } else { 0 };
            if input.return_new && self.schedule_workflow_task(original_ns) {
                next = self.take_workflow_task(input.poller()).map(Box::new);
            } else {
                self.offer_workflow_task();
            }
        }
        Answer::WorkflowTaskCompleted { eager_activities, next, rejection: None }
    }

    fn start_eagerly(&mut self, wanted: Vec<i64>, input: &CompleteWorkflowTask) -> Vec<i64> {
        let now_ns = self.now_ns;
        wanted
            .into_iter()
            .filter(|scheduled| match self.state.activities.get_mut(scheduled) {
                Some(activity) => {
                    let request_id = derived_id(&input.successor_run_id, scheduled.unsigned_abs());
                    let poller = Poller { request_id, is_sticky: false, ..input.poller() };
                    super::activity_start::start(activity, poller, now_ns);
                    true
                }
                // Cancelled by the same answer.
                None => false,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SECOND_NS;
    use crate::proto::{Attributes, EventType as E};
    use crate::testing::{Played, cancel_timer, completion, finish, schedule, start_timer};

    fn rejection(answer: Answer) -> Option<failure::Rejection> {
        match answer {
            Answer::WorkflowTaskCompleted { rejection, .. } => rejection,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn events_that_came_meanwhile_follow_the_commands() {
        let (mut run, task) = Played::with_task();
        run.signal("news");
        run.complete(&task, vec![start_timer("t", 5)]).unwrap();
        assert_eq!(
            run.last(4),
            [
                E::WorkflowTaskCompleted,
                E::TimerStarted,
                E::WorkflowExecutionSignaled,
                E::WorkflowTaskScheduled
            ]
        );
    }

    #[test]
    fn a_run_does_not_close_over_unread_events() {
        let (mut run, task) = Played::with_task();
        run.signal("news");
        let rejection = rejection(run.complete(&task, vec![finish()]).unwrap()).unwrap();
        assert_eq!(rejection.message, "UnhandledCommand");
        assert_eq!(
            run.last(3),
            [E::WorkflowTaskFailed, E::WorkflowExecutionSignaled, E::WorkflowTaskScheduled]
        );
        assert!(run.state.is_open());
        let task = run.take_task();
        run.complete(&task, vec![finish()]).unwrap();
        assert!(!run.state.is_open());
    }

    #[test]
    fn a_timer_that_fired_unread_is_taken_back_by_its_cancellation() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![start_timer("t", 5)]).unwrap();
        run.signal("news");
        let task = run.take_task();
        run.pass(5);
        run.due().unwrap();
        run.complete(&task, vec![cancel_timer("t"), finish()]).unwrap();
        assert_eq!(run.last(2), [E::TimerCanceled, E::WorkflowExecutionCompleted]);
        assert!(!run.kinds().contains(&E::TimerFired));
    }

    #[test]
    fn a_bad_command_undoes_the_whole_answer() {
        let (mut run, task) = Played::with_task();
        let answer = run.complete(&task, vec![start_timer("t", 5), start_timer("t", 5)]).unwrap();
        assert_eq!(rejection(answer).unwrap().cause, WorkflowTaskFailedCause::StartTimerDuplicateId);
        assert!(run.state.timers.is_empty());
        assert_eq!(run.last(1), [E::WorkflowTaskFailed]);
    }

    #[test]
    fn a_repeated_bad_answer_leaves_the_task_to_its_time_out() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![cancel_timer("none")]).unwrap();
        let task = run.take_task();
        let before = run.state.clone();
        assert!(matches!(run.complete(&task, vec![cancel_timer("none")]), Err(Refusal::InvalidArgument(_))));
        assert_eq!(run.state, before);
    }

    #[test]
    fn nothing_follows_a_closing_command() {
        let (mut run, task) = Played::with_task();
        assert!(matches!(
            run.complete(&task, vec![finish(), start_timer("t", 1)]),
            Err(Refusal::InvalidArgument(_))
        ));
    }

    #[test]
    fn an_answer_counts_once() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![schedule("a")]).unwrap();
        assert_eq!(run.complete(&task, vec![schedule("a")]), Err(Refusal::WorkflowTaskNotFound));
    }

    #[test]
    fn heartbeats_without_progress_end() {
        let (mut run, mut task) = Played::with_task();
        for _ in 0..250 {
            run.pass(9);
            let heartbeat = CompleteWorkflowTask { force_new: true, return_new: true, ..completion(&task) };
            match run.complete_as(heartbeat).unwrap() {
                Answer::WorkflowTaskCompleted { next: Some(next), .. } => task = *next,
                _ => break,
            }
        }
        assert!(run.now_ns > 1_000 * SECOND_NS + WORKFLOW_TASK_HEARTBEAT_NS);
        let is_timed_out = |event: &crate::proto::HistoryEvent| {
            matches!(event.attributes, Some(Attributes::WorkflowTaskTimedOutEventAttributes(_)))
        };
        assert_eq!(run.history.iter().filter(|it| is_timed_out(it)).count(), 1);
        assert!(!run.state.workflow_task_runs());
    }
}
