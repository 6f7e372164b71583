//! `ModifyWorkflowProperties`: the memo.

use prost::Message as _;

use super::Work;
use crate::failure::BadCommand;
use crate::limits::MEMO_BYTES_MAX;
use crate::proto::{Command, Memo, WorkflowTaskFailedCause};
use temporalio_protos::temporal::api::command::v1::ModifyWorkflowPropertiesCommandAttributes;
use temporalio_protos::temporal::api::history::v1::WorkflowPropertiesModifiedEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadModifyWorkflowPropertiesAttributes;

impl Work<'_> {
    pub(super) fn modify_properties(
        &mut self,
        command: &Command,
        it: ModifyWorkflowPropertiesCommandAttributes,
    ) -> Result<(), BadCommand> {
        let Some(upserted) = it.upserted_memo else {
            let message = "UpsertedMemo is not set on ModifyWorkflowPropertiesCommand.";
            return Err(BadCommand::new(CAUSE, message));
        };
        if upserted.fields.is_empty() {
            let message = "UpsertedMemo.Fields is not set on ModifyWorkflowPropertiesCommand.";
            return Err(BadCommand::new(CAUSE, message));
        }
        let merged = merge(self.draft.state.memo.as_ref(), &upserted);
        if merged.encoded_len() > MEMO_BYTES_MAX {
            let message = "ModifyWorkflowPropertiesCommandAttributes. Memo exceeds size limit.";
            return Err(BadCommand::terminating(CAUSE, message));
        }
        self.draft.state.memo = Some(merged);
        self.write(
            command,
            WorkflowPropertiesModifiedEventAttributes {
                workflow_task_completed_event_id: self.completed_event_id,
                upserted_memo: Some(upserted),
            },
        );
        Ok(())
    }
}

/// A value without data takes its key away.
fn merge(before: Option<&Memo>, upserted: &Memo) -> Memo {
    let mut merged = before.cloned().unwrap_or_default();
    for (key, value) in &upserted.fields {
        if super::is_nothing(value) {
            merged.fields.remove(key);
        } else {
            merged.fields.insert(key.clone(), value.clone());
        }
    }
    merged
}
