//! `RequestCancelWorkflowExecution`.

use std::sync::Arc;

use engine_history::{Input, Refusal};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, checked_execution};
use crate::call::Call;
use crate::runs::Undone;
use crate::service::Service;

pub(crate) async fn request_cancel_workflow_execution(
    service: &Arc<Service>,
    request: RequestCancelWorkflowExecutionRequest,
    _call: &Call,
) -> Result<RequestCancelWorkflowExecutionResponse, Status> {
    let execution = checked_execution(request.workflow_execution)?;
    check_namespace(&request.namespace)?;
    check_length("RequestId", &request.request_id)?;
    let run_id = service.resolve_in_chain(execution, &request.first_execution_run_id).await?;
    let input = Input::RequestCancel {
        reason: request.reason,
        identity: request.identity,
        request_id: request.request_id,
        sender: None,
        sender_initiated_event_id: 0,
        child_only: false,
    };
    match service.transition(&run_id, input).await {
        // Who wants a run to end has what they want when it has ended.
        Ok(_) | Err(Undone::Refused(Refusal::Repeated | Refusal::RunClosed)) => {
            Ok(RequestCancelWorkflowExecutionResponse {})
        }
        Err(undone) => Err(undone.into_status(&run_id)),
    }
}

impl Service {
    /// The run that is to end: where a request names a chain by its first run, the one that the chain has come
    /// to, whichever run the request names beside it.
    pub(super) async fn resolve_in_chain(
        self: &Arc<Self>,
        mut execution: WorkflowExecution,
        first_run_id: &str,
    ) -> Result<String, Status> {
        if !first_run_id.is_empty() {
            execution.run_id.clear();
        }
        let run_id = self.resolve(&execution).await?;
        self.check_chain(&run_id, first_run_id, &execution.workflow_id).await?;
        Ok(run_id)
    }

    /// Whether the run belongs to the chain that a request names, if it names one.
    pub(super) async fn check_chain(
        self: &Arc<Self>,
        run_id: &str,
        first_run_id: &str,
        workflow_id: &str,
    ) -> Result<(), Status> {
        if first_run_id.is_empty() || self.state_or_status(run_id).await?.first_run_id == first_run_id {
            return Ok(());
        }
        Err(crate::status::no_such_workflow(workflow_id))
    }
}
