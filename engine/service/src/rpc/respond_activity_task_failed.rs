//! `RespondActivityTaskFailed`, by token or by the activity's id.

use std::sync::Arc;

use engine_history::limits::PAYLOAD_BYTES_MAX;
use engine_history::{ActivityKey, Input};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::Payloads;
use temporalio_protos::temporal::api::failure::v1::{Failure, ServerFailureInfo, failure::FailureInfo};
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse,
    RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, check_token_namespace};
use crate::call::Call;
use crate::service::Service;
use crate::token::TaskToken;

pub(crate) async fn respond_activity_task_failed(
    service: &Arc<Service>,
    request: RespondActivityTaskFailedRequest,
    _call: &Call,
) -> Result<RespondActivityTaskFailedResponse, Status> {
    check_token_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let token = TaskToken::read(&request.task_token)?;
    let is_application =
        |failure: &Failure| matches!(failure.failure_info, Some(FailureInfo::ApplicationFailureInfo(_)));
    if request.failure.as_ref().is_some_and(|failure| !is_application(failure)) {
        return Err(Status::invalid_argument("Failure must have ApplicationFailureInfo."));
    }
    let input = failure(token.activity(), request.failure, request.identity, request.last_heartbeat_details);
    service.answer_activity(&token.run_id, input).await?;
    Ok(RespondActivityTaskFailedResponse::default())
}

pub(crate) async fn respond_activity_task_failed_by_id(
    service: &Arc<Service>,
    request: RespondActivityTaskFailedByIdRequest,
    _call: &Call,
) -> Result<RespondActivityTaskFailedByIdResponse, Status> {
    check_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let (run_id, key) =
        service.activity_by_id(&request.workflow_id, &request.run_id, &request.activity_id).await?;
    // Of any kind, other than an answer by token, which SDKs make.
    let input = failure(key, request.failure, request.identity, request.last_heartbeat_details);
    service.answer_activity(&run_id, input).await?;
    Ok(RespondActivityTaskFailedByIdResponse::default())
}

/// What an answer beyond the limit becomes: the activity fails for good, as another attempt would bring the
/// same.
pub(super) fn too_large(key: ActivityKey, what: &str, identity: String) -> Input {
    let failure = Failure {
        message: what.to_owned(),
        failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo { non_retryable: true })),
        ..Failure::default()
    };
    Input::FailActivity { key, failure: Some(failure), identity, heartbeat_details: None }
}

fn failure(
    key: ActivityKey,
    failure: Option<Failure>,
    identity: String,
    heartbeat_details: Option<Payloads>,
) -> Input {
    let failure = match failure {
        Some(failure) if failure.encoded_len() > PAYLOAD_BYTES_MAX => Some(Failure {
            message: "Failure exceeds size limit.".to_owned(),
            failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo { non_retryable: true })),
            ..Failure::default()
        }),
        failure => failure,
    };
    let heartbeat_details = heartbeat_details.filter(|details| details.encoded_len() <= PAYLOAD_BYTES_MAX);
    Input::FailActivity { key, failure, identity, heartbeat_details }
}
