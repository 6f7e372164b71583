//! Bare RPCs to the engine: a worker without the SDK, which costs next to nothing itself.

use anyhow::{Context, Result};
use engine_service::Engine;
use prost::Message;
use temporalio_client::callback_based::GrpcRequest;
use temporalio_protos::temporal::api::command::v1::{
    Command, CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
    command::Attributes,
};
use temporalio_protos::temporal::api::common::v1::{ActivityType, Payload, Payloads, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::CommandType;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeNamespaceResponse, PollActivityTaskQueueResponse,
    PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse, RespondActivityTaskCompletedRequest,
    RespondActivityTaskCompletedResponse, RespondWorkflowTaskCompletedRequest,
    RespondWorkflowTaskCompletedResponse, StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
};

pub(crate) const NAMESPACE: &str = "default";
pub(crate) const QUEUE: &str = "bench";
pub(crate) const WORKFLOW_TYPE: &str = "OneActivity";
const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

/// One RPC.
async fn call<Q: Message, A: Message + Default>(engine: &Engine, rpc: &str, request: Q) -> Result<A> {
    let request = GrpcRequest {
        service: SERVICE.to_owned(),
        rpc: rpc.to_owned(),
        headers: http::HeaderMap::new(),
        proto: request.encode_to_vec().into(),
    };
    let answer = engine.answer(request).await.with_context(|| rpc.to_owned())?;
    Ok(A::decode(answer.proto.as_slice())?)
}

/// Whether the engine answers.
pub(crate) async fn describe_namespace(engine: &Engine) -> Result<()> {
    let request =
        DescribeNamespaceRequest { namespace: NAMESPACE.to_owned(), ..DescribeNamespaceRequest::default() };
    call::<_, DescribeNamespaceResponse>(engine, "DescribeNamespace", request).await.map(|_| ())
}

pub(crate) async fn start(engine: &Engine, number: u64) -> Result<StartWorkflowExecutionResponse> {
    let request = StartWorkflowExecutionRequest {
        namespace: NAMESPACE.to_owned(),
        workflow_id: format!("bench-{number}"),
        workflow_type: Some(WorkflowType { name: WORKFLOW_TYPE.to_owned() }),
        task_queue: Some(queue()),
        input: Some(payload(number)),
        identity: "bench".to_owned(),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..StartWorkflowExecutionRequest::default()
    };
    call(engine, "StartWorkflowExecution", request).await
}

/// The next workflow task; one without a token when none came in time.
pub(crate) async fn poll(engine: &Engine) -> Result<PollWorkflowTaskQueueResponse> {
    let request = PollWorkflowTaskQueueRequest {
        namespace: NAMESPACE.to_owned(),
        task_queue: Some(queue()),
        identity: "bench".to_owned(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    call(engine, "PollWorkflowTaskQueue", request).await
}

pub(crate) async fn complete_workflow_task(
    engine: &Engine,
    task_token: Vec<u8>,
    command: Command,
) -> Result<RespondWorkflowTaskCompletedResponse> {
    let request = RespondWorkflowTaskCompletedRequest {
        task_token,
        commands: vec![command],
        identity: "bench".to_owned(),
        namespace: NAMESPACE.to_owned(),
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    call(engine, "RespondWorkflowTaskCompleted", request).await
}

pub(crate) async fn complete_activity(engine: &Engine, task: PollActivityTaskQueueResponse) -> Result<()> {
    let request = RespondActivityTaskCompletedRequest {
        task_token: task.task_token,
        result: Some(payload(1)),
        identity: "bench".to_owned(),
        namespace: NAMESPACE.to_owned(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    call::<_, RespondActivityTaskCompletedResponse>(engine, "RespondActivityTaskCompleted", request)
        .await
        .map(|_| ())
}

/// An activity that the worker wants at once.
pub(crate) fn schedule_activity() -> Command {
    let attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: "1".to_owned(),
        activity_type: Some(ActivityType { name: "increment".to_owned() }),
        task_queue: Some(queue()),
        input: Some(payload(1)),
        start_to_close_timeout: Some(engine_history::nanos_to_duration(30_000_000_000)),
        request_eager_execution: true,
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    command(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(attributes))
}

pub(crate) fn complete_workflow() -> Command {
    let attributes = CompleteWorkflowExecutionCommandAttributes { result: Some(payload(1)) };
    command(
        CommandType::CompleteWorkflowExecution,
        Attributes::CompleteWorkflowExecutionCommandAttributes(attributes),
    )
}

pub(crate) fn command(kind: CommandType, attributes: Attributes) -> Command {
    Command { command_type: kind as i32, attributes: Some(attributes), ..Command::default() }
}

/// A number as SDKs write it.
pub(crate) fn payload(number: u64) -> Payloads {
    let payload = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: number.to_string().into_bytes(),
        ..Payload::default()
    };
    Payloads { payloads: vec![payload] }
}

fn queue() -> TaskQueue {
    TaskQueue { name: QUEUE.to_owned(), ..TaskQueue::default() }
}
