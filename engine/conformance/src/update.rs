//! Updates: the client's requests, and the messages by which a worker answers them.

use anyhow::{Context as _, Result};
use prost::Message as _;
use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::command::v1::{Command, ProtocolMessageCommandAttributes};
use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::protocol::v1::{Message, message::SequencingId};
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::{
    self, operation::Operation,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, ExecuteMultiOperationResponse, PollWorkflowExecutionUpdateRequest,
    PollWorkflowExecutionUpdateResponse, PollWorkflowTaskQueueResponse, RespondWorkflowTaskCompletedRequest,
    UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use crate::command::command;
use crate::scene::{Scene, payloads};
use crate::worker::application_failure;

/// How a worker answers an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateAnswer {
    Accepted,
    AcceptedAndCompleted,
    AcceptedAndFailed,
    Rejected,
}

impl Scene {
    /// A request that waits until the update is `stage`.
    #[must_use]
    pub fn update_request(&self, workflow: &str, id: &str, stage: Stage) -> UpdateWorkflowExecutionRequest {
        UpdateWorkflowExecutionRequest {
            namespace: self.namespace(),
            workflow_execution: self.execution(workflow),
            wait_policy: Some(update::WaitPolicy { lifecycle_stage: stage as i32 }),
            request: Some(update::Request {
                meta: Some(update::Meta { update_id: id.to_owned(), identity: "client".to_owned() }),
                input: Some(update::Input {
                    header: None,
                    name: "update-name".to_owned(),
                    args: payloads(&format!("arguments of {id}")),
                }),
                ..update::Request::default()
            }),
            ..UpdateWorkflowExecutionRequest::default()
        }
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_update(
        &self,
        request: UpdateWorkflowExecutionRequest,
    ) -> Result<UpdateWorkflowExecutionResponse, Status> {
        let answer = self.service().update_workflow_execution(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_operations(
        &self,
        operations: Vec<Operation>,
    ) -> Result<ExecuteMultiOperationResponse, Status> {
        let operations = operations
            .into_iter()
            .map(|operation| execute_multi_operation_request::Operation { operation: Some(operation) });
        let request = ExecuteMultiOperationRequest {
            namespace: self.namespace(),
            operations: operations.collect(),
            ..ExecuteMultiOperationRequest::default()
        };
        let answer = self.service().execute_multi_operation(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_poll_update(
        &self,
        workflow: &str,
        id: &str,
        stage: Stage,
    ) -> Result<PollWorkflowExecutionUpdateResponse, Status> {
        let request = PollWorkflowExecutionUpdateRequest {
            namespace: self.namespace(),
            update_ref: Some(update::UpdateRef {
                workflow_execution: self.execution(workflow),
                update_id: id.to_owned(),
            }),
            identity: "client".to_owned(),
            wait_policy: Some(update::WaitPolicy { lifecycle_stage: stage as i32 }),
        };
        let answer = self.service().poll_workflow_execution_update(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// A completion that answers all updates of a task the same way, before `commands`.
    ///
    /// # Errors
    /// The task has no update.
    pub fn update_completion(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        answer: UpdateAnswer,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<RespondWorkflowTaskCompletedRequest> {
        anyhow::ensure!(!task.messages.is_empty(), "the workflow task has no update");
        let mut messages = Vec::new();
        for request in &task.messages {
            messages.extend(answers(request, answer)?);
        }
        // A rejection has no place among the commands.
        let placed = messages.iter().filter(|_| answer != UpdateAnswer::Rejected);
        let placed = placed.map(|message| {
            command(Attributes::ProtocolMessageCommandAttributes(ProtocolMessageCommandAttributes {
                message_id: message.id.clone(),
            }))
        });
        let commands: Vec<Command> = placed.chain(commands).collect();
        Ok(RespondWorkflowTaskCompletedRequest { messages, ..self.completion(task, commands) })
    }
}

/// The messages that answer the message of a request.
fn answers(message: &Message, answer: UpdateAnswer) -> Result<Vec<Message>> {
    let body = message.body.as_ref().context("an update without a body")?;
    let request = update::Request::decode(body.value.as_slice())?;
    let sequencing = match message.sequencing_id {
        Some(SequencingId::EventId(event_id)) => event_id,
        _ => 0,
    };
    let said = |what: &str, body: prost_wkt_types::Any| Message {
        id: format!("{}/{what}", message.protocol_instance_id),
        protocol_instance_id: message.protocol_instance_id.clone(),
        sequencing_id: None,
        body: Some(body),
    };
    if answer == UpdateAnswer::Rejected {
        let rejection = update::Rejection {
            rejected_request_message_id: message.id.clone(),
            rejected_request_sequencing_event_id: sequencing,
            rejected_request: Some(request),
            failure: Some(application_failure("not like this", false)),
        };
        return Ok(vec![said("reject", any("Rejection", &rejection))]);
    }
    let acceptance = update::Acceptance {
        accepted_request_message_id: message.id.clone(),
        accepted_request_sequencing_event_id: sequencing,
        accepted_request: Some(request.clone()),
    };
    let mut messages = vec![said("accept", any("Acceptance", &acceptance))];
    if answer != UpdateAnswer::Accepted {
        messages.push(completed(message, &request, answer));
    }
    Ok(messages)
}

/// The message that completes an accepted update.
fn completed(message: &Message, request: &update::Request, answer: UpdateAnswer) -> Message {
    let value = match answer {
        UpdateAnswer::AcceptedAndFailed => {
            update::outcome::Value::Failure(application_failure("it went wrong", false))
        }
        _ => update::outcome::Value::Success(payloads("updated").unwrap_or_default()),
    };
    let response = update::Response {
        meta: request.meta.clone(),
        outcome: Some(update::Outcome { value: Some(value) }),
    };
    Message {
        id: format!("{}/complete", message.protocol_instance_id),
        protocol_instance_id: message.protocol_instance_id.clone(),
        sequencing_id: None,
        body: Some(any("Response", &response)),
    }
}

fn any(name: &str, message: &impl prost::Message) -> prost_wkt_types::Any {
    prost_wkt_types::Any {
        type_url: format!("type.googleapis.com/temporal.api.update.v1.{name}"),
        value: message.encode_to_vec(),
    }
}
