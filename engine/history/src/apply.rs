//! The way in: one input, one transition.

use crate::draft::Draft;
use crate::effect::{Answer, Transition};
use crate::input::{Input, StartRun};
use crate::refusal::Refusal;
use crate::state::{RunState, StartLink};
use crate::transition::request_cancel::CancelRequest;
use crate::transition::start::start_run;
use crate::transition::workflow_task_complete::complete_workflow_task;
use crate::transition::workflow_task_fail::ENGINE_IDENTITY;

/// Begins a run. Its workflow task is offered at once, or after the start's delay.
#[must_use]
pub fn start(input: StartRun, now_ns: i64) -> Transition {
    start_run(input, None, now_ns).finish(Answer::Nothing)
}

/// Takes a run one step further. The given state stays as it is.
///
/// # Errors
/// [`Refusal`] when the run doesn't take the input.
pub fn apply(state: &RunState, input: Input, now_ns: i64) -> Result<Transition, Refusal> {
    if !state.is_open() {
        return apply_closed(state, input, now_ns);
    }
    if let Input::CompleteWorkflowTask(completion) = input {
        let (draft, answer) = complete_workflow_task(state, *completion, now_ns)?;
        return Ok(within_limits(state, draft, answer));
    }
    let mut draft = Draft::new(state.clone(), now_ns);
    let answer = draft.take(input)?;
    draft.relieve();
    Ok(within_limits(state, draft, answer))
}

/// The transition, unless it makes the history too long: then the run ends as it was before.
fn within_limits(before: &RunState, draft: Draft, answer: Answer) -> Transition {
    match draft.too_long() {
        None => draft.finish(answer),
        Some(reason) => {
            let mut draft = Draft::new(before.clone(), draft.now_ns);
            draft.terminate(reason.to_owned(), None, ENGINE_IDENTITY.to_owned());
            draft.finish(Answer::TooLong(reason))
        }
    }
}

/// After the end only what others are owed goes on.
fn apply_closed(state: &RunState, input: Input, now_ns: i64) -> Result<Transition, Refusal> {
    let mut draft = Draft::new(state.clone(), now_ns);
    match input {
        Input::ParentTold => draft.parent_told()?,
        Input::ChildDealtWith { run_id } => draft.child_dealt_with(&run_id)?,
        Input::Signal(signal) if state.knows_signal(&signal) => return Err(Refusal::Repeated),
        Input::Due { .. } | Input::ProcessDied { .. } => return Err(Refusal::NothingDue),
        Input::StartWorkflowTask { .. } | Input::StartActivity { .. } | Input::StickyWorkerGone { .. } => {
            return Err(Refusal::TaskStale);
        }
        Input::CompleteWorkflowTask(_) | Input::FailWorkflowTask { .. } => {
            return Err(Refusal::WorkflowTaskNotFound);
        }
        Input::CompleteActivity { .. }
        | Input::FailActivity { .. }
        | Input::CancelActivity { .. }
        | Input::HeartbeatActivity { .. } => return Err(Refusal::ActivityNotFound),
        Input::Signal(_)
        | Input::RequestCancel { .. }
        | Input::Terminate { .. }
        | Input::Replace { .. }
        | Input::AttachStart { .. }
        | Input::ForgetSticky { .. }
        | Input::ChildStarted { .. }
        | Input::ChildStartFailed { .. }
        | Input::ChildClosed(_)
        | Input::ExternalSignalDone { .. }
        | Input::ExternalCancelDone { .. }
        | Input::AdmitUpdate { .. } => return Err(Refusal::RunClosed),
    }
    Ok(draft.finish(Answer::Nothing))
}

