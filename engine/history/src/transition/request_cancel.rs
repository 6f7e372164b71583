//! Somebody asks a run to stop. The workflow decides what it does about it.

use crate::draft::Draft;
use crate::proto::WorkflowExecution;
use crate::refusal::Refusal;
use temporalio_protos::temporal::api::history::v1::WorkflowExecutionCancelRequestedEventAttributes;

/// A request to stop.
pub(crate) struct CancelRequest {
    pub(crate) reason: String,
    pub(crate) identity: String,
    pub(crate) request_id: String,
    pub(crate) sender: Option<WorkflowExecution>,
    pub(crate) sender_initiated_event_id: i64,
    pub(crate) child_only: bool,
}

impl Draft {
    pub(crate) fn request_cancel(&mut self, request: CancelRequest) -> Result<(), Refusal> {
        if request.child_only {
            self.state.check_parent(request.sender.as_ref())?;
        }
        if self.state.cancel_requested {
            return Err(Refusal::Repeated);
        }
        self.state.cancel_requested = true;
        self.state.cancel_request_id = request.request_id;
        self.write(WorkflowExecutionCancelRequestedEventAttributes {
            cause: request.reason,
            external_initiated_event_id: request.sender_initiated_event_id,
            external_workflow_execution: request.sender,
            identity: request.identity,
        });
        // A request to stop doesn't wait for the start's delay.
        self.offer_workflow_task();
        Ok(())
    }
}
