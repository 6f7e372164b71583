//! `CancelTimer`.

use super::{Work, check_length};
use crate::failure::BadCommand;
use crate::proto::{Attributes, Command, WorkflowTaskFailedCause};
use crate::state::RunState;
use temporalio_protos::temporal::api::command::v1::CancelTimerCommandAttributes;
use temporalio_protos::temporal::api::history::v1::TimerCanceledEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadCancelTimerAttributes;

impl Work<'_> {
    pub(super) fn cancel_timer(
        &mut self,
        command: &Command,
        it: &CancelTimerCommandAttributes,
    ) -> Result<(), BadCommand> {
        let timer_id = &it.timer_id;
        if timer_id.is_empty() {
            return Err(BadCommand::new(CAUSE, "TimerId is not set on CancelTimerCommand."));
        }
        check_length("TimerId", timer_id, "CancelTimerCommand", CAUSE)?;
        let pending = self.draft.state.timers.remove(timer_id).map(|timer| timer.started_event_id);
        // One that fired while the worker was asking is taken back: the workflow has not seen it.
        let Some(started_event_id) = pending.or_else(|| take_back_fired(&mut self.draft.state, timer_id))
        else {
            return Err(BadCommand::new(
                CAUSE,
                format!(
                    "invalid history builder state for action: add-timer-canceled-event, TimerID: {timer_id}"
                ),
            ));
        };
        self.write(
            command,
            TimerCanceledEventAttributes {
                timer_id: timer_id.clone(),
                started_event_id,
                workflow_task_completed_event_id: self.completed_event_id,
                identity: self.input.identity.clone(),
            },
        );
        Ok(())
    }
}

fn take_back_fired(state: &mut RunState, timer_id: &str) -> Option<i64> {
    let (index, started_event_id) =
        state.buffered.iter().enumerate().find_map(|(index, event)| match &event.attributes {
            Some(Attributes::TimerFiredEventAttributes(fired)) if fired.timer_id == timer_id => {
                Some((index, fired.started_event_id))
            }
            _ => None,
        })?;
    state.buffered.remove(index);
    Some(started_event_id)
}
