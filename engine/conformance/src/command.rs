//! Commands as a worker sends them, with ordinary attributes.

use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::command::v1::{
    CancelTimerCommandAttributes, CancelWorkflowExecutionCommandAttributes, Command,
    CompleteWorkflowExecutionCommandAttributes, ContinueAsNewWorkflowExecutionCommandAttributes,
    FailWorkflowExecutionCommandAttributes, RecordMarkerCommandAttributes,
    RequestCancelActivityTaskCommandAttributes, RequestCancelExternalWorkflowExecutionCommandAttributes,
    ScheduleActivityTaskCommandAttributes, SignalExternalWorkflowExecutionCommandAttributes,
    StartChildWorkflowExecutionCommandAttributes, StartTimerCommandAttributes,
};
use temporalio_protos::temporal::api::common::v1::{ActivityType, RetryPolicy, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::CommandType;

pub use crate::client::seconds;
use crate::scene::Scene;
pub use crate::scene::{payload, payloads};
pub use crate::worker::application_failure;

/// A command of any kind.
#[must_use]
pub fn command(attributes: Attributes) -> Command {
    let command_type = match &attributes {
        Attributes::ScheduleActivityTaskCommandAttributes(_) => CommandType::ScheduleActivityTask,
        Attributes::StartTimerCommandAttributes(_) => CommandType::StartTimer,
        Attributes::CompleteWorkflowExecutionCommandAttributes(_) => CommandType::CompleteWorkflowExecution,
        Attributes::FailWorkflowExecutionCommandAttributes(_) => CommandType::FailWorkflowExecution,
        Attributes::RequestCancelActivityTaskCommandAttributes(_) => CommandType::RequestCancelActivityTask,
        Attributes::CancelTimerCommandAttributes(_) => CommandType::CancelTimer,
        Attributes::CancelWorkflowExecutionCommandAttributes(_) => CommandType::CancelWorkflowExecution,
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::RequestCancelExternalWorkflowExecution
        }
        Attributes::RecordMarkerCommandAttributes(_) => CommandType::RecordMarker,
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(_) => {
            CommandType::ContinueAsNewWorkflowExecution
        }
        Attributes::StartChildWorkflowExecutionCommandAttributes(_) => {
            CommandType::StartChildWorkflowExecution
        }
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(_) => {
            CommandType::SignalExternalWorkflowExecution
        }
        Attributes::UpsertWorkflowSearchAttributesCommandAttributes(_) => {
            CommandType::UpsertWorkflowSearchAttributes
        }
        Attributes::ProtocolMessageCommandAttributes(_) => CommandType::ProtocolMessage,
        Attributes::ModifyWorkflowPropertiesCommandAttributes(_) => CommandType::ModifyWorkflowProperties,
        Attributes::ScheduleNexusOperationCommandAttributes(_) => CommandType::ScheduleNexusOperation,
        Attributes::RequestCancelNexusOperationCommandAttributes(_) => {
            CommandType::RequestCancelNexusOperation
        }
    };
    Command { command_type: command_type as i32, attributes: Some(attributes), ..Command::default() }
}

/// The attributes of an activity on the scenario's queue with a minute for everything and no retries.
#[must_use]
pub fn activity(scene: &Scene, id: &str) -> ScheduleActivityTaskCommandAttributes {
    ScheduleActivityTaskCommandAttributes {
        activity_id: id.to_owned(),
        activity_type: Some(ActivityType { name: "activity-type".to_owned() }),
        task_queue: scene.queue(),
        input: payloads(&format!("input of {id}")),
        schedule_to_close_timeout: seconds(60),
        schedule_to_start_timeout: seconds(60),
        start_to_close_timeout: seconds(60),
        retry_policy: Some(RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() }),
        ..ScheduleActivityTaskCommandAttributes::default()
    }
}

#[must_use]
pub fn schedule(activity: ScheduleActivityTaskCommandAttributes) -> Command {
    command(Attributes::ScheduleActivityTaskCommandAttributes(activity))
}

/// A retry policy with a tenth of a second between attempts.
#[must_use]
pub fn retries(maximum_attempts: i32) -> Option<RetryPolicy> {
    Some(RetryPolicy {
        initial_interval: Some(prost_wkt_types::Duration { seconds: 0, nanos: 100_000_000 }),
        backoff_coefficient: 1.0,
        maximum_attempts,
        ..RetryPolicy::default()
    })
}

