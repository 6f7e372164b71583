//! `DescribeTaskQueue`: who polls it and how much waits.

#![expect(deprecated, reason = "the command line and the web page still ask for the older status")]

use std::sync::Arc;

use engine_history::nanos_to_timestamp;
use temporalio_protos::temporal::api::enums::v1::TaskQueueType;
use temporalio_protos::temporal::api::taskqueue::v1::{PollerInfo, TaskQueueStats, TaskQueueStatus};
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeTaskQueueRequest, DescribeTaskQueueResponse,
};
use tonic::Status;

use super::request::{check_namespace, checked_queue};
use crate::call::Call;
use crate::matching::{Kind, QueueKey};
use crate::service::Service;

pub(crate) async fn describe_task_queue(
    service: &Arc<Service>,
    request: DescribeTaskQueueRequest,
    _call: &Call,
) -> Result<DescribeTaskQueueResponse, Status> {
    check_namespace(&request.namespace)?;
    let queue = checked_queue(request.task_queue)?;
    let kind = match TaskQueueType::try_from(request.task_queue_type) {
        Ok(TaskQueueType::Activity) => Kind::Activity,
        Ok(TaskQueueType::Workflow | TaskQueueType::Unspecified) => Kind::Workflow,
        Ok(TaskQueueType::Nexus) | Err(_) => {
            return Err(Status::invalid_argument("task queue type is not supported by this engine"));
        }
    };
    let key = QueueKey { kind, name: queue.name };
    let pollers = service
        .matching
        .pollers(&key)
        .into_iter()
        .map(|poller| PollerInfo {
            last_access_time: Some(nanos_to_timestamp(poller.at_ns)),
            identity: poller.identity,
            ..PollerInfo::default()
        })
        .collect();
    let backlog = i64::try_from(service.matching.backlog(&key)).unwrap_or(i64::MAX);
    Ok(DescribeTaskQueueResponse {
        pollers,
        stats: request
            .report_stats
            .then(|| TaskQueueStats { approximate_backlog_count: backlog, ..TaskQueueStats::default() }),
        task_queue_status: request
            .include_task_queue_status
            .then(|| TaskQueueStatus { backlog_count_hint: backlog, ..TaskQueueStatus::default() }),
        ..DescribeTaskQueueResponse::default()
    })
}
