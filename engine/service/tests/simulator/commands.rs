//! Commands and messages as workers send them.

use prost::Message as _;
use prost_wkt_types::Duration;
use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::command::v1::*;
use temporalio_protos::temporal::api::common::v1::{
    ActivityType, Payload, Payloads, RetryPolicy, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::enums::v1::{CommandType, ParentClosePolicy};
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_protos::temporal::api::protocol::v1::{Message, message::SequencingId};
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::update::v1 as update;

pub(crate) const NAMESPACE: &str = "default";
pub(crate) const QUEUE: &str = "queue";

pub(crate) fn queue() -> Option<TaskQueue> {
    Some(TaskQueue { name: QUEUE.to_owned(), ..TaskQueue::default() })
}

pub(crate) fn payloads(text: &str) -> Option<Payloads> {
    Some(Payloads { payloads: vec![Payload { data: text.as_bytes().to_vec(), ..Payload::default() }] })
}

pub(crate) fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

pub(crate) fn workflow_type() -> Option<WorkflowType> {
    Some(WorkflowType { name: "Simulated".to_owned() })
}

pub(crate) fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: run_id.to_owned() })
}

pub(crate) fn failure(non_retryable: bool) -> Option<Failure> {
    use temporalio_protos::temporal::api::failure::v1::ApplicationFailureInfo;
    let info = ApplicationFailureInfo { non_retryable, ..ApplicationFailureInfo::default() };
    Some(Failure {
        message: "it broke".to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Failure::default()
    })
}

fn command(command_type: CommandType, attributes: Attributes) -> Command {
    Command { command_type: command_type as i32, attributes: Some(attributes), ..Command::default() }
}

pub(crate) fn marker(name: &str) -> Command {
    let it = RecordMarkerCommandAttributes {
        marker_name: name.to_owned(),
        ..RecordMarkerCommandAttributes::default()
    };
    command(CommandType::RecordMarker, Attributes::RecordMarkerCommandAttributes(it))
}

pub(crate) fn start_timer(id: &str, after: i64) -> Command {
    let it = StartTimerCommandAttributes { timer_id: id.to_owned(), start_to_fire_timeout: seconds(after) };
    command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(it))
}

pub(crate) fn cancel_timer(id: &str) -> Command {
    let it = CancelTimerCommandAttributes { timer_id: id.to_owned() };
    command(CommandType::CancelTimer, Attributes::CancelTimerCommandAttributes(it))
}