#[must_use]
pub fn cancel_activity(scheduled_event_id: i64) -> Command {
    command(Attributes::RequestCancelActivityTaskCommandAttributes(
        RequestCancelActivityTaskCommandAttributes { scheduled_event_id },
    ))
}

#[must_use]
pub fn start_timer(id: &str, seconds_to_fire: i64) -> Command {
    command(Attributes::StartTimerCommandAttributes(StartTimerCommandAttributes {
        timer_id: id.to_owned(),
        start_to_fire_timeout: seconds(seconds_to_fire),
    }))
}

#[must_use]
pub fn cancel_timer(id: &str) -> Command {
    command(Attributes::CancelTimerCommandAttributes(CancelTimerCommandAttributes {
        timer_id: id.to_owned(),
    }))
}

#[must_use]
pub fn complete_workflow(result: &str) -> Command {
    command(Attributes::CompleteWorkflowExecutionCommandAttributes(
        CompleteWorkflowExecutionCommandAttributes { result: payloads(result) },
    ))
}

#[must_use]
pub fn fail_workflow(message: &str) -> Command {
    command(Attributes::FailWorkflowExecutionCommandAttributes(FailWorkflowExecutionCommandAttributes {
        failure: Some(application_failure(message, false)),
    }))
}

#[must_use]
pub fn cancel_workflow() -> Command {
    command(Attributes::CancelWorkflowExecutionCommandAttributes(CancelWorkflowExecutionCommandAttributes {
        details: payloads("details of the cancellation"),
    }))
}

#[must_use]
pub fn continue_as_new(scene: &Scene, input: &str) -> ContinueAsNewWorkflowExecutionCommandAttributes {
    ContinueAsNewWorkflowExecutionCommandAttributes {
        workflow_type: Some(WorkflowType { name: "workflow-type".to_owned() }),
        task_queue: scene.queue(),
        input: payloads(input),
        ..ContinueAsNewWorkflowExecutionCommandAttributes::default()
    }
}

#[must_use]
pub fn go_on(attributes: ContinueAsNewWorkflowExecutionCommandAttributes) -> Command {
    command(Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(attributes))
}

#[must_use]
pub fn marker(name: &str) -> Command {
    command(Attributes::RecordMarkerCommandAttributes(RecordMarkerCommandAttributes {
        marker_name: name.to_owned(),
        details: payloads("details").map(|details| [("data".to_owned(), details)].into()).unwrap_or_default(),
        ..RecordMarkerCommandAttributes::default()
    }))
}

/// The attributes of a child on the task queue `child-queue` of the scenario.
#[must_use]
pub fn child(scene: &Scene, workflow: &str) -> StartChildWorkflowExecutionCommandAttributes {
    StartChildWorkflowExecutionCommandAttributes {
        workflow_id: scene.name(workflow),
        workflow_type: Some(WorkflowType { name: "child-type".to_owned() }),
        task_queue: scene.queue_named("child-queue"),
        input: payloads("input of the child"),
        ..StartChildWorkflowExecutionCommandAttributes::default()
    }
}

#[must_use]
pub fn start_child(attributes: StartChildWorkflowExecutionCommandAttributes) -> Command {
    command(Attributes::StartChildWorkflowExecutionCommandAttributes(attributes))
}

#[must_use]
pub fn signal_external(scene: &Scene, workflow: &str, child_workflow_only: bool) -> Command {
    command(Attributes::SignalExternalWorkflowExecutionCommandAttributes(
        SignalExternalWorkflowExecutionCommandAttributes {
            execution: scene.execution(workflow),
            signal_name: "from outside".to_owned(),
            input: payloads("input of the signal"),
            child_workflow_only,
            ..SignalExternalWorkflowExecutionCommandAttributes::default()
        },
    ))
}

#[must_use]
pub fn cancel_external(scene: &Scene, workflow: &str, child_workflow_only: bool) -> Command {
    command(Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(
        RequestCancelExternalWorkflowExecutionCommandAttributes {
            workflow_id: scene.name(workflow),
            child_workflow_only,
            reason: "enough".to_owned(),
            ..RequestCancelExternalWorkflowExecutionCommandAttributes::default()
        },
    ))
}
