//! `PollWorkflowExecutionUpdate`: waits for an update that was sent before.

use std::sync::Arc;

use engine_history::limits::ID_BYTES_MAX;
use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::update::v1::UpdateRef;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse,
};
use tonic::Status;

use super::request::{check_namespace, checked_execution};
use super::update_workflow_execution::wanted_stage;
use crate::call::Call;
use crate::service::Service;
use crate::status;
use crate::tasks::execution;

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
    if update_id.len() > ID_BYTES_MAX {
        // Too long for a status, too.
        return Err(status::not_found("update not found: UpdateId length exceeds limit."));
    }
    let run_id = service.resolve(&named).await?;
    let mut news = service.updates.watch(&run_id, &update_id);
    let state = service.state_or_status(&run_id).await?;
    if !state.updates.contains_key(&update_id) {
        return Err(status::not_found(&format!("update \"{update_id}\" not found")));
    }
    let wanted = match &request.wait_policy {
        // Without a policy the client only asks.
        None => Stage::Unspecified,
        policy => wanted_stage(policy.as_ref())?,
    };
    let until = service.update_deadline(wanted, call);
    let reached = service.wait_for_update(&state, &update_id, &mut news, wanted, until).await?;
    Ok(PollWorkflowExecutionUpdateResponse {
        outcome: reached.outcome,
        stage: reached.stage as i32,
        update_ref: Some(UpdateRef { workflow_execution: Some(execution(&state)), update_id }),
    })
}
