//! `DescribeSchedule`.

use std::sync::Arc;

use engine_history::nanos_to_timestamp;
use engine_schedules::ScheduleState;
use prost::Message;
use temporalio_protos::temporal::api::schedule::v1::ScheduleInfo;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeScheduleRequest, DescribeScheduleResponse,
};
use tonic::Status;

use super::create_schedule::check_schedule_id;
use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn describe_schedule(
    service: &Arc<Service>,
    request: DescribeScheduleRequest,
    _call: &Call,
) -> Result<DescribeScheduleResponse, Status> {
    check_namespace(&request.namespace)?;
    check_schedule_id(&request.schedule_id)?;
    let state = service.schedule(&request.schedule_id).await?;
    Ok(DescribeScheduleResponse {
        info: Some(info(&state, service.now_ns())),
        conflict_token: state.conflict_token.to_be_bytes().to_vec(),
        schedule: state.schedule,
        memo: state.memo,
        search_attributes: state.search_attributes,
    })
}

/// What the schedule has done and will do.
pub(super) fn info(state: &ScheduleState, now_ns: i64) -> ScheduleInfo {
    ScheduleInfo {
        future_action_times: state
            .future_acts(now_ns)
            .into_iter()
            .map(|act| nanos_to_timestamp(act.due_ns))
            .collect(),
        state_size_bytes: i64::try_from(state.encoded_len()).unwrap_or(i64::MAX),
        ..state.info.clone().unwrap_or_default()
    }
}
