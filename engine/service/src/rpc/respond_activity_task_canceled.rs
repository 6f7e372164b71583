//! `RespondActivityTaskCanceled`, by token or by the activity's id.

use std::sync::Arc;

use engine_history::Input;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse,
    RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, check_payloads, check_token_namespace};
use crate::call::Call;
use crate::service::Service;
use crate::token::TaskToken;

pub(crate) async fn respond_activity_task_canceled(
    service: &Arc<Service>,
    request: RespondActivityTaskCanceledRequest,
    _call: &Call,
) -> Result<RespondActivityTaskCanceledResponse, Status> {
    check_token_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    check_payloads(request.details.as_ref(), "details")?;
    let token = TaskToken::read(&request.task_token)?;
    let input =
        Input::CancelActivity { key: token.activity(), details: request.details, identity: request.identity };
    service.answer_activity(&token.run_id, input).await?;
    Ok(RespondActivityTaskCanceledResponse {})
}

pub(crate) async fn respond_activity_task_canceled_by_id(
    service: &Arc<Service>,
    request: RespondActivityTaskCanceledByIdRequest,
    _call: &Call,
) -> Result<RespondActivityTaskCanceledByIdResponse, Status> {
    check_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    check_payloads(request.details.as_ref(), "details")?;
    let (run_id, key) =
        service.activity_by_id(&request.workflow_id, &request.run_id, &request.activity_id).await?;
    let input = Input::CancelActivity { key, details: request.details, identity: request.identity };
    service.answer_activity(&run_id, input).await?;
    Ok(RespondActivityTaskCanceledByIdResponse {})
}
