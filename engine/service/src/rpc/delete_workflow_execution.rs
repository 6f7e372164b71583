//! `DeleteWorkflowExecution`: an open run is ended first.

use std::sync::Arc;

use engine_history::Input;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{check_namespace, checked_execution};
use crate::call::Call;
use crate::runs::Undone;
use crate::service::Service;
use crate::status;

/// Why an open run is ended, as Temporal puts it.
const REASON: &str = "Delete workflow execution";

pub(crate) async fn delete_workflow_execution(
    service: &Arc<Service>,
    request: DeleteWorkflowExecutionRequest,
    _call: &Call,
) -> Result<DeleteWorkflowExecutionResponse, Status> {
    let execution = checked_execution(request.workflow_execution)?;
    check_namespace(&request.namespace)?;
    let run_id = service.resolve(&execution).await?;
    let end =
        Input::Terminate { reason: REASON.to_owned(), details: None, identity: "history-service".to_owned() };
    match service.transition(&run_id, end).await {
        // Refused: it has closed already.
        Ok(_) | Err(Undone::Refused(_)) => {}
        Err(undone) => return Err(undone.into_status(&run_id)),
    }
    service.forget(&run_id).await.map_err(|error| status::uncommitted(&error))?;
    Ok(DeleteWorkflowExecutionResponse {})
}
