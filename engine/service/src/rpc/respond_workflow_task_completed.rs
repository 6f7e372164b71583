//! `RespondWorkflowTaskCompleted`: a worker's commands.

use std::sync::Arc;

use engine_history::limits::ID_BYTES_MAX;
use engine_history::{
    Answer, CompleteWorkflowTask, Input, Rejection, StartedWorkflowTask, duration_to_nanos,
};
use temporalio_protos::temporal::api::command::v1::{Command, command::Attributes};
use temporalio_protos::temporal::api::common::v1::SearchAttributes;
use temporalio_protos::temporal::api::enums::v1::{CommandType, WorkflowTaskFailedCause};
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse,
};
use tonic::Status;

use super::request::{check_length, check_token_namespace};
use crate::call::Call;
use crate::runs::{Done, Undone};
use crate::service::{Service, fresh_id};
use crate::status;
use crate::token::TaskToken;

pub(crate) async fn respond_workflow_task_completed(
    service: &Arc<Service>,
    request: RespondWorkflowTaskCompletedRequest,
    call: &Call,
) -> Result<RespondWorkflowTaskCompletedResponse, Status> {
    check_token_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    if request.intermediate_page || request.page_number > 0 {
        return Err(Status::failed_precondition("workflow task completion pagination is disabled"));
    }
    let token = TaskToken::read(&request.task_token)?;
    check_command_types(&request.commands)?;
    let query_results = request.query_results.clone();
    let sticky = request.sticky_attributes.and_then(|sticky| {
        let queue = sticky.worker_task_queue.map(|queue| queue.name)?;
        let timeout_ns = duration_to_nanos(sticky.schedule_to_start_timeout.as_ref());
        (!queue.is_empty() && queue.len() <= ID_BYTES_MAX).then_some((queue, timeout_ns))
    });
    let known_attributes = service.known_of(request.commands.iter().filter_map(search_attributes)).await?;
    let input = CompleteWorkflowTask {
        key: token.workflow_task(),
        commands: request.commands,
        messages: request.messages,
        identity: request.identity,
        sticky,
        return_new: request.return_new_workflow_task,
        force_new: request.force_create_new_workflow_task,
        sdk_metadata: request.sdk_metadata,
        holder: service.holder(call.in_process),
        known_attributes,
        successor_run_id: fresh_id(),
        began_with: None,
    };
    let done = service.transition(&token.run_id, Input::CompleteWorkflowTask(Box::new(input))).await;
    let Done { state, answer } = match done {
        Ok(done) => done,
        Err(Undone::NoSuchRun) => return Err(status::not_found("Workflow task not found.")),
        Err(undone) => return Err(undone.into_status(&token.run_id)),
    };
    let Answer::WorkflowTaskCompleted { eager_activities, next, rejection } = answer else {
        return Err(Status::internal("a completion was answered as something else"));
    };
    let has_next = state.workflow_task.is_some();
    service.queries.settle(&state.run_id, query_results, has_next && rejection.is_none());
    if let Some(rejection) = rejection {
        return Err(rejected(rejection));
    }
    let mut activity_tasks = Vec::with_capacity(eager_activities.len());
    for scheduled_event_id in eager_activities {
        activity_tasks.extend(service.activity_task(&state, scheduled_event_id).await?);
    }
    let workflow_task = match next {
        Some(started) => Some(service.workflow_task(&state, &with_cache(*started)).await?),
        None => None,
    };
    Ok(RespondWorkflowTaskCompletedResponse { workflow_task, activity_tasks, reset_history_event_id: 0 })
}

/// A worker that says no type, or one that there is not, is of another protocol: its task stays open.
fn check_command_types(commands: &[Command]) -> Result<(), Status> {
    let is_known = |command: &&Command| {
        CommandType::try_from(command.command_type).is_ok_and(|it| it != CommandType::Unspecified)
    };
    match commands.iter().find(|command| !is_known(command)) {
        Some(command) => {
            Err(Status::invalid_argument(format!("Unknown command type: {}", command.command_type)))
        }
        None => Ok(()),
    }
}

/// The search attributes that a command names.
fn search_attributes(command: &Command) -> Option<&SearchAttributes> {
    match command.attributes.as_ref()? {
        Attributes::UpsertWorkflowSearchAttributesCommandAttributes(it) => it.search_attributes.as_ref(),
        Attributes::StartChildWorkflowExecutionCommandAttributes(it) => it.search_attributes.as_ref(),
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(it) => it.search_attributes.as_ref(),
        _ => None,
    }
}

/// A worker that takes the next task along has the run in its cache.
fn with_cache(started: StartedWorkflowTask) -> StartedWorkflowTask {
    StartedWorkflowTask { is_sticky: true, ..started }
}

fn rejected(rejection: Rejection) -> Status {
    match rejection.cause {
        // Not a command's fault: the task's heartbeats went on for too long.
        WorkflowTaskFailedCause::Unspecified => status::not_found(&rejection.message),
        _ => Status::invalid_argument(rejection.message),
    }
}
