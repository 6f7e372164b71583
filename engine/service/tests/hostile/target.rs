//! The engine, as somebody who means no good reaches it.

use std::time::Duration;

use bytes::Bytes;
use engine_clock::Clock;
use engine_service::{Engine, EngineOptions};
use http::HeaderMap;
use prost::Message;
use temporalio_client::callback_based::GrpcRequest;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Status;

use crate::requests::start;

const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

pub(crate) struct Target {
    _folder: tempfile::TempDir,
    pub(crate) engine: Engine,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Target {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = EngineOptions { long_poll_max: Duration::from_millis(1), ..EngineOptions::default() };
        let file = folder.path().join("engine.db");
        let opening = Engine::open(&file, Clock::real(), options);
        let engine = runtime.block_on(opening).unwrap();
        Self { _folder: folder, engine, runtime }
    }

    pub(crate) fn call(&self, name: &str, proto: Vec<u8>) -> Result<Vec<u8>, Status> {
        self.call_of(WORKFLOW_SERVICE, name, proto)
    }

    pub(crate) fn call_of(&self, service: &str, name: &str, proto: Vec<u8>) -> Result<Vec<u8>, Status> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", http::HeaderValue::from_static("260m"));
        let request = GrpcRequest {
            service: service.to_owned(),
            rpc: name.to_owned(),
            headers,
            proto: Bytes::from(proto),
        };
        self.runtime.block_on(self.engine.answer(request)).map(|answer| answer.proto)
    }

    pub(crate) fn ask<T: Message + Default>(&self, name: &str, request: &impl Message) -> Result<T, Status> {
        Ok(T::decode(self.call(name, request.encode_to_vec())?.as_slice()).unwrap())
    }

    /// Whether it still does its work: a workflow is started, its task taken and completed.
    pub(crate) fn works(&self, workflow_id: &str) {
        let task = self.task(workflow_id);
        let answer = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let _: RespondWorkflowTaskCompletedResponse =
            self.ask("RespondWorkflowTaskCompleted", &answer).unwrap();
    }

    /// The first task of a new run.
    pub(crate) fn task(&self, workflow_id: &str) -> PollWorkflowTaskQueueResponse {
        let queue = TaskQueue { name: format!("queue of {workflow_id}"), ..TaskQueue::default() };
        let start = StartWorkflowExecutionRequest {
            workflow_id: workflow_id.to_owned(),
            task_queue: Some(queue.clone()),
            ..start()
        };
        let _: StartWorkflowExecutionResponse = self.ask("StartWorkflowExecution", &start).unwrap();
        let poll = PollWorkflowTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: Some(queue),
            ..PollWorkflowTaskQueueRequest::default()
        };
        self.ask("PollWorkflowTaskQueue", &poll).unwrap()
    }
}
