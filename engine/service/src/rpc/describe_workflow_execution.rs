//! `DescribeWorkflowExecution`: a run with what is pending in it.

use std::collections::HashMap;
use std::sync::Arc;

use engine_history::{PendingActivity, RunState, WorkflowTask, nanos_to_duration, nanos_to_timestamp};
use temporalio_protos::temporal::api::activity::v1::ActivityOptions;
use temporalio_protos::temporal::api::enums::v1::{
    EventType, PendingActivityState, PendingWorkflowTaskState, TaskQueueKind,
};
use temporalio_protos::temporal::api::history::v1::ActivityTaskScheduledEventAttributes;
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflow::v1::{
    PendingActivityInfo, PendingChildExecutionInfo, PendingWorkflowTaskInfo, RequestIdInfo,
    WorkflowExecutionConfig, WorkflowExecutionExtendedInfo,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{check_namespace, checked_execution};
use crate::call::Call;
use crate::service::Service;
use crate::tasks::activity_type;
use crate::visibility::info;
use crate::{status, summary};

pub(crate) async fn describe_workflow_execution(
    service: &Arc<Service>,
    request: DescribeWorkflowExecutionRequest,
    _call: &Call,
) -> Result<DescribeWorkflowExecutionResponse, Status> {
    check_namespace(&request.namespace)?;
    let execution = checked_execution(request.execution)?;
    let run_id = service.resolve(&execution).await?;
    let _reader = service.read_along(&run_id).await?;
    let state = service.state_or_status(&run_id).await?;
    if state.workflow_id != execution.workflow_id {
        return Err(status::no_such_workflow(&execution.workflow_id));
    }
    let mut description = description(&state);
    service.shown_attributes(description.workflow_execution_info.iter_mut()).await?;
    Ok(description)
}

fn description(state: &RunState) -> DescribeWorkflowExecutionResponse {
    let mut info = info(&summary::key(state), &summary::summary(state));
    info.history_length = state.last_event_id;
    info.first_run_id.clone_from(&state.first_run_id);
    info.root_execution = state.root.clone().or_else(|| info.execution.clone());
    info.priority.clone_from(&state.priority);
    DescribeWorkflowExecutionResponse {
        execution_config: Some(config(state)),
        workflow_execution_info: Some(info),
        pending_activities: state
            .activities
            .values()
            .chain(&state.left_activities)
            .map(activity_info)
            .collect(),
        pending_children: state
            .children
            .iter()
            .chain(&state.left_children)
            .filter(|(_, child)| !child.run_id.is_empty())
            .map(|(initiated, child)| {
                let it = child.initiated.as_ref();
                PendingChildExecutionInfo {
                    workflow_id: it.map(|it| it.workflow_id.clone()).unwrap_or_default(),
                    run_id: child.run_id.clone(),
                    workflow_type_name: it
                        .and_then(|it| it.workflow_type.as_ref())
                        .map(|kind| kind.name.clone())
                        .unwrap_or_default(),
                    initiated_id: *initiated,
                    parent_close_policy: it.map_or(0, |it| it.parent_close_policy),
                }
            })
            .collect(),
        pending_workflow_task: state.workflow_task.as_ref().map(task_info),
        workflow_extended_info: Some(WorkflowExecutionExtendedInfo {
            execution_expiration_time: stamp(state.execution_expires_ns),
            run_expiration_time: stamp(state.run_expires_ns),
            cancel_requested: state.cancel_requested,
            original_start_time: stamp(state.start_ns),
            request_id_infos: request_ids(state),
            ..WorkflowExecutionExtendedInfo::default()
        }),
        ..DescribeWorkflowExecutionResponse::default()
    }
}

/// An instant; `None` for never.
fn stamp(unix_ns: i64) -> Option<prost_wkt_types::Timestamp> {
    (unix_ns > 0).then(|| nanos_to_timestamp(unix_ns))
}

fn config(state: &RunState) -> WorkflowExecutionConfig {
    WorkflowExecutionConfig {
        task_queue: Some(TaskQueue {
            name: state.task_queue.clone(),
            kind: TaskQueueKind::Normal as i32,
            normal_name: String::new(),
        }),
        // As in the run's first event: what nobody set is not there, but for runs that went on and children.
        workflow_execution_timeout: Some(state.execution_timeout_ns)
            .filter(|ns| *ns > 0)
            .map(nanos_to_duration),
        workflow_run_timeout: Some(state.run_timeout_ns)
            .filter(|ns| *ns > 0 || state.first_run_id != state.run_id || state.parent.is_some())
            .map(nanos_to_duration),
        default_workflow_task_timeout: Some(nanos_to_duration(state.task_timeout_ns)),
        user_metadata: state.user_metadata.clone().or_else(|| Some(UserMetadata::default())),
    }
}

/// The requests that made the run, or were answered with it, by the event that shows it.
fn request_ids(state: &RunState) -> HashMap<String, RequestIdInfo> {
    let started = RequestIdInfo {
        event_type: EventType::WorkflowExecutionStarted as i32,
        event_id: 1,
        buffered: false,
    };
    let attached = state.start_links.iter().map(|link| {
        let event_type = EventType::WorkflowExecutionOptionsUpdated as i32;
        (link.request_id.clone(), RequestIdInfo { event_type, ..RequestIdInfo::default() })
    });
    attached.chain([(state.start_request_id.clone(), started)]).collect()
}

fn activity_options(it: &ActivityTaskScheduledEventAttributes) -> ActivityOptions {
    ActivityOptions {
        task_queue: it.task_queue.as_ref().map(|queue| TaskQueue {
            name: queue.name.clone(),
            normal_name: queue.name.clone(),
            ..TaskQueue::default()
        }),
        schedule_to_close_timeout: it.schedule_to_close_timeout,
        schedule_to_start_timeout: it.schedule_to_start_timeout,
        start_to_close_timeout: it.start_to_close_timeout,
        heartbeat_timeout: it.heartbeat_timeout,
        retry_policy: it.retry_policy.clone(),
        priority: it.priority.clone(),
        ..ActivityOptions::default()
    }
}

fn activity_info(activity: &PendingActivity) -> PendingActivityInfo {
    let state = match (activity.is_started(), activity.cancel_requested) {
        (true, true) => PendingActivityState::CancelRequested,
        (true, false) => PendingActivityState::Started,
        (false, _) => PendingActivityState::Scheduled,
    };
    let scheduled = activity.scheduled.as_ref();
    PendingActivityInfo {
        activity_id: activity.activity_id().to_owned(),
        activity_type: activity_type(activity),
        state: state as i32,
        heartbeat_details: activity.heartbeat_details.clone(),
        last_heartbeat_time: stamp(activity.heartbeat_ns),
        last_started_time: stamp(activity.started_ns),
        attempt: activity.attempt,
        maximum_attempts: scheduled
            .and_then(|it| it.retry_policy.as_ref())
            .map_or(0, |it| it.maximum_attempts),
        scheduled_time: stamp(activity.scheduled_ns),
        expiration_time: stamp(activity.expires_ns()),
        last_failure: activity.last_failure.clone(),
        last_worker_identity: activity.last_worker.clone(),
        last_attempt_complete_time: stamp(activity.last_attempt_ns),
        next_attempt_schedule_time: if activity.backs_off { stamp(activity.scheduled_ns) } else { None },
        priority: scheduled.and_then(|it| it.priority.clone()),
        activity_options: scheduled.map(activity_options),
        ..PendingActivityInfo::default()
    }
}

fn task_info(task: &WorkflowTask) -> PendingWorkflowTaskInfo {
    let state = if task.is_started() {
        PendingWorkflowTaskState::Started
    } else {
        PendingWorkflowTaskState::Scheduled
    };
    PendingWorkflowTaskInfo {
        state: state as i32,
        scheduled_time: stamp(task.scheduled_ns),
        original_scheduled_time: stamp(task.original_scheduled_ns),
        started_time: stamp(task.started_ns),
        attempt: task.attempt,
    }
}
