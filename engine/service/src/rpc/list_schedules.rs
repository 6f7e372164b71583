//! `ListSchedules` and `CountSchedules`.

use std::sync::Arc;

use engine_schedules::ScheduleState;
use engine_store::{ListQuery, PAGE_MAX, PageToken};
use temporalio_protos::temporal::api::schedule::v1::{ScheduleListEntry, ScheduleListInfo};
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountSchedulesRequest, CountSchedulesResponse, ListSchedulesRequest, ListSchedulesResponse,
};
use tonic::Status;

use super::describe_schedule::info;
use super::request::check_namespace;
use crate::call::Call;
use crate::schedules;
use crate::service::Service;
use crate::status;

/// Schedules on a page: each is read on its own.
const SCHEDULES_PER_PAGE_MAX: usize = 100;

pub(crate) async fn list_schedules(
    service: &Arc<Service>,
    request: ListSchedulesRequest,
    _call: &Call,
) -> Result<ListSchedulesResponse, Status> {
    check_namespace(&request.namespace)?;
    let condition = service.condition(&request.query).await?;
    let limit = match usize::try_from(request.maximum_page_size) {
        Ok(0) | Err(_) => SCHEDULES_PER_PAGE_MAX,
        Ok(size) => size.min(SCHEDULES_PER_PAGE_MAX),
    };
    let page = match request.next_page_token.as_slice() {
        [] => None,
        bytes => {
            let token = PageToken::from_bytes(bytes);
            Some(token.ok_or_else(|| Status::invalid_argument("Invalid NextPageToken."))?)
        }
    };
    let namespace = schedules::NAMESPACE.to_owned();
    let query = ListQuery { namespace, filters: condition.filters.clone(), page, limit };
    let found = service.store.list(&query).await.map_err(|error| status::unread(&error))?;
    let mut entries = Vec::new();
    for row in found.runs.iter().filter(|row| condition.holds(&row.key, &row.summary)) {
        // One that was deleted meanwhile is left out.
        if let Ok((state, _)) = service.load_schedule(&row.key.run_id).await {
            entries.push(entry(state, service.now_ns()));
        }
    }
    Ok(ListSchedulesResponse {
        schedules: entries,
        next_page_token: found.next.map(|token| token.to_bytes().to_vec()).unwrap_or_default(),
    })
}

pub(crate) async fn count_schedules(
    service: &Arc<Service>,
    request: CountSchedulesRequest,
    _call: &Call,
) -> Result<CountSchedulesResponse, Status> {
    check_namespace(&request.namespace)?;
    let condition = service.condition(&request.query).await?;
    let mut count = 0;
    let mut page = None;
    loop {
        let namespace = schedules::NAMESPACE.to_owned();
        let query = ListQuery { namespace, filters: condition.filters.clone(), page, limit: PAGE_MAX };
        let found = service.store.list(&query).await.map_err(|error| status::unread(&error))?;
        count += found.runs.iter().filter(|row| condition.holds(&row.key, &row.summary)).count();
        page = found.next;
        if page.is_none() {
            break;
        }
    }
    Ok(CountSchedulesResponse {
        count: i64::try_from(count).unwrap_or(i64::MAX),
        ..CountSchedulesResponse::default()
    })
}

fn entry(state: ScheduleState, now_ns: i64) -> ScheduleListEntry {
    let info = info(&state, now_ns);
    let workflow_type = state.start_workflow().and_then(|start| start.workflow_type.clone());
    let schedule = state.schedule.unwrap_or_default();
    let standing = schedule.state.unwrap_or_default();
    ScheduleListEntry {
        schedule_id: state.schedule_id,
        memo: state.memo,
        search_attributes: state.search_attributes,
        info: Some(ScheduleListInfo {
            spec: schedule.spec,
            workflow_type,
            notes: standing.notes,
            paused: standing.paused,
            recent_actions: info.recent_actions,
            future_action_times: info.future_action_times,
            state_size_bytes: info.state_size_bytes,
        }),
    }
}
