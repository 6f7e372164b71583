//! A run as lists show it.

use engine_history::{nanos_to_duration, nanos_to_timestamp};
use engine_store::{RunKey, Summary};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::{Memo, SearchAttributes, WorkflowExecution, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionInfo;

pub(crate) fn info(key: &RunKey, summary: &Summary) -> WorkflowExecutionInfo {
    let parent_execution = summary.parent_workflow_id.as_ref().map(|workflow_id| WorkflowExecution {
        workflow_id: workflow_id.clone(),
        run_id: summary.parent_run_id.clone().unwrap_or_default(),
    });
    let execution = WorkflowExecution { workflow_id: key.workflow_id.clone(), run_id: key.run_id.clone() };
    WorkflowExecutionInfo {
        execution: Some(execution.clone()),
        r#type: Some(WorkflowType { name: summary.workflow_type.clone() }),
        start_time: Some(nanos_to_timestamp(summary.start_time)),
        close_time: summary.close_time.map(nanos_to_timestamp),
        status: summary.status,
        // Of open runs it would be old as soon as it is read.
        history_length: summary.close_time.map_or(0, |_| summary.history_length),
        history_size_bytes: summary.history_bytes,
        parent_namespace_id: if parent_execution.is_some() {
            engine_history::DEFAULT_NAMESPACE_ID.to_owned()
        } else {
            String::new()
        },
        // The root of a child is known to the run only.
        root_execution: parent_execution.is_none().then(|| execution.clone()),
        parent_execution,
        execution_time: Some(nanos_to_timestamp(summary.execution_time)),
        memo: Some(Memo::decode(summary.memo.as_slice()).unwrap_or_default()),
        search_attributes: Some(
            SearchAttributes::decode(summary.search_attributes.as_slice()).unwrap_or_default(),
        ),
        task_queue: summary.task_queue.clone(),
        execution_duration: summary
            .close_time
            .map(|close_ns| nanos_to_duration(close_ns.saturating_sub(summary.execution_time).max(0))),
        ..WorkflowExecutionInfo::default()
    }
}

/// A status as filters and counts write it.
pub(crate) fn status_name(status: WorkflowExecutionStatus) -> &'static str {
    match status {
        WorkflowExecutionStatus::Unspecified => "Unspecified",
        WorkflowExecutionStatus::Running => "Running",
        WorkflowExecutionStatus::Completed => "Completed",
        WorkflowExecutionStatus::Failed => "Failed",
        WorkflowExecutionStatus::Canceled => "Canceled",
        WorkflowExecutionStatus::Terminated => "Terminated",
        WorkflowExecutionStatus::ContinuedAsNew => "ContinuedAsNew",
        WorkflowExecutionStatus::TimedOut => "TimedOut",
        WorkflowExecutionStatus::Paused => "Paused",
    }
}
