//! Sound requests, to be damaged.

use prost::Message;
use temporalio_protos::temporal::api::command::v1::{
    Command, CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
    StartChildWorkflowExecutionCommandAttributes, StartTimerCommandAttributes, command::Attributes,
};
use temporalio_protos::temporal::api::common::v1::{
    ActivityType, Memo, Payload, Payloads, RetryPolicy, SearchAttributes, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::enums::v1::CommandType;
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::schedule::v1::{
    BackfillRequest, CalendarSpec, IntervalSpec, Schedule, ScheduleAction, SchedulePatch, SchedulePolicies,
    ScheduleSpec, TriggerImmediatelyRequest, schedule_action,
};
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::update::v1::{Input, Meta, Request, UpdateRef};
use temporalio_protos::temporal::api::workflow::v1::NewWorkflowExecutionInfo;
use temporalio_protos::temporal::api::workflowservice::v1::*;

const DISPATCHER: &str = include_str!("../../src/dispatch.rs");

/// Every RPC that the dispatcher knows, and some that it doesn't.
pub(crate) fn names() -> Vec<&'static str> {
    let arms = DISPATCHER.lines().map(str::trim).filter(|line| line.starts_with('"'));
    let names = arms.filter_map(|line| line.strip_prefix('"')?.split_once("\" =>"));
    names.map(|(name, _)| name).chain(["ResetWorkflowExecution", ""]).collect()
}

pub(crate) fn start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "known".to_owned(),
        workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
        task_queue: Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() }),
        request_id: "request".to_owned(),
        ..StartWorkflowExecutionRequest::default()
    }
}

