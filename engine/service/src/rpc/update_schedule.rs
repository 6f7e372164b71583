//! `UpdateSchedule`: another schedule takes the place of one.

use std::sync::Arc;

use engine_schedules::{Input, Refusal};
use temporalio_protos::temporal::api::workflowservice::v1::{UpdateScheduleRequest, UpdateScheduleResponse};
use tonic::Status;

use super::create_schedule::{check_schedule_id, checked_schedule};
use super::request::{check_length, check_namespace};
use crate::call::Call;
use crate::schedules::Unchanged;
use crate::service::Service;

pub(crate) async fn update_schedule(
    service: &Arc<Service>,
    request: UpdateScheduleRequest,
    _call: &Call,
) -> Result<UpdateScheduleResponse, Status> {
    check_namespace(&request.namespace)?;
    check_schedule_id(&request.schedule_id)?;
    check_length("RequestId", &request.request_id)?;
    let schedule = checked_schedule(service, request.schedule).await?;
    let search_attributes = service.checked_attributes(request.search_attributes).await?;
    let conflict_token = match request.conflict_token.as_slice() {
        [] => None,
        bytes => Some(token(bytes)?),
    };
    let id = service.schedule(&request.schedule_id).await?.id;
    let input = Input::Update {
        schedule: Box::new(schedule),
        conflict_token,
        memo: request.memo,
        search_attributes,
        request_id: request.request_id,
    };
    match service.schedule_step(&id, input).await {
        Ok(_) | Err(Unchanged::Refused(Refusal::Repeated)) => Ok(UpdateScheduleResponse {}),
        Err(unchanged) => Err(unchanged.into_status()),
    }
}

fn token(bytes: &[u8]) -> Result<i64, Status> {
    let bytes = bytes.try_into().map_err(|_| Status::invalid_argument("Invalid conflict token."))?;
    Ok(i64::from_be_bytes(bytes))
}
