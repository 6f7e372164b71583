//! `RespondWorkflowTaskFailed`: a worker can't go on with a workflow task.

use std::collections::HashMap;
use std::sync::Arc;

use engine_history::Input;
use temporalio_protos::temporal::api::enums::v1::WorkflowTaskFailedCause;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse,
};
use tonic::Status;

use super::request::{check_length, check_token_namespace};
use crate::call::Call;
use crate::runs::Undone;
use crate::service::Service;
use crate::status;
use crate::token::TaskToken;

pub(crate) async fn respond_workflow_task_failed(
    service: &Arc<Service>,
    request: RespondWorkflowTaskFailedRequest,
    _call: &Call,
) -> Result<RespondWorkflowTaskFailedResponse, Status> {
    check_token_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let token = TaskToken::read(&request.task_token)?;
    // A cause that this engine does not know is none.
    let cause = WorkflowTaskFailedCause::try_from(request.cause).unwrap_or_default();
    let input = Input::FailWorkflowTask {
        key: token.workflow_task(),
        cause,
        failure: request.failure,
        identity: request.identity,
    };
    match service.transition(&token.run_id, input).await {
        Ok(done) => {
            let has_next = done.state.workflow_task.is_some();
            service.queries.settle(&token.run_id, HashMap::new(), has_next);
            Ok(RespondWorkflowTaskFailedResponse {})
        }
        Err(Undone::NoSuchRun) => Err(status::not_found("Workflow task not found.")),
        Err(undone) => Err(undone.into_status(&token.run_id)),
    }
}
