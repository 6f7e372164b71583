//! `RequestCancelActivityTask`.

use super::{Work, text_payload};
use crate::attributes::ends_activity;
use crate::failure::BadCommand;
use crate::proto::{Command, WorkflowTaskFailedCause};
use temporalio_protos::temporal::api::command::v1::RequestCancelActivityTaskCommandAttributes;
use temporalio_protos::temporal::api::history::v1::ActivityTaskCancelRequestedEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadRequestCancelActivityAttributes;
/// Details of an activity that was cancelled before a worker had it, as Temporal writes them.
const NOT_STARTED: &str = "ACTIVITY_ID_NOT_STARTED";

impl Work<'_> {
    pub(super) fn request_cancel_activity(
        &mut self,
        command: &Command,
        it: &RequestCancelActivityTaskCommandAttributes,
    ) -> Result<(), BadCommand> {
        let scheduled_event_id = it.scheduled_event_id;
        if scheduled_event_id <= 0 {
            return Err(BadCommand::new(
                CAUSE,
                "ScheduledEventId is not set on RequestCancelActivityTaskCommand.",
            ));
        }
        let state = &self.draft.state;
        let is_valid = match state.activities.get(&scheduled_event_id) {
            Some(activity) => !activity.cancel_requested,
            // It ended while the worker was asking, or by an earlier command of the same completion; the request
            // is kept for the record.
            None => {
                ends_activity(&state.buffered, scheduled_event_id)
                    || ends_activity(&self.draft.events, scheduled_event_id)
                    || self.later.iter().any(|canceled| canceled.scheduled_event_id == scheduled_event_id)
            }
        };
        if !is_valid {
            return Err(BadCommand::new(
                CAUSE,
                format!(
                    "invalid history builder state for action: add-activitytask-cancel-requested-event, ScheduledEventID: {scheduled_event_id}"
                ),
            ));
        }
        let requested_event_id = self.write(
            command,
            ActivityTaskCancelRequestedEventAttributes {
                scheduled_event_id,
                workflow_task_completed_event_id: self.completed_event_id,
            },
        );
        let Some(activity) = self.draft.state.activities.get_mut(&scheduled_event_id) else { return Ok(()) };
        activity.cancel_requested = true;
        activity.cancel_requested_event_id = requested_event_id;
        if !activity.is_started() {
            let identity = self.input.identity.clone();
            let details = Some(text_payload(NOT_STARTED));
            let closed = self.draft.canceled_activity(scheduled_event_id, details, identity);
            // It is news, not a command: written after all that the worker asks for.
            self.later.extend(closed);
            self.result.cancelled_unstarted = true;
        }
        Ok(())
    }
}
