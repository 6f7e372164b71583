//! `RecordMarker`: local activities, patches and side effects leave one.

use prost::Message as _;

use super::{Work, check_bytes, check_length};
use crate::failure::BadCommand;
use crate::proto::{Command, WorkflowTaskFailedCause};
use temporalio_protos::temporal::api::command::v1::RecordMarkerCommandAttributes;
use temporalio_protos::temporal::api::history::v1::MarkerRecordedEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadRecordMarkerAttributes;

impl Work<'_> {
    pub(super) fn record_marker(
        &mut self,
        command: &Command,
        it: RecordMarkerCommandAttributes,
    ) -> Result<(), BadCommand> {
        if it.marker_name.is_empty() {
            return Err(BadCommand::new(CAUSE, "MarkerName is not set on RecordMarkerCommand."));
        }
        check_length("MarkerName", &it.marker_name, "RecordMarkerCommand", CAUSE)?;
        let bytes = it.details.iter().map(|(key, value)| key.len() + value.encoded_len()).sum();
        check_bytes(bytes, "RecordMarkerCommandAttributes.Details", CAUSE)?;
        self.write(
            command,
            MarkerRecordedEventAttributes {
                marker_name: it.marker_name,
                details: it.details,
                workflow_task_completed_event_id: self.completed_event_id,
                header: it.header,
                failure: it.failure,
            },
        );
        Ok(())
    }
}