/// One of each kind.
pub(crate) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let namespace = || "default".to_owned();
    let execution = || Some(WorkflowExecution { workflow_id: "known".to_owned(), run_id: String::new() });
    let queue = || Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() });
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "1".to_owned(),
        activity_type: Some(ActivityType { name: "Activity".to_owned() }),
        start_to_close_timeout: Some(prost_wkt_types::Duration { seconds: 1, nanos: 0 }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let command = Command {
        command_type: CommandType::ScheduleActivityTask as i32,
        attributes: Some(Attributes::ScheduleActivityTaskCommandAttributes(activity)),
        ..Command::default()
    };
    vec![
        ("StartWorkflowExecution", start().encode_to_vec()),
        (
            "PollWorkflowTaskQueue",
            PollWorkflowTaskQueueRequest {
                namespace: namespace(),
                task_queue: queue(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "RespondWorkflowTaskCompleted",
            RespondWorkflowTaskCompletedRequest {
                task_token: vec![10, 3, b'r', b'u', b'n', 16, 2, 24, 3, 32, 1],
                commands: vec![command],
                namespace: namespace(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "SignalWorkflowExecution",
            SignalWorkflowExecutionRequest {
                namespace: namespace(),
                workflow_execution: execution(),
                signal_name: "signal".to_owned(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "QueryWorkflow",
            QueryWorkflowRequest {
                namespace: namespace(),
                execution: execution(),
                query: Some(WorkflowQuery { query_type: "query".to_owned(), ..Default::default() }),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "UpdateWorkflowExecution",
            UpdateWorkflowExecutionRequest {
                namespace: namespace(),
                workflow_execution: execution(),
                request: Some(Request {
                    meta: Some(Meta { update_id: "u".to_owned(), identity: String::new() }),
                    input: Some(Input { name: "update".to_owned(), ..Default::default() }),
                    ..Default::default()
                }),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "PollWorkflowExecutionUpdate",
            PollWorkflowExecutionUpdateRequest {
                namespace: namespace(),
                update_ref: Some(UpdateRef { workflow_execution: execution(), update_id: "u".to_owned() }),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "GetWorkflowExecutionHistory",
            GetWorkflowExecutionHistoryRequest {
                namespace: namespace(),
                execution: execution(),
                wait_new_event: true,
                next_page_token: vec![10, 1, b'r', 16, 1],
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "ListWorkflowExecutions",
            ListWorkflowExecutionsRequest {
                namespace: namespace(),
                query: "WorkflowType = 'Type' AND StartTime > '2026-01-01T00:00:00Z'".to_owned(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("CreateSchedule", create_schedule().encode_to_vec()),
        ("UpdateSchedule", update_schedule().encode_to_vec()),
        ("PatchSchedule", patch_schedule().encode_to_vec()),
        (
            "ListScheduleMatchingTimes",
            ListScheduleMatchingTimesRequest {
                namespace: namespace(),
                schedule_id: "schedule".to_owned(),
                start_time: Some(prost_wkt_types::Timestamp { seconds: 1_800_000_000, nanos: 0 }),
                end_time: Some(prost_wkt_types::Timestamp { seconds: 1_800_900_000, nanos: 0 }),
            }
            .encode_to_vec(),
        ),
        (
            "CountWorkflowExecutions",
            CountWorkflowExecutionsRequest {
                namespace: namespace(),
                query: "NOT (A = 1 OR B IN ('x', 2.5)) GROUP BY ExecutionStatus".to_owned(),
            }
            .encode_to_vec(),
        ),
        (
            "SignalWithStartWorkflowExecution",
            SignalWithStartWorkflowExecutionRequest {
                namespace: namespace(),
                workflow_id: "known".to_owned(),
                workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
                task_queue: queue(),
                signal_name: "signal".to_owned(),
                retry_policy: Some(RetryPolicy { maximum_attempts: 3, ..RetryPolicy::default() }),
                workflow_start_delay: Some(prost_wkt_types::Duration { seconds: 1, nanos: 0 }),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("RespondActivityTaskFailedById", failed_by_id().encode_to_vec()),
    ]
}

/// A start with everything that it may have.
pub(crate) fn full_start() -> StartWorkflowExecutionRequest {
    let value = || Payload { data: b"1".to_vec(), ..Payload::default() };
    let user = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: b"\"user\"".to_vec(),
        ..Payload::default()
    };
    StartWorkflowExecutionRequest {
        input: Some(Payloads { payloads: vec![value()] }),
        workflow_execution_timeout: Some(prost_wkt_types::Duration { seconds: 60, nanos: 1 }),
        workflow_run_timeout: Some(prost_wkt_types::Duration { seconds: 60, nanos: 0 }),
        workflow_task_timeout: Some(prost_wkt_types::Duration { seconds: 5, nanos: 0 }),
        retry_policy: Some(RetryPolicy { backoff_coefficient: 2.0, ..RetryPolicy::default() }),
        memo: Some(Memo { fields: [("m".to_owned(), value())].into() }),
        search_attributes: Some(SearchAttributes {
            indexed_fields: [("BatcherUser".to_owned(), user)].into(),
        }),
        workflow_id_reuse_policy: 1,
        workflow_id_conflict_policy: 1,
        ..start()
    }
}

/// Commands of several kinds, to a token that is to be put in.
pub(crate) fn commands() -> Vec<Command> {
    let second = Some(prost_wkt_types::Duration { seconds: 1, nanos: 0 });
    let of = |kind: CommandType, attributes| Command {
        command_type: kind as i32,
        attributes: Some(attributes),
        ..Command::default()
    };
    let timer = StartTimerCommandAttributes { timer_id: "t".to_owned(), start_to_fire_timeout: second };
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "a".to_owned(),
        activity_type: Some(ActivityType { name: "Activity".to_owned() }),
        start_to_close_timeout: second,
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let child = StartChildWorkflowExecutionCommandAttributes {
        workflow_id: "child".to_owned(),
        workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
        ..StartChildWorkflowExecutionCommandAttributes::default()
    };
    let end = CompleteWorkflowExecutionCommandAttributes::default();
    vec![
        of(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(timer)),
        of(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(activity)),
        of(
            CommandType::StartChildWorkflowExecution,
            Attributes::StartChildWorkflowExecutionCommandAttributes(child),
        ),
        of(
            CommandType::CompleteWorkflowExecution,
            Attributes::CompleteWorkflowExecutionCommandAttributes(end),
        ),
    ]
}

fn schedule() -> Schedule {
    Schedule {
        spec: Some(ScheduleSpec {
            calendar: vec![CalendarSpec { hour: "1-5/2".to_owned(), ..CalendarSpec::default() }],
            interval: vec![IntervalSpec {
                interval: Some(prost_wkt_types::Duration { seconds: 3_600, nanos: 0 }),
                phase: None,
            }],
            cron_string: vec!["0 12 * * MON-FRI".to_owned()],
            timezone_name: "Europe/Berlin".to_owned(),
            jitter: Some(prost_wkt_types::Duration { seconds: 1, nanos: 0 }),
            ..ScheduleSpec::default()
        }),
        action: Some(ScheduleAction {
            action: Some(schedule_action::Action::StartWorkflow(NewWorkflowExecutionInfo {
                workflow_id: "scheduled".to_owned(),
                workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
                task_queue: Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() }),
                ..NewWorkflowExecutionInfo::default()
            })),
        }),
        policies: Some(SchedulePolicies { overlap_policy: 2, ..SchedulePolicies::default() }),
        ..Schedule::default()
    }
}

fn create_schedule() -> CreateScheduleRequest {
    CreateScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: "schedule".to_owned(),
        schedule: Some(schedule()),
        request_id: "request".to_owned(),
        ..CreateScheduleRequest::default()
    }
}

fn update_schedule() -> UpdateScheduleRequest {
    UpdateScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: "schedule".to_owned(),
        schedule: Some(schedule()),
        ..UpdateScheduleRequest::default()
    }
}

fn patch_schedule() -> PatchScheduleRequest {
    let at = |seconds| Some(prost_wkt_types::Timestamp { seconds, nanos: 0 });
    PatchScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: "schedule".to_owned(),
        patch: Some(SchedulePatch {
            trigger_immediately: Some(TriggerImmediatelyRequest::default()),
            backfill_request: vec![BackfillRequest {
                start_time: at(1_700_000_000),
                end_time: at(1_700_009_000),
                overlap_policy: 1,
            }],
            pause: "enough".to_owned(),
            unpause: String::new(),
        }),
        ..PatchScheduleRequest::default()
    }
}

fn failed_by_id() -> RespondActivityTaskFailedByIdRequest {
    RespondActivityTaskFailedByIdRequest {
        namespace: "default".to_owned(),
        workflow_id: "known".to_owned(),
        activity_id: "a".to_owned(),
        ..RespondActivityTaskFailedByIdRequest::default()
    }
}
