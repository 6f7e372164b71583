//! What became of signals and cancel requests to other runs.

use crate::draft::Draft;
use crate::input::ExternalOutcome;
use crate::proto::Attributes;
use crate::refusal::Refusal;
use temporalio_protos::temporal::api::enums::v1::{
    CancelExternalWorkflowExecutionFailedCause as CancelCause,
    SignalExternalWorkflowExecutionFailedCause as SignalCause,
};
use temporalio_protos::temporal::api::history::v1::{
    ExternalWorkflowExecutionCancelRequestedEventAttributes,
    ExternalWorkflowExecutionSignaledEventAttributes,
    RequestCancelExternalWorkflowExecutionFailedEventAttributes,
    SignalExternalWorkflowExecutionFailedEventAttributes,
};

impl Draft {
    pub(crate) fn external_signal_done(
        &mut self,
        initiated_event_id: i64,
        outcome: ExternalOutcome,
    ) -> Result<(), Refusal> {
        let pending = self.state.external_signals.remove(&initiated_event_id).ok_or(Refusal::Repeated)?;
        let initiated = pending.signal.unwrap_or_default();
        let namespace = self.state.namespace.clone();
        let failed = |cause: SignalCause| -> Attributes {
            SignalExternalWorkflowExecutionFailedEventAttributes {
                cause: cause as i32,
                namespace: namespace.clone(),
                namespace_id: initiated.namespace_id.clone(),
                workflow_execution: initiated.workflow_execution.clone(),
                initiated_event_id,
                control: initiated.control.clone(),
                // Temporal leaves it open here.
                workflow_task_completed_event_id: 0,
            }
            .into()
        };
        let attributes = match outcome {
            ExternalOutcome::Delivered => ExternalWorkflowExecutionSignaledEventAttributes {
                initiated_event_id,
                namespace: namespace.clone(),
                namespace_id: initiated.namespace_id,
                workflow_execution: initiated.workflow_execution,
                control: initiated.control,
            }
            .into(),
            ExternalOutcome::NotFound => failed(SignalCause::ExternalWorkflowExecutionNotFound),
            ExternalOutcome::NamespaceNotFound => failed(SignalCause::NamespaceNotFound),
            ExternalOutcome::LimitReached => failed(SignalCause::SignalCountLimitExceeded),
        };
        self.write(attributes);
        self.wake();
        Ok(())
    }

    pub(crate) fn external_cancel_done(
        &mut self,
        initiated_event_id: i64,
        outcome: ExternalOutcome,
    ) -> Result<(), Refusal> {
        let pending = self.state.external_cancels.remove(&initiated_event_id).ok_or(Refusal::Repeated)?;
        let initiated = pending.cancel.unwrap_or_default();
        let namespace = self.state.namespace.clone();
        let failed = |cause: CancelCause| -> Attributes {
            RequestCancelExternalWorkflowExecutionFailedEventAttributes {
                cause: cause as i32,
                namespace: namespace.clone(),
                namespace_id: initiated.namespace_id.clone(),
                workflow_execution: initiated.workflow_execution.clone(),
                initiated_event_id,
                control: initiated.control.clone(),
                // Temporal leaves it open here.
                workflow_task_completed_event_id: 0,
            }
            .into()
        };
        let attributes = match outcome {
            ExternalOutcome::Delivered => ExternalWorkflowExecutionCancelRequestedEventAttributes {
                initiated_event_id,
                namespace: namespace.clone(),
                namespace_id: initiated.namespace_id,
                workflow_execution: initiated.workflow_execution,
            }
            .into(),
            ExternalOutcome::NotFound | ExternalOutcome::LimitReached => {
                failed(CancelCause::ExternalWorkflowExecutionNotFound)
            }
            ExternalOutcome::NamespaceNotFound => failed(CancelCause::NamespaceNotFound),
        };
        self.write(attributes);
        self.wake();
        Ok(())
    }
}
