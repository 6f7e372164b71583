//! `UpsertWorkflowSearchAttributes`.

use super::Work;
use crate::failure::BadCommand;
use crate::proto::{Command, SearchAttributes, WorkflowTaskFailedCause};
use crate::search_attributes;
use temporalio_protos::temporal::api::command::v1::UpsertWorkflowSearchAttributesCommandAttributes;
use temporalio_protos::temporal::api::history::v1::UpsertWorkflowSearchAttributesEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadSearchAttributes;

impl Work<'_> {
    pub(super) fn upsert_search_attributes(
        &mut self,
        command: &Command,
        it: UpsertWorkflowSearchAttributesCommandAttributes,
    ) -> Result<(), BadCommand> {
        let Some(upserted) = it.search_attributes else {
            let message = "SearchAttributes is not set on UpsertWorkflowSearchAttributesCommand.";
            return Err(BadCommand::new(CAUSE, message));
        };
        if upserted.indexed_fields.is_empty() {
            let message = "IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.";
            return Err(BadCommand::new(CAUSE, message));
        }
        let upserted = self.known_attributes(upserted, |bad| bad.to_string())?;
        let merged = merge(self.draft.state.search_attributes.as_ref(), &upserted);
        search_attributes::check_size(&merged)
            .map_err(|bad| BadCommand::terminating(CAUSE, bad.to_string()))?;
        self.draft.state.search_attributes = Some(merged);
        self.write(
            command,
            UpsertWorkflowSearchAttributesEventAttributes {
                workflow_task_completed_event_id: self.completed_event_id,
                search_attributes: Some(upserted),
            },
        );
        Ok(())
    }
}

/// A value without data takes its key away.
fn merge(before: Option<&SearchAttributes>, upserted: &SearchAttributes) -> SearchAttributes {
    let mut merged = before.cloned().unwrap_or_default();
    for (key, value) in &upserted.indexed_fields {
        if super::is_nothing(value) {
            merged.indexed_fields.remove(key);
        } else {
            merged.indexed_fields.insert(key.clone(), value.clone());
        }
    }
    merged
}
