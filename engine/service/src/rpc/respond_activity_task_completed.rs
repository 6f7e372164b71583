//! `RespondActivityTaskCompleted`, by token or by the activity's id.

use std::sync::Arc;

use engine_history::limits::{ID_BYTES_MAX, PAYLOAD_BYTES_MAX};
use engine_history::{ActivityKey, Input};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::{Payloads, WorkflowExecution};
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse,
    RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, check_run_id, check_token_namespace};
use super::respond_activity_task_failed::too_large;
use crate::call::Call;
use crate::runs::{Done, Undone};
use crate::service::Service;
use crate::status;
use crate::token::TaskToken;

pub(crate) async fn respond_activity_task_completed(
    service: &Arc<Service>,
    request: RespondActivityTaskCompletedRequest,
    _call: &Call,
) -> Result<RespondActivityTaskCompletedResponse, Status> {
    check_token_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let token = TaskToken::read(&request.task_token)?;
    let input = completion(token.activity(), request.result, request.identity);
    service.answer_activity(&token.run_id, input).await?;
    Ok(RespondActivityTaskCompletedResponse {})
}

pub(crate) async fn respond_activity_task_completed_by_id(
    service: &Arc<Service>,
    request: RespondActivityTaskCompletedByIdRequest,
    _call: &Call,
) -> Result<RespondActivityTaskCompletedByIdResponse, Status> {
    check_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let (run_id, key) =
        service.activity_by_id(&request.workflow_id, &request.run_id, &request.activity_id).await?;
    service.answer_activity(&run_id, completion(key, request.result, request.identity)).await?;
    Ok(RespondActivityTaskCompletedByIdResponse {})
}

fn completion(key: ActivityKey, result: Option<Payloads>, identity: String) -> Input {
    if result.as_ref().map_or(0, Payloads::encoded_len) <= PAYLOAD_BYTES_MAX {
        return Input::CompleteActivity { key, result, identity };
    }
    too_large(key, "Complete result exceeds size limit.", identity)
}

impl Service {
    /// Takes a worker's answer to an activity.
    pub(super) async fn answer_activity(
        self: &Arc<Self>,
        run_id: &str,
        input: Input,
    ) -> Result<Done, Status> {
        self.transition(run_id, input).await.map_err(|undone| match undone {
            Undone::NoSuchRun => status::refused(&engine_history::Refusal::ActivityNotFound),
            undone => undone.into_status(run_id),
        })
    }

    /// The run and key of an activity that is answered by its id.
    pub(super) async fn activity_by_id(
        self: &Arc<Self>,
        workflow_id: &str,
        run_id: &str,
        activity_id: &str,
    ) -> Result<(String, ActivityKey), Status> {
        check_run_id(run_id)?;
        if workflow_id.is_empty() || workflow_id.len() > ID_BYTES_MAX {
            return Err(status::not_found("workflow not found for the activity"));
        }
        if activity_id.is_empty() {
            return Err(Status::invalid_argument("ActivityId is not set on request."));
        }
        let execution = WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: run_id.to_owned() };
        Ok((self.resolve(&execution).await?, ActivityKey::Id(activity_id.to_owned())))
    }
}
