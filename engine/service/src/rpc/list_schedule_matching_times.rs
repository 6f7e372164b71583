//! `ListScheduleMatchingTimes`: when a schedule acts within a span.

use std::sync::Arc;

use engine_history::{nanos_to_timestamp, timestamp_to_nanos};
use engine_schedules::Spec;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ListScheduleMatchingTimesRequest, ListScheduleMatchingTimesResponse,
};
use tonic::Status;

use super::create_schedule::check_schedule_id;
use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;
use crate::status;

/// Instants in an answer; Temporal's number.
const TIMES_MAX: usize = 1_000;

pub(crate) async fn list_schedule_matching_times(
    service: &Arc<Service>,
    request: ListScheduleMatchingTimesRequest,
    _call: &Call,
) -> Result<ListScheduleMatchingTimesResponse, Status> {
    check_namespace(&request.namespace)?;
    check_schedule_id(&request.schedule_id)?;
    let state = service.schedule(&request.schedule_id).await?;
    if request.start_time.is_none() || request.end_time.is_none() {
        return Err(status::query_failed("a span of time needs both its ends", None));
    }
    let spec = state.schedule.and_then(|schedule| schedule.spec).unwrap_or_default();
    let spec = Spec::new(&spec).map_err(|error| Status::invalid_argument(error.to_string()))?;
    let mut after_ns = timestamp_to_nanos(request.start_time.as_ref());
    let end_ns = timestamp_to_nanos(request.end_time.as_ref());
    let mut start_time = Vec::new();
    while start_time.len() < TIMES_MAX
        && let Some(act) = spec.next(after_ns, &state.schedule_id)
        && act.due_ns <= end_ns
    {
        after_ns = act.nominal_ns;
        start_time.push(nanos_to_timestamp(act.due_ns));
    }
    Ok(ListScheduleMatchingTimesResponse { start_time })
}
