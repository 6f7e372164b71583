//! `StartTimer`.

use super::{Work, check_length};
use crate::duration::{after, duration_to_nanos, is_invalid, some_duration};
use crate::failure::BadCommand;
use crate::proto::{Command, WorkflowTaskFailedCause};
use crate::state::PendingTimer;
use temporalio_protos::temporal::api::command::v1::StartTimerCommandAttributes;
use temporalio_protos::temporal::api::history::v1::TimerStartedEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadStartTimerAttributes;

impl Work<'_> {
    pub(super) fn start_timer(
        &mut self,
        command: &Command,
        it: &StartTimerCommandAttributes,
    ) -> Result<(), BadCommand> {
        let timer_id = &it.timer_id;
        if timer_id.is_empty() {
            return Err(BadCommand::new(CAUSE, "TimerId is not set on StartTimerCommand."));
        }
        check_length("TimerId", timer_id, "StartTimerCommand", CAUSE)?;
        if is_invalid(it.start_to_fire_timeout.as_ref()) {
            return Err(BadCommand::new(
                CAUSE,
                format!(
                    "An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId={timer_id}"
                ),
            ));
        }
        if self.draft.state.timers.contains_key(timer_id) {
            return Err(BadCommand::new(
                WorkflowTaskFailedCause::StartTimerDuplicateId,
                format!(
                    "invalid history builder state for action: add-timer-started-event, TimerID: {timer_id}"
                ),
            ));
        }
        let span_ns = duration_to_nanos(it.start_to_fire_timeout.as_ref());
        let started_event_id = self.write(
            command,
            TimerStartedEventAttributes {
                timer_id: timer_id.clone(),
                start_to_fire_timeout: some_duration(span_ns),
                workflow_task_completed_event_id: self.completed_event_id,
            },
        );
        let timer = PendingTimer { started_event_id, fire_ns: after(self.draft.now_ns, span_ns) };
        self.draft.state.timers.insert(timer_id.clone(), timer);
        Ok(())
    }
}
