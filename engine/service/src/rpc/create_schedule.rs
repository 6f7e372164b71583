//! `CreateSchedule`.

use std::sync::Arc;

use engine_history::limits::ID_BYTES_MAX;
use engine_schedules::ScheduleState;
use temporalio_protos::temporal::api::enums::v1::WorkflowIdReusePolicy;
use temporalio_protos::temporal::api::schedule::v1::Schedule;
use temporalio_protos::temporal::api::workflowservice::v1::{CreateScheduleRequest, CreateScheduleResponse};
use tonic::Status;

use super::request::{check_length, check_namespace, check_payloads, span};
use crate::call::Call;
use crate::service::Service;
use crate::status;

pub(crate) async fn create_schedule(
    service: &Arc<Service>,
    request: CreateScheduleRequest,
    _call: &Call,
) -> Result<CreateScheduleResponse, Status> {
    check_namespace(&request.namespace)?;
    check_is_set(&request.schedule_id)?;
    check_length("ScheduleId", &request.schedule_id)?;
    if request.request_id.is_empty() {
        return Err(Status::invalid_argument("RequestId is not set on request."));
    }
    check_length("RequestId", &request.request_id)?;
    let schedule = checked_schedule(service, request.schedule).await?;
    let search_attributes = service.checked_attributes(request.search_attributes).await?;
    let begin = ScheduleState {
        namespace: request.namespace,
        schedule_id: request.schedule_id,
        schedule: Some(schedule),
        memo: request.memo,
        search_attributes,
        create_request_id: request.request_id,
        ..ScheduleState::default()
    };
    let state = service.create_schedule(begin, request.initial_patch).await?;
    Ok(CreateScheduleResponse { conflict_token: state.conflict_token.to_be_bytes().to_vec() })
}

fn check_is_set(schedule_id: &str) -> Result<(), Status> {
    if schedule_id.is_empty() {
        return Err(Status::invalid_argument("ScheduleId is not set on request."));
    }
    Ok(())
}

/// The id in a request about a schedule that should be there.
pub(super) fn check_schedule_id(schedule_id: &str) -> Result<(), Status> {
    check_is_set(schedule_id)?;
    if schedule_id.len() > ID_BYTES_MAX {
        return Err(status::not_found("schedule not found"));
    }
    Ok(())
}

/// What can be said of a schedule before its rules look at it.
pub(super) async fn checked_schedule(
    service: &Service,
    schedule: Option<Schedule>,
) -> Result<Schedule, Status> {
    let Some(schedule) = schedule else {
        return Err(Status::invalid_argument("Schedule is not set on request."));
    };
    let state = ScheduleState { schedule: Some(schedule), ..ScheduleState::default() };
    if let Some(start) = state.start_workflow() {
        check_length("WorkflowId", &start.workflow_id)?;
        check_length("WorkflowType", start.workflow_type.as_ref().map_or("", |kind| &kind.name))?;
        check_length("TaskQueue", start.task_queue.as_ref().map_or("", |queue| &queue.name))?;
        check_payloads(start.input.as_ref(), "input")?;
        span("WorkflowExecutionTimeout", start.workflow_execution_timeout.as_ref())?;
        span("WorkflowRunTimeout", start.workflow_run_timeout.as_ref())?;
        span("WorkflowTaskTimeout", start.workflow_task_timeout.as_ref())?;
        if !matches!(
            WorkflowIdReusePolicy::try_from(start.workflow_id_reuse_policy),
            Ok(WorkflowIdReusePolicy::Unspecified | WorkflowIdReusePolicy::AllowDuplicate)
        ) {
            return Err(Status::invalid_argument(
                "Scheduled workflow must not contain WorkflowIdReusePolicy other than AllowDuplicate",
            ));
        }
        service.checked_attributes(start.search_attributes.clone()).await?;
    }
    Ok(state.schedule.unwrap_or_default())
}
