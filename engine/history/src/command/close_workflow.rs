//! `CompleteWorkflowExecution`, `FailWorkflowExecution` and `CancelWorkflowExecution`.

use prost::Message as _;

use super::{Work, check_bytes, check_payloads, with_metadata};
use crate::failure::BadCommand;
use crate::proto::{Command, RetryState, WorkflowTaskFailedCause};
use crate::transition::continue_as_new::Chain;
use temporalio_protos::temporal::api::command::v1::{
    CancelWorkflowExecutionCommandAttributes, CompleteWorkflowExecutionCommandAttributes,
    FailWorkflowExecutionCommandAttributes,
};
use temporalio_protos::temporal::api::history::v1::{
    WorkflowExecutionCanceledEventAttributes, WorkflowExecutionCompletedEventAttributes,
    WorkflowExecutionFailedEventAttributes,
};

impl Work<'_> {
    pub(super) fn complete_workflow(
        &mut self,
        command: &Command,
        it: CompleteWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        self.refuse_close_with_news()?;
        // Temporal's cause, odd as it is.
        let cause = WorkflowTaskFailedCause::BadScheduleActivityAttributes;
        check_payloads(it.result.as_ref(), "CompleteWorkflowExecutionCommandAttributes.Result", cause)?;
        let attributes = WorkflowExecutionCompletedEventAttributes {
            result: it.result,
            workflow_task_completed_event_id: self.completed_event_id,
            ..WorkflowExecutionCompletedEventAttributes::default()
        };
        self.draft.close(with_metadata(command, attributes.into()));
        Ok(())
    }

    pub(super) fn fail_workflow(
        &mut self,
        command: &Command,
        it: FailWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        self.refuse_close_with_news()?;
        let cause = WorkflowTaskFailedCause::BadFailWorkflowExecutionAttributes;
        let Some(failure) = it.failure else {
            return Err(BadCommand::new(cause, "Failure is not set on FailWorkflowExecutionCommand."));
        };
        check_bytes(failure.encoded_len(), "FailWorkflowExecutionCommandAttributes.Failure", cause)?;
        let retry = self.draft.workflow_retry_delay(Some(&failure));
        let next = match (&retry, &self.input.began_with) {
            (Ok(delay_ns), Some(began_with)) => Some((*delay_ns, (**began_with).clone())),
            _ => None,
        };
        let retry_state = match (&retry, &next) {
            (Ok(_), Some(_)) => RetryState::InProgress,
            (Ok(_), None) => RetryState::RetryPolicyNotSet,
            (Err(retry_state), _) => *retry_state,
        };
        let new_execution_run_id =
            if next.is_some() { self.input.successor_run_id.clone() } else { String::new() };
        self.draft.state.successor_run_id.clone_from(&new_execution_run_id);
        let attributes = WorkflowExecutionFailedEventAttributes {
            failure: Some(failure.clone()),
            retry_state: retry_state as i32,
            workflow_task_completed_event_id: self.completed_event_id,
            new_execution_run_id,
        };
        self.draft.close(with_metadata(command, attributes.into()));
        if let Some((delay_ns, began_with)) = next {
            let chain = Chain { run_id: &self.input.successor_run_id, delay_ns };
            self.draft.retry_run(began_with, chain, Some(failure));
        }
        Ok(())
    }

    pub(super) fn cancel_workflow(
        &mut self,
        command: &Command,
        it: CancelWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        self.refuse_close_with_news()?;
        let attributes = WorkflowExecutionCanceledEventAttributes {
            workflow_task_completed_event_id: self.completed_event_id,
            details: it.details,
        };
        self.draft.close(with_metadata(command, attributes.into()));
        Ok(())
    }
}
