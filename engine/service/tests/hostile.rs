//! Requests that nobody should send. The engine answers every one of them and goes on.

#[cfg(test)]
mod hostile {
    use std::time::Duration;

    use bytes::Bytes;
    use engine_clock::Clock;
    use engine_service::{Engine, EngineOptions};
    use http::HeaderMap;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use prost::Message;
    use temporalio_client::callback_based::GrpcRequest;
    use temporalio_protos::temporal::api::command::v1::{
        Command, ScheduleActivityTaskCommandAttributes, command::Attributes,
    };
    use temporalio_protos::temporal::api::common::v1::{ActivityType, WorkflowExecution, WorkflowType};
    use temporalio_protos::temporal::api::enums::v1::CommandType;
    use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
    use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
    use temporalio_protos::temporal::api::update::v1::{Input, Meta, Request, UpdateRef};
    use temporalio_protos::temporal::api::workflowservice::v1::*;
    use tonic::{Code, Status};

    const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

    /// Every RPC that the engine knows, and some that it doesn't.
    const NAMES: &[&str] = &[
        "GetSystemInfo",
        "GetClusterInfo",
        "DescribeNamespace",
        "ListNamespaces",
        "GetSearchAttributes",
        "DescribeTaskQueue",
        "ShutdownWorker",
        "PollWorkflowTaskQueue",
        "PollActivityTaskQueue",
        "RespondWorkflowTaskCompleted",
        "RespondWorkflowTaskFailed",
        "RespondQueryTaskCompleted",
        "RespondActivityTaskCompleted",
        "RespondActivityTaskCompletedById",
        "RespondActivityTaskFailed",
        "RespondActivityTaskFailedById",
        "RespondActivityTaskCanceled",
        "RespondActivityTaskCanceledById",
        "RecordActivityTaskHeartbeat",
        "RecordActivityTaskHeartbeatById",
        "StartWorkflowExecution",
        "SignalWorkflowExecution",
        "SignalWithStartWorkflowExecution",
        "QueryWorkflow",
        "UpdateWorkflowExecution",
        "PollWorkflowExecutionUpdate",
        "RequestCancelWorkflowExecution",
        "TerminateWorkflowExecution",
        "DescribeWorkflowExecution",
        "GetWorkflowExecutionHistory",
        "ListWorkflowExecutions",
        "CountWorkflowExecutions",
        "DeleteWorkflowExecution",
        "ResetWorkflowExecution",
        "",
    ];

    struct Target {
        _folder: tempfile::TempDir,
        engine: Engine,
        runtime: tokio::runtime::Runtime,
    }

    impl Target {
        fn new() -> Self {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let options =
                EngineOptions { long_poll_max: Duration::from_millis(1), ..EngineOptions::default() };
            let file = folder.path().join("engine.db");
            let opening = Engine::open(&file, Clock::real(), options);
            let engine = runtime.block_on(opening).unwrap();
            Self { _folder: folder, engine, runtime }
        }

        fn call(&self, name: &str, proto: Vec<u8>) -> Result<Vec<u8>, Status> {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", http::HeaderValue::from_static("260m"));
            let request = GrpcRequest {
                service: WORKFLOW_SERVICE.to_owned(),
                rpc: name.to_owned(),
                headers,
                proto: Bytes::from(proto),
            };
            self.runtime.block_on(self.engine.answer(request)).map(|answer| answer.proto)
        }

        fn ask<T: Message + Default>(&self, name: &str, request: &impl Message) -> Result<T, Status> {
            Ok(T::decode(self.call(name, request.encode_to_vec())?.as_slice()).unwrap())
        }

        /// Whether it still does its work: a workflow is started, its task taken and completed.
        fn works(&self, workflow_id: &str) {
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
            let task: PollWorkflowTaskQueueResponse = self.ask("PollWorkflowTaskQueue", &poll).unwrap();
            let answer = RespondWorkflowTaskCompletedRequest {
                task_token: task.task_token,
                ..RespondWorkflowTaskCompletedRequest::default()
            };
            let _: RespondWorkflowTaskCompletedResponse =
                self.ask("RespondWorkflowTaskCompleted", &answer).unwrap();
        }
    }

    fn start() -> StartWorkflowExecutionRequest {
        StartWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_id: "known".to_owned(),
            workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
            task_queue: Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() }),
            request_id: "request".to_owned(),
            ..StartWorkflowExecutionRequest::default()
        }
    }

    /// Sound requests, to be damaged.
    fn seeds() -> Vec<(&'static str, Vec<u8>)> {
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
                    update_ref: Some(UpdateRef {
                        workflow_execution: execution(),
                        update_id: "u".to_owned(),
                    }),
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
        ]
    }

    /// A sound request with some bytes changed, to its own RPC or another, or any bytes.
    fn damaged() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
        let change = (any::<prop::sample::Index>(), any::<u8>());
        let seed = (prop::sample::select(seeds()), prop::collection::vec(change, 0..4)).prop_map(
            |((name, mut bytes), changes)| {
                for (at, value) in changes {
                    let at = at.index(bytes.len());
                    bytes[at] = value;
                }
                (name, bytes)
            },
        );
        prop_oneof![
            1 => (prop::sample::select(NAMES), prop::collection::vec(any::<u8>(), 0..200)),
            2 => (prop::sample::select(NAMES), seed.clone()).prop_map(|(name, (_, bytes))| (name, bytes)),
            4 => seed,
        ]
    }

    #[test]
    fn no_request_breaks_the_engine() {
        let target = Target::new();
        target.works("before");
        let mut runner = TestRunner::new(Config { cases: 3_000, ..Config::default() });
        runner
            .run(&damaged(), |(name, proto)| {
                if let Err(status) = target.call(name, proto) {
                    let is_unreadable = status.message().starts_with("grpc: error unmarshalling request");
                    prop_assert!(is_unreadable || status.code() != Code::Internal, "{name}: {status:?}");
                    prop_assert!(status.code() != Code::Unknown, "{name}: {status:?}");
                    prop_assert!(status.code() != Code::DataLoss, "{name}: {status:?}");
                }
                Ok(())
            })
            .unwrap();
        target.works("after");
    }

    #[test]
    fn an_unknown_method_is_named() {
        let status = Target::new().call("ResetWorkflowExecution", Vec::new()).unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert!(status.message().contains("ResetWorkflowExecution"));
    }

    #[test]
    fn what_is_missing_or_too_large_is_refused_by_name() {
        let target = Target::new();
        let refused = |request: StartWorkflowExecutionRequest| {
            target.ask::<StartWorkflowExecutionResponse>("StartWorkflowExecution", &request).unwrap_err()
        };
        let long = "x".repeat(1_001);
        for (request, word) in [
            (StartWorkflowExecutionRequest { workflow_id: String::new(), ..start() }, "WorkflowId"),
            (StartWorkflowExecutionRequest { workflow_id: long.clone(), ..start() }, "WorkflowId"),
            (StartWorkflowExecutionRequest { workflow_type: None, ..start() }, "WorkflowType"),
            (StartWorkflowExecutionRequest { task_queue: None, ..start() }, "taskQueue"),
            (StartWorkflowExecutionRequest { request_id: long, ..start() }, "RequestId"),
            (StartWorkflowExecutionRequest { namespace: String::new(), ..start() }, "Namespace"),
        ] {
            let status = refused(request);
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
            assert!(status.message().contains(word), "{status:?}");
        }
        let status = refused(StartWorkflowExecutionRequest { namespace: "other".to_owned(), ..start() });
        assert_eq!(status.code(), Code::NotFound);
    }
}
