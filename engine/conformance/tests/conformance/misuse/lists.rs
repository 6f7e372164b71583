//! Sound requests of those who look around.

use anyhow::Result;
use prost_wkt_types::Timestamp;
use temporalio_protos::temporal::api::filter::v1::{
    StartTimeFilter, StatusFilter, WorkflowExecutionFilter, WorkflowTypeFilter,
};
use temporalio_protos::temporal::api::operatorservice::v1::ListSearchAttributesRequest;
use temporalio_protos::temporal::api::workflowservice::v1::*;

use super::Sound;
use super::place::Place;

fn times() -> Option<StartTimeFilter> {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    Some(StartTimeFilter { earliest_time: at(1_700_000_000), latest_time: at(1_900_000_000) })
}

pub(super) async fn runs(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&ListWorkflowExecutionsRequest {
        namespace: at.s.namespace(),
        page_size: 10,
        query: format!("WorkflowId = '{}'", at.workflow_id()),
        next_page_token: Vec::new(),
    }))
}

pub(super) async fn open_runs(at: &Place<'_>) -> Result<Sound> {
    let filter = WorkflowExecutionFilter { workflow_id: at.workflow_id(), run_id: String::new() };
    Ok(Sound::of(&ListOpenWorkflowExecutionsRequest {
        namespace: at.s.namespace(),
        maximum_page_size: 10,
        start_time_filter: times(),
        filters: Some(list_open_workflow_executions_request::Filters::ExecutionFilter(filter)),
        ..ListOpenWorkflowExecutionsRequest::default()
    }))
}

pub(super) async fn open_runs_by_type(at: &Place<'_>) -> Result<Sound> {
    let filter = WorkflowTypeFilter { name: at.name("type") };
    Ok(Sound::of(&ListOpenWorkflowExecutionsRequest {
        namespace: at.s.namespace(),
        start_time_filter: times(),
        filters: Some(list_open_workflow_executions_request::Filters::TypeFilter(filter)),
        ..ListOpenWorkflowExecutionsRequest::default()
    }))
}

pub(super) async fn closed_runs(at: &Place<'_>) -> Result<Sound> {
    let filter = StatusFilter { status: 2 };
    Ok(Sound::of(&ListClosedWorkflowExecutionsRequest {
        namespace: at.s.namespace(),
        maximum_page_size: 10,
        start_time_filter: times(),
        filters: Some(list_closed_workflow_executions_request::Filters::StatusFilter(filter)),
        ..ListClosedWorkflowExecutionsRequest::default()
    }))
}

pub(super) async fn count(at: &Place<'_>) -> Result<Sound> {
    let query = format!("WorkflowId = '{}' GROUP BY ExecutionStatus", at.workflow_id());
    Ok(Sound::of(&CountWorkflowExecutionsRequest { namespace: at.s.namespace(), query }))
}

pub(super) async fn task_queue(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&DescribeTaskQueueRequest {
        namespace: at.s.namespace(),
        task_queue: at.queue(),
        task_queue_type: 1,
        report_stats: true,
        ..DescribeTaskQueueRequest::default()
    }))
}

pub(super) async fn partitions(at: &Place<'_>) -> Result<Sound> {
    let (namespace, task_queue) = (at.s.namespace(), at.queue());
    Ok(Sound::of(&ListTaskQueuePartitionsRequest { namespace, task_queue }))
}

pub(super) async fn namespace(at: &Place<'_>) -> Result<Sound> {
    let namespace = at.s.namespace();
    Ok(Sound::of(&DescribeNamespaceRequest { namespace, ..DescribeNamespaceRequest::default() }))
}

pub(super) async fn namespaces(_: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&ListNamespacesRequest { page_size: 10, ..ListNamespacesRequest::default() }))
}

pub(super) async fn nothing(_: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&GetSystemInfoRequest::default()))
}

pub(super) async fn registered_attributes(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&ListSearchAttributesRequest { namespace: at.s.namespace() }))
}