/// An activity that takes up to ten seconds, three times at most, and may be handed out at once.
pub(crate) fn schedule_activity(id: &str, is_eager: bool, heartbeats: bool) -> Command {
    let it = ScheduleActivityTaskCommandAttributes {
        activity_id: id.to_owned(),
        activity_type: Some(ActivityType { name: "activity".to_owned() }),
        task_queue: queue(),
        schedule_to_close_timeout: seconds(300),
        start_to_close_timeout: seconds(10),
        heartbeat_timeout: heartbeats.then_some(Duration { seconds: 4, nanos: 0 }),
        retry_policy: Some(RetryPolicy {
            initial_interval: seconds(1),
            backoff_coefficient: 2.0,
            maximum_attempts: 3,
            ..RetryPolicy::default()
        }),
        request_eager_execution: is_eager,
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    command(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(it))
}

pub(crate) fn cancel_activity(scheduled_event_id: i64) -> Command {
    let it = RequestCancelActivityTaskCommandAttributes { scheduled_event_id };
    command(
        CommandType::RequestCancelActivityTask,
        Attributes::RequestCancelActivityTaskCommandAttributes(it),
    )
}

pub(crate) fn start_child(workflow_id: &str, policy: ParentClosePolicy) -> Command {
    let it = StartChildWorkflowExecutionCommandAttributes {
        workflow_id: workflow_id.to_owned(),
        workflow_type: workflow_type(),
        task_queue: queue(),
        parent_close_policy: policy as i32,
        ..StartChildWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::StartChildWorkflowExecution,
        Attributes::StartChildWorkflowExecutionCommandAttributes(it),
    )
}

pub(crate) fn signal_external(workflow_id: &str, name: &str) -> Command {
    let it = SignalExternalWorkflowExecutionCommandAttributes {
        execution: execution(workflow_id, ""),
        signal_name: name.to_owned(),
        ..SignalExternalWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::SignalExternalWorkflowExecution,
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(it),
    )
}

pub(crate) fn cancel_external(workflow_id: &str) -> Command {
    let it = RequestCancelExternalWorkflowExecutionCommandAttributes {
        workflow_id: workflow_id.to_owned(),
        ..RequestCancelExternalWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::RequestCancelExternalWorkflowExecution,
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(it),
    )
}

pub(crate) fn complete_workflow() -> Command {
    let it = CompleteWorkflowExecutionCommandAttributes { result: payloads("result") };
    command(
        CommandType::CompleteWorkflowExecution,
        Attributes::CompleteWorkflowExecutionCommandAttributes(it),
    )
}

pub(crate) fn fail_workflow() -> Command {
    let it = FailWorkflowExecutionCommandAttributes { failure: failure(false) };
    command(CommandType::FailWorkflowExecution, Attributes::FailWorkflowExecutionCommandAttributes(it))
}

pub(crate) fn cancel_workflow() -> Command {
    let it = CancelWorkflowExecutionCommandAttributes { details: None };
    command(CommandType::CancelWorkflowExecution, Attributes::CancelWorkflowExecutionCommandAttributes(it))
}

pub(crate) fn continue_as_new() -> Command {
    let it = ContinueAsNewWorkflowExecutionCommandAttributes {
        workflow_type: workflow_type(),
        task_queue: queue(),
        ..ContinueAsNewWorkflowExecutionCommandAttributes::default()
    };
    command(
        CommandType::ContinueAsNewWorkflowExecution,
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(it),
    )
}

/// Messages and their commands that accept and complete every update of a task, or reject it.
pub(crate) fn answer_updates(messages: &[Message], rejects: bool) -> (Vec<Message>, Vec<Command>) {
    let mut answers = Vec::new();
    for message in messages {
        let Some(body) = &message.body else { continue };
        let Ok(request) = update::Request::decode(body.value.as_slice()) else { continue };
        let sequencing = match message.sequencing_id {
            Some(SequencingId::EventId(event_id)) => event_id,
            _ => 0,
        };
        if rejects {
            let rejection = update::Rejection {
                rejected_request_message_id: message.id.clone(),
                rejected_request_sequencing_event_id: sequencing,
                rejected_request: Some(request),
                failure: failure(false),
            };
            answers.push(said(message, "reject", any("Rejection", &rejection)));
            continue;
        }
        let acceptance = update::Acceptance {
            accepted_request_message_id: message.id.clone(),
            accepted_request_sequencing_event_id: sequencing,
            accepted_request: Some(request.clone()),
        };
        let value = update::outcome::Value::Success(payloads("updated").unwrap_or_default());
        let response =
            update::Response { meta: request.meta, outcome: Some(update::Outcome { value: Some(value) }) };
        answers.push(said(message, "accept", any("Acceptance", &acceptance)));
        answers.push(said(message, "complete", any("Response", &response)));
    }
    let commands = answers.iter().filter(|_| !rejects).map(|answer| {
        let it = ProtocolMessageCommandAttributes { message_id: answer.id.clone() };
        command(CommandType::ProtocolMessage, Attributes::ProtocolMessageCommandAttributes(it))
    });
    let commands = commands.collect();
    (answers, commands)
}

fn said(message: &Message, what: &str, body: prost_wkt_types::Any) -> Message {
    Message {
        id: format!("{}/{what}", message.protocol_instance_id),
        protocol_instance_id: message.protocol_instance_id.clone(),
        sequencing_id: None,
        body: Some(body),
    }
}

fn any(name: &str, message: &impl prost::Message) -> prost_wkt_types::Any {
    prost_wkt_types::Any {
        type_url: format!("type.googleapis.com/temporal.api.update.v1.{name}"),
        value: message.encode_to_vec(),
    }
}
