//! `TerminateWorkflowExecution`.

use std::sync::Arc;

use engine_history::Input;
use temporalio_protos::temporal::api::workflowservice::v1::{
    TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{check_namespace, check_payloads, checked_execution};
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn terminate_workflow_execution(
    service: &Arc<Service>,
    request: TerminateWorkflowExecutionRequest,
    _call: &Call,
) -> Result<TerminateWorkflowExecutionResponse, Status> {
    let execution = checked_execution(request.workflow_execution)?;
    check_namespace(&request.namespace)?;
    check_payloads(request.details.as_ref(), "details")?;
    let run_id = service.resolve_in_chain(execution, &request.first_execution_run_id).await?;
    let input =
        Input::Terminate { reason: request.reason, details: request.details, identity: request.identity };
    service.transition(&run_id, input).await.map_err(|undone| undone.into_status(&run_id))?;
    Ok(TerminateWorkflowExecutionResponse {})
}
