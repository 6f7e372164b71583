//! `RespondQueryTaskCompleted`: a worker's answer to a query that was a task of its own.

use std::sync::Arc;

use temporalio_protos::temporal::api::enums::v1::QueryResultType;
use temporalio_protos::temporal::api::query::v1::WorkflowQueryResult;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse,
};
use tonic::Status;

use super::request::{check_payloads, check_token_namespace};
use crate::call::Call;
use crate::service::Service;
use crate::status;
use crate::token::TaskToken;

pub(crate) async fn respond_query_task_completed(
    service: &Arc<Service>,
    request: RespondQueryTaskCompletedRequest,
    _call: &Call,
) -> Result<RespondQueryTaskCompletedResponse, Status> {
    check_token_namespace(&request.namespace)?;
    let token = TaskToken::read(&request.task_token)?;
    if token.query_id.is_empty() {
        return Err(Status::invalid_argument("Invalid TaskToken."));
    }
    let too_large = check_payloads(request.query_result.as_ref(), "query result").is_err();
    let result = if too_large {
        WorkflowQueryResult {
            result_type: QueryResultType::Failed as i32,
            error_message: "query result size exceeds limit".to_owned(),
            ..WorkflowQueryResult::default()
        }
    } else {
        WorkflowQueryResult {
            result_type: request.completed_type,
            answer: request.query_result,
            error_message: request.error_message,
            failure: request.failure,
        }
    };
    if !service.queries.answer(&token.query_id, result) {
        return Err(status::not_found("query task not found, or already expired"));
    }
    Ok(RespondQueryTaskCompletedResponse {})
}
