//! `DescribeTaskQueue`: who polls it and how much waits.

#![expect(deprecated, reason = "the command line and the web page still ask for the older status")]

use std::sync::Arc;

use engine_history::nanos_to_timestamp;
use temporalio_protos::temporal::api::enums::v1::{DescribeTaskQueueMode, TaskQueueType};
use temporalio_protos::temporal::api::taskqueue::v1::{
    PollerInfo, TaskQueueStats, TaskQueueStatus, TaskQueueTypeInfo, TaskQueueVersionInfo,
};
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
    let queue = checked_queue(request.task_queue.clone())?;
    if request.api_mode == DescribeTaskQueueMode::Enhanced as i32 {
        return Ok(by_type(service, &queue.name, &request));
    }
    let kind = match TaskQueueType::try_from(request.task_queue_type).unwrap_or_default() {
        TaskQueueType::Activity => Kind::Activity,
        TaskQueueType::Workflow | TaskQueueType::Unspecified => Kind::Workflow,
        TaskQueueType::Nexus => {
            return Err(Status::invalid_argument("task queue type is not supported by this engine"));
        }
    };
    let key = QueueKey { kind, name: queue.name };
    let backlog = backlog(service, &key);
    Ok(DescribeTaskQueueResponse {
        pollers: pollers(service, &key),
        stats: request
            .report_stats
            .then(|| TaskQueueStats { approximate_backlog_count: backlog, ..TaskQueueStats::default() }),
        task_queue_status: request
            .include_task_queue_status
            .then(|| TaskQueueStatus { backlog_count_hint: backlog, ..TaskQueueStatus::default() }),
        ..DescribeTaskQueueResponse::default()
    })
}

/// What the command line asks for: pollers and counts of several types at once. There are no versions, so it
/// is all of the unversioned worker, whose build id is empty.
fn by_type(service: &Service, name: &str, request: &DescribeTaskQueueRequest) -> DescribeTaskQueueResponse {
    let is_asked = |kind: TaskQueueType| {
        request.task_queue_types.is_empty() || request.task_queue_types.contains(&(kind as i32))
    };
    let kinds = [(TaskQueueType::Workflow, Kind::Workflow), (TaskQueueType::Activity, Kind::Activity)];
    let types_info = kinds.into_iter().filter(|(kind, _)| is_asked(*kind)).map(|(number, kind)| {
        let key = QueueKey { kind, name: name.to_owned() };
        let stats = || TaskQueueStats {
            approximate_backlog_count: backlog(service, &key),
            ..TaskQueueStats::default()
        };
        let info = TaskQueueTypeInfo {
            pollers: if request.report_pollers { pollers(service, &key) } else { Vec::new() },
            stats: request.report_stats.then(stats),
        };
        (number as i32, info)
    });
    let info = TaskQueueVersionInfo { types_info: types_info.collect(), ..TaskQueueVersionInfo::default() };
    DescribeTaskQueueResponse {
        versions_info: [(String::new(), info)].into(),
        ..DescribeTaskQueueResponse::default()
    }
}

fn pollers(service: &Service, key: &QueueKey) -> Vec<PollerInfo> {
    let pollers = service.matching.pollers(key).into_iter().map(|poller| PollerInfo {
        last_access_time: Some(nanos_to_timestamp(poller.at_ns)),
        identity: poller.identity,
        ..PollerInfo::default()
    });
    pollers.collect()
}

fn backlog(service: &Service, key: &QueueKey) -> i64 {
    i64::try_from(service.matching.backlog(key)).unwrap_or(i64::MAX)
}
