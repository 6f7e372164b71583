//! `RequestCancelExternalWorkflowExecution`.

use super::{Work, check_length, check_namespace, namespace_id};
use crate::derived_id::derived_id;
use crate::effect::Effect;
use crate::failure::BadCommand;
use crate::limits::PENDING_CANCELS_MAX;
use crate::proto::{Command, WorkflowExecution, WorkflowTaskFailedCause};
use crate::state::PendingExternal;
use temporalio_protos::temporal::api::command::v1::RequestCancelExternalWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::history::v1::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes;

const CAUSE: WorkflowTaskFailedCause =
    WorkflowTaskFailedCause::BadRequestCancelExternalWorkflowExecutionAttributes;
const NAME: &str = "RequestCancelExternalWorkflowExecutionCommand";

impl Work<'_> {
    pub(super) fn cancel_external(
        &mut self,
        command: &Command,
        it: RequestCancelExternalWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        check_namespace(&self.draft.state.namespace, &it.namespace, CAUSE)?;
        if it.workflow_id.is_empty() {
            return Err(BadCommand::new(CAUSE, format!("WorkflowId is not set on {NAME}.")));
        }
        check_length("WorkflowId", &it.workflow_id, NAME, CAUSE)?;
        if self.new_children.contains(&it.workflow_id) {
            return Err(BadCommand::new(
                CAUSE,
                format!(
                    "Start and RequestCancel for child workflow is not allowed in same workflow task. WorkflowId={}",
                    it.workflow_id
                ),
            ));
        }
        if self.draft.state.external_cancels.len() >= PENDING_CANCELS_MAX {
            return Err(BadCommand::new(
                WorkflowTaskFailedCause::PendingRequestCancelLimitExceeded,
                format!(
                    "the number of pending requests to cancel external workflows, {PENDING_CANCELS_MAX}, has reached the per-workflow limit of {PENDING_CANCELS_MAX}"
                ),
            ));
        }
        let initiated = RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: self.completed_event_id,
            namespace: it.namespace,
            namespace_id: namespace_id(&self.draft.state.namespace),
            workflow_execution: Some(WorkflowExecution { workflow_id: it.workflow_id, run_id: it.run_id }),
            control: it.control,
            child_workflow_only: it.child_workflow_only,
            reason: it.reason,
        };
        let initiated_event_id = self.write(command, initiated.clone());
        let pending = PendingExternal {
            signal: None,
            cancel: Some(initiated),
            request_id: derived_id(&self.draft.state.run_id, initiated_event_id.unsigned_abs()),
        };
        self.draft.state.external_cancels.insert(initiated_event_id, pending);
        self.draft.effects.push(Effect::CrossRun);
        Ok(())
    }
}
