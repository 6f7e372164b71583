//! `ListWorkflowExecutions`, and the older requests for open and closed ones, which name what they filter.

use std::sync::Arc;

use engine_history::timestamp_to_nanos;
use prost_wkt_types::Timestamp;
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_protos::temporal::api::filter::v1::{
    StartTimeFilter, StatusFilter, WorkflowExecutionFilter, WorkflowTypeFilter,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    ListClosedWorkflowExecutionsRequest, ListClosedWorkflowExecutionsResponse,
    ListOpenWorkflowExecutionsRequest, ListOpenWorkflowExecutionsResponse, ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse, list_closed_workflow_executions_request::Filters as Closed,
    list_open_workflow_executions_request::Filters as Open,
};
use tonic::Status;

use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;
use crate::visibility::{Wanted, status_name};

pub(crate) async fn list_workflow_executions(
    service: &Arc<Service>,
    request: ListWorkflowExecutionsRequest,
    _call: &Call,
) -> Result<ListWorkflowExecutionsResponse, Status> {
    check_namespace(&request.namespace)?;
    let wanted = Wanted {
        namespace: &request.namespace,
        filter: &request.query,
        page_size: request.page_size,
        page_token: &request.next_page_token,
    };
    let listed = service.list_runs(wanted).await?;
    Ok(ListWorkflowExecutionsResponse {
        executions: listed.executions,
        next_page_token: listed.next_page_token,
    })
}

pub(crate) async fn list_open_workflow_executions(
    service: &Arc<Service>,
    request: ListOpenWorkflowExecutionsRequest,
    _call: &Call,
) -> Result<ListOpenWorkflowExecutionsResponse, Status> {
    check_namespace(&request.namespace)?;
    let mut filter = vec!["ExecutionStatus = 'Running'".to_owned()];
    filter.extend(time("StartTime", request.start_time_filter)?);
    filter.extend(match request.filters {
        Some(Open::ExecutionFilter(it)) => Some(by_id(&it)),
        Some(Open::TypeFilter(it)) => Some(by_type(&it)),
        None => None,
    });
    let wanted = Wanted {
        namespace: &request.namespace,
        filter: &filter.join(" AND "),
        page_size: request.maximum_page_size,
        page_token: &request.next_page_token,
    };
    let listed = service.list_runs(wanted).await?;
    Ok(ListOpenWorkflowExecutionsResponse {
        executions: listed.executions,
        next_page_token: listed.next_page_token,
    })
}

pub(crate) async fn list_closed_workflow_executions(
    service: &Arc<Service>,
    request: ListClosedWorkflowExecutionsRequest,
    _call: &Call,
) -> Result<ListClosedWorkflowExecutionsResponse, Status> {
    check_namespace(&request.namespace)?;
    let mut filter = vec!["ExecutionStatus != 'Running'".to_owned()];
    filter.extend(time("CloseTime", request.start_time_filter)?);
    filter.extend(match request.filters {
        Some(Closed::ExecutionFilter(it)) => Some(by_id(&it)),
        Some(Closed::TypeFilter(it)) => Some(by_type(&it)),
        Some(Closed::StatusFilter(it)) => Some(by_status(&it)?),
        None => None,
    });
    let wanted = Wanted {
        namespace: &request.namespace,
        filter: &filter.join(" AND "),
        page_size: request.maximum_page_size,
        page_token: &request.next_page_token,
    };
    let listed = service.list_runs(wanted).await?;
    Ok(ListClosedWorkflowExecutionsResponse {
        executions: listed.executions,
        next_page_token: listed.next_page_token,
    })
}

/// Comparisons with the ends that are given.
fn time(field: &str, range: Option<StartTimeFilter>) -> Result<Vec<String>, Status> {
    let StartTimeFilter { earliest_time, latest_time } = range.unwrap_or_default();
    // An instant without its seconds is 1970, not none.
    let nanos = |time: Option<Timestamp>| time.map(|time| timestamp_to_nanos(Some(&time)));
    let (earliest, latest) = (nanos(earliest_time), nanos(latest_time));
    if let (Some(earliest), Some(latest)) = (earliest, latest)
        && earliest > latest
    {
        return Err(Status::invalid_argument(
            "EarliestTime in StartTimeFilter should not be larger than LatestTime.",
        ));
    }
    let earliest = earliest.map(|it| format!("{field} >= {it}"));
    Ok(earliest.into_iter().chain(latest.map(|it| format!("{field} <= {it}"))).collect())
}

fn by_id(filter: &WorkflowExecutionFilter) -> String {
    format!("WorkflowId = {}", quoted(&filter.workflow_id))
}

fn by_type(filter: &WorkflowTypeFilter) -> String {
    format!("WorkflowType = {}", quoted(&filter.name))
}

fn by_status(filter: &StatusFilter) -> Result<String, Status> {
    match filter.status() {
        WorkflowExecutionStatus::Unspecified | WorkflowExecutionStatus::Running => {
            Err(Status::invalid_argument("StatusFilter must be specified and must be not Running."))
        }
        closed => Ok(format!("ExecutionStatus = '{}'", status_name(closed))),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
