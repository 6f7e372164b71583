//! `RecordActivityTaskHeartbeat`, by token or by the activity's id.

use std::sync::Arc;

use engine_history::limits::PAYLOAD_BYTES_MAX;
use engine_history::{ActivityKey, Answer, Input};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::Payloads;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
    RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
};
use tonic::Status;

use super::request::{check_namespace, check_token_namespace};
use super::respond_activity_task_failed::too_large;
use crate::call::Call;
use crate::service::Service;
use crate::token::TaskToken;

pub(crate) async fn record_activity_task_heartbeat(
    service: &Arc<Service>,
    request: RecordActivityTaskHeartbeatRequest,
    _call: &Call,
) -> Result<RecordActivityTaskHeartbeatResponse, Status> {
    check_token_namespace(&request.namespace)?;
    let token = TaskToken::read(&request.task_token)?;
    let cancel_requested =
        service.heartbeat(&token.run_id, token.activity(), request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatResponse {
        cancel_requested,
        ..RecordActivityTaskHeartbeatResponse::default()
    })
}

pub(crate) async fn record_activity_task_heartbeat_by_id(
    service: &Arc<Service>,
    request: RecordActivityTaskHeartbeatByIdRequest,
    _call: &Call,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Status> {
    check_namespace(&request.namespace)?;
    let (run_id, key) =
        service.activity_by_id(&request.workflow_id, &request.run_id, &request.activity_id).await?;
    let cancel_requested = service.heartbeat(&run_id, key, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatByIdResponse {
        cancel_requested,
        ..RecordActivityTaskHeartbeatByIdResponse::default()
    })
}

impl Service {
    /// Takes a heartbeat; says whether the activity is asked to stop.
    async fn heartbeat(
        self: &Arc<Self>,
        run_id: &str,
        key: ActivityKey,
        details: Option<Payloads>,
        identity: String,
    ) -> Result<bool, Status> {
        if details.as_ref().map_or(0, Payloads::encoded_len) > PAYLOAD_BYTES_MAX {
            let failed = too_large(key, "Heartbeat details exceed size limit.", identity);
            self.answer_activity(run_id, failed).await?;
            return Ok(true);
        }
        let done = self.answer_activity(run_id, Input::HeartbeatActivity { key, details }).await?;
        Ok(matches!(done.answer, Answer::Heartbeat { cancel_requested: true }))
    }
}
