//! `SignalExternalWorkflowExecution`.

use super::{Work, check_length, check_namespace, check_payloads, namespace_id};
use crate::derived_id::derived_id;
use crate::effect::Effect;
use crate::failure::BadCommand;
use crate::limits::PENDING_SIGNALS_MAX;
use crate::proto::{Command, WorkflowTaskFailedCause};
use crate::state::PendingExternal;
use temporalio_protos::temporal::api::command::v1::SignalExternalWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::history::v1::SignalExternalWorkflowExecutionInitiatedEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadSignalWorkflowExecutionAttributes;
const NAME: &str = "SignalExternalWorkflowExecutionCommand";

impl Work<'_> {
    pub(super) fn signal_external(
        &mut self,
        command: &Command,
        it: SignalExternalWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        let Some(execution) = it.execution else {
            return Err(BadCommand::new(CAUSE, format!("Execution is not set on {NAME}.")));
        };
        check_namespace(&self.draft.state.namespace, &it.namespace, CAUSE)?;
        if execution.workflow_id.is_empty() {
            return Err(BadCommand::new(CAUSE, format!("WorkflowId is not set on {NAME}.")));
        }
        check_length("WorkflowId", &execution.workflow_id, NAME, CAUSE)?;
        if it.signal_name.is_empty() {
            let message = format!(
                "SignalName is not set on {NAME}. WorkflowId={} Namespace={} RunId={}",
                execution.workflow_id, it.namespace, execution.run_id
            );
            return Err(BadCommand::new(CAUSE, message));
        }
        if self.draft.state.external_signals.len() >= PENDING_SIGNALS_MAX {
            return Err(BadCommand::new(
                WorkflowTaskFailedCause::PendingSignalsLimitExceeded,
                format!(
                    "the number of pending signals to external workflows, {PENDING_SIGNALS_MAX}, has reached the per-workflow limit of {PENDING_SIGNALS_MAX}"
                ),
            ));
        }
        let what = "SignalExternalWorkflowExecutionCommandAttributes.Input";
        check_payloads(it.input.as_ref(), what, CAUSE)?;
        let initiated = SignalExternalWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: self.completed_event_id,
            namespace: it.namespace,
            namespace_id: namespace_id(&self.draft.state.namespace),
            workflow_execution: Some(execution),
            signal_name: it.signal_name,
            input: it.input,
            control: it.control,
            child_workflow_only: it.child_workflow_only,
            header: it.header,
        };
        let initiated_event_id = self.write(command, initiated.clone());
        let pending = PendingExternal {
            signal: Some(initiated),
            cancel: None,
            request_id: derived_id(&self.draft.state.run_id, initiated_event_id.unsigned_abs()),
        };
        self.draft.state.external_signals.insert(initiated_event_id, pending);
        self.draft.effects.push(Effect::CrossRun);
        Ok(())
    }
}
