//! `RespondActivityTaskCanceled`, by token or by the activity's id.

use std::sync::Arc;

use engine_history::limits::PAYLOAD_BYTES_MAX;
use engine_history::{ActivityKey, Input};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::Payloads;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse,
    RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, check_token_namespace};
use super::respond_activity_task_failed::too_large;
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
    let token = TaskToken::read(&request.task_token)?;
    let input = cancellation(token.activity(), request.details, request.identity);
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
    let (run_id, key) =
        service.activity_by_id(&request.workflow_id, &request.run_id, &request.activity_id).await?;
    service.answer_activity(&run_id, cancellation(key, request.details, request.identity)).await?;
    Ok(RespondActivityTaskCanceledByIdResponse {})
}

fn cancellation(key: ActivityKey, details: Option<Payloads>, identity: String) -> Input {
    if details.as_ref().map_or(0, Payloads::encoded_len) > PAYLOAD_BYTES_MAX {
        return too_large(key, "Cancel details exceed size limit.", identity);
    }
    Input::CancelActivity { key, details, identity }
}
