//! `PatchSchedule`: pause, unpause, trigger, backfill.

use std::sync::Arc;

use engine_schedules::{Input, Refusal};
use temporalio_protos::temporal::api::workflowservice::v1::{PatchScheduleRequest, PatchScheduleResponse};
use tonic::Status;

use super::create_schedule::check_schedule_id;
use super::request::{check_length, check_namespace};
use crate::call::Call;
use crate::schedules::Unchanged;
use crate::service::Service;

pub(crate) async fn patch_schedule(
    service: &Arc<Service>,
    request: PatchScheduleRequest,
    _call: &Call,
) -> Result<PatchScheduleResponse, Status> {
    check_namespace(&request.namespace)?;
    check_schedule_id(&request.schedule_id)?;
    check_length("RequestId", &request.request_id)?;
    let Some(patch) = request.patch else {
        return Err(Status::invalid_argument("Patch is not set on request."));
    };
    check_length("Notes", &patch.pause)?;
    check_length("Notes", &patch.unpause)?;
    let id = service.schedule(&request.schedule_id).await?.id;
    let input = Input::Patch { patch: Box::new(patch), request_id: request.request_id };
    match service.schedule_step(&id, input).await {
        Ok(_) | Err(Unchanged::Refused(Refusal::Repeated)) => Ok(PatchScheduleResponse {}),
        Err(unchanged) => Err(unchanged.into_status()),
    }
}
