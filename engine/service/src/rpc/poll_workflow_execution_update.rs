//! `PollWorkflowExecutionUpdate`: waits for an update that was sent before.

use std::sync::Arc;
use std::time::Duration;

use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::update::v1::UpdateRef;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, checked_execution};
use super::update_workflow_execution::wanted_stage;
use crate::call::Call;
use crate::service::Service;
use crate::status;
use crate::tasks::execution;

/// How long a request waits before it says how far the update is; Temporal's number.
const WAIT_MAX: Duration = Duration::from_secs(20);

pub(crate) async fn poll_workflow_execution_update(
    service: &Arc<Service>,
    request: PollWorkflowExecutionUpdateRequest,
    call: &Call,
) -> Result<PollWorkflowExecutionUpdateResponse, Status> {
    let Some(UpdateRef { workflow_execution, update_id }) = request.update_ref else {
        return Err(Status::invalid_argument("UpdateRef is not set on request."));
    };
    let named = checked_execution(workflow_execution)?;
    check_namespace(&request.namespace)?;
    check_length("UpdateId", &update_id)?;
    let wanted = match &request.wait_policy {
        // Without a policy the client only asks.
        None => Stage::Unspecified,
        policy => wanted_stage(policy.as_ref())?,
    };
    let run_id = service.resolve(&named).await?;
    let mut news = service.updates.watch(&run_id, &update_id);
    let state = service.state_or_status(&run_id).await?;
    if !state.updates.contains_key(&update_id) {
        return Err(status::not_found(&format!("update \"{update_id}\" not found")));
    }
    let until = match wanted {
        Stage::Unspecified => tokio::time::Instant::now(),
        _ => call.until(WAIT_MAX.min(service.options.long_poll_max)),
    };
    let reached = service.wait_for_update(&state, &update_id, &mut news, wanted, until).await?;
    Ok(PollWorkflowExecutionUpdateResponse {
        outcome: reached.outcome,
        stage: reached.stage as i32,
        update_ref: Some(UpdateRef { workflow_execution: Some(execution(&state)), update_id }),
    })
}