impl Draft {
    fn take(&mut self, input: Input) -> Result<Answer, Refusal> {
        match input {
            Input::Signal(signal) if self.state.knows_signal(&signal) => return Err(Refusal::Repeated),
            Input::Signal(signal) => self.signal(signal)?,
            Input::RequestCancel {
                reason,
                identity,
                request_id,
                sender,
                sender_initiated_event_id,
                child_only,
            } => {
                self.request_cancel(CancelRequest {
                    reason,
                    identity,
                    request_id,
                    sender,
                    sender_initiated_event_id,
                    child_only,
                })?;
            }
            Input::Terminate { reason, details, identity } => self.terminate(reason, details, identity),
            Input::Replace { reason, details, identity, by } => {
                self.terminate(reason, details, identity);
                self.make_way_for(*by);
            }
            Input::AttachStart { request_id } => self.attach_start(request_id)?,
            Input::AdmitUpdate { request } => self.admit_update(request)?,
            Input::Due { successor_run_id, began_with } => {
                return self.pass_time(&successor_run_id, began_with.as_deref());
            }
            Input::ProcessDied { alive } => {
                if !self.give_up_held_tasks(&alive) {
                    return Err(Refusal::NothingDue);
                }
            }
            other => return self.take_from_worker_or_run(other),
        }
        Ok(Answer::Nothing)
    }

    fn take_from_worker_or_run(&mut self, input: Input) -> Result<Answer, Refusal> {
        match input {
            Input::StartWorkflowTask { scheduled_event_id, attempt, poller } => {
                return self.start_workflow_task(scheduled_event_id, attempt, poller);
            }
            Input::FailWorkflowTask { key, cause, failure, identity } => {
                return self.fail_workflow_task(&key, cause, failure, identity);
            }
            Input::StickyWorkerGone { scheduled_event_id } => self.sticky_worker_gone(scheduled_event_id)?,
            Input::ForgetSticky { queue } => self.forget_sticky(&queue)?,
            Input::StartActivity { scheduled_event_id, attempt, poller } => {
                self.start_activity(scheduled_event_id, attempt, poller)?;
            }
            Input::CompleteActivity { key, result, identity } => {
                self.complete_activity(&key, result, identity)?
            }
            Input::FailActivity { key, failure, identity, heartbeat_details } => {
                self.fail_activity(&key, failure, identity, heartbeat_details)?;
            }
            Input::CancelActivity { key, details, identity } => {
                self.cancel_activity(&key, details, identity)?
            }
            Input::HeartbeatActivity { key, details } => return self.heartbeat_activity(&key, details),
            Input::ChildStarted { initiated_event_id, run_id } => {
                self.child_started(initiated_event_id, run_id)?
            }
            Input::ChildStartFailed { initiated_event_id, cause } => {
                self.child_start_failed(initiated_event_id, cause)?;
            }
            Input::ChildClosed(closed) => self.child_closed(*closed)?,
            Input::ExternalSignalDone { initiated_event_id, outcome } => {
                self.external_signal_done(initiated_event_id, outcome)?;
            }
            Input::ExternalCancelDone { initiated_event_id, outcome } => {
                self.external_cancel_done(initiated_event_id, outcome)?;
            }
            Input::ParentTold => self.parent_told()?,
            Input::ChildDealtWith { run_id } => self.child_dealt_with(&run_id)?,
            Input::Signal(_)
            | Input::RequestCancel { .. }
            | Input::Terminate { .. }
            | Input::Replace { .. }
            | Input::AttachStart { .. }
            | Input::AdmitUpdate { .. }
            | Input::Due { .. }
            | Input::ProcessDied { .. }
            | Input::CompleteWorkflowTask(_) => return Err(Refusal::TaskStale),
        }
        Ok(Answer::Nothing)
    }

    /// Remembers another start request that is answered with this run.
    fn attach_start(&mut self, request_id: String) -> Result<(), Refusal> {
        if self.state.start_request_id == request_id
            || self.state.start_links.iter().any(|link| link.request_id == request_id)
        {
            return Err(Refusal::Repeated);
        }
        if self.state.start_links.len() >= crate::limits::START_LINKS_MAX {
            self.state.start_links.remove(0);
        }
        self.state.start_links.push(StartLink { request_id });
        Ok(())
    }
}
