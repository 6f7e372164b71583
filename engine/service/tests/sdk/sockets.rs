//! The same engine over a real socket.

use std::net::SocketAddr;

use bytes::{Buf, BufMut, Bytes};
use engine_clock::Clock;
use engine_service::{Engine, EngineError};
use http::uri::PathAndQuery;
use prost::Message;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, WorkflowGetResultOptions, WorkflowQueryOptions,
    WorkflowSignalOptions,
};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::{EventType as E, WorkflowExecutionStatus};
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionInfo;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use super::bench::{Bench, QUEUE, RunningWorker};
use super::workflows::{Cancellable, Counter, OneActivity};

const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

fn result() -> WorkflowGetResultOptions {
    WorkflowGetResultOptions::default()
}

/// A listener that runs.
struct Listening {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), EngineError>>,
}

impl Listening {
    async fn on(engine: &Engine) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let engine = engine.clone();
        let ended = tokio::spawn(async move {
            engine
                .serve(listener, async {
                    let _ = stopped.await;
                })
                .await
        });
        Self { address, stop, ended }
    }

    async fn sdk(&self) -> Client {
        let target = url::Url::parse(&format!("http://{}", self.address)).unwrap();
        let options = ConnectionOptions::new(target).identity("remote").dns_load_balancing(None).build();
        let connection = Connection::connect(options).await.unwrap();
        Client::new(connection, ClientOptions::new("default").build()).unwrap()
    }

    async fn channel(&self) -> Raw {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        Raw(endpoint.connect().await.unwrap())
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.unwrap().unwrap();
    }
}

/// A client that sends what it is told to.
#[derive(Clone)]
struct Raw(Channel);

impl Raw {
    async fn send(&self, path: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
        let mut client = tonic::client::Grpc::new(self.0.clone());
        client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
        let path = PathAndQuery::try_from(path.to_owned()).unwrap();
        let request = tonic::Request::new(Bytes::from(message));
        client.unary(request, path, Plain).await.map(|answer| answer.into_inner().to_vec())
    }

    async fn call(&self, name: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
        self.send(&format!("/{WORKFLOW_SERVICE}/{name}"), message).await
    }

    async fn ask<T: Message + Default>(&self, name: &str, request: &impl Message) -> Result<T, Status> {
        Ok(T::decode(self.call(name, request.encode_to_vec()).await?.as_slice()).unwrap())
    }
}

/// Bytes as they are.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_worker_and_a_remote_client_do_what_those_of_the_process_do() {
    let bench = Bench::new().await;
    let listening = Listening::on(&bench.engine).await;
    let worker = RunningWorker::start(listening.sdk().await, 100).await;
    let client = listening.sdk().await;
    let one = client.start_workflow(OneActivity::run, 41, bench.start_options("one")).await.unwrap();
    assert_eq!(one.get_result(result()).await.unwrap(), 42);

    let counter = client.start_workflow(Counter::run, 2, bench.start_options("counter")).await.unwrap();
    counter.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
    assert_eq!(counter.query(Counter::heard, (), WorkflowQueryOptions::default()).await.unwrap(), 1);
    let twice = client.start_workflow(Counter::run, 2, bench.start_options("counter")).await;
    let error = format!("{:?}", twice.err().unwrap());
    assert!(error.contains("AlreadyStarted"), "the status lost its details: {error}");
    // From the process itself.
    let inside = bench.client.get_workflow_handle::<Counter>("counter");
    inside.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
    assert_eq!(counter.get_result(result()).await.unwrap(), 2);
    worker.stop().await;
    listening.stop().await;
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let refused = bench.engine.serve(listener, std::future::pending()).await.unwrap_err();
    assert_eq!(refused.code(), "engine/not-loopback");
    assert!(refused.to_string().contains(&format!("`{address}`")), "{refused}");
}

#[tokio::test]
async fn what_makes_no_sense_gets_a_status_and_breaks_nothing() {
    let bench = Bench::new().await;
    let listening = Listening::on(&bench.engine).await;
    let raw = listening.channel().await;
    let path = |name: &str| format!("/{WORKFLOW_SERVICE}/{name}");
    for (path, message, code) in [
        (path("Nonsense"), Vec::new(), Code::Unimplemented),
        ("/some.Service/Method".to_owned(), Vec::new(), Code::Unimplemented),
        ("/nothing".to_owned(), Vec::new(), Code::Unimplemented),
        ("/".to_owned(), Vec::new(), Code::Unimplemented),
        (path("StartWorkflowExecution"), vec![0xff; 100], Code::Internal),
        (path("StartWorkflowExecution"), Vec::new(), Code::InvalidArgument),
        (path("StartWorkflowExecution"), vec![0; 5 << 20], Code::ResourceExhausted),
    ] {
        let status = raw.send(&path, message).await.unwrap_err();
        assert_eq!(status.code(), code, "{path}: {status:?}");
    }
    let health = raw.send("/grpc.health.v1.Health/Check", Vec::new()).await.unwrap();
    assert_eq!(health, [8, 1], "serving");
    listening.stop().await;
}

/// The web page shows the latest events first, and lists what is open and what is closed.
#[tokio::test]
async fn what_the_web_page_asks_for_is_answered() {
    let bench = Bench::new().await;
    let listening = Listening::on(&bench.engine).await;
    let raw = listening.channel().await;
    for workflow_id in ["closed", "open"] {
        bench.client.start_workflow(Counter::run, 1, bench.start_options(workflow_id)).await.unwrap();
    }
    let closed = bench.client.get_workflow_handle::<Counter>("closed");
    closed.terminate(Default::default()).await.unwrap();

    let mut request = GetWorkflowExecutionHistoryReverseRequest {
        namespace: "default".to_owned(),
        execution: describe("closed").execution,
        maximum_page_size: 2,
        next_page_token: Vec::new(),
    };
    let mut pages: Vec<Vec<i64>> = Vec::new();
    loop {
        let page: GetWorkflowExecutionHistoryReverseResponse =
            raw.ask("GetWorkflowExecutionHistoryReverse", &request).await.unwrap();
        pages.push(page.history.unwrap().events.iter().map(|event| event.event_id).collect());
        request.next_page_token = page.next_page_token;
        if request.next_page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [vec![3, 2], vec![1]]);

    let namespace = || "default".to_owned();
    let open: ListOpenWorkflowExecutionsResponse = raw
        .ask(
            "ListOpenWorkflowExecutions",
            &ListOpenWorkflowExecutionsRequest { namespace: namespace(), ..Default::default() },
        )
        .await
        .unwrap();
    let closed: ListClosedWorkflowExecutionsResponse = raw
        .ask(
            "ListClosedWorkflowExecutions",
            &ListClosedWorkflowExecutionsRequest { namespace: namespace(), ..Default::default() },
        )
        .await
        .unwrap();
    let ids = |runs: Vec<WorkflowExecutionInfo>| -> Vec<String> {
        runs.into_iter().map(|run| run.execution.unwrap().workflow_id).collect()
    };
    assert_eq!((ids(open.executions), ids(closed.executions)), (vec!["open".into()], vec!["closed".into()]));
    listening.stop().await;
}

#[tokio::test]
async fn bytes_that_are_no_http2_end_their_connection_only() {
    let bench = Bench::new().await;
    let listening = Listening::on(&bench.engine).await;
    for bytes in
        [&b"GET / HTTP/1.1\r\nhost: engine\r\n\r\n"[..], &[0xff; 4096], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0"]
    {
        let mut stream = TcpStream::connect(listening.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        // Ours to the end; a reset is an end, too.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    let raw = listening.channel().await;
    let info: GetSystemInfoResponse = raw.ask("GetSystemInfo", &GetSystemInfoRequest {}).await.unwrap();
    assert!(!info.server_version.is_empty());
    listening.stop().await;
}

fn poll() -> PollActivityTaskQueueRequest {
    PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: Some(TaskQueue { name: QUEUE.to_owned(), ..TaskQueue::default() }),
        identity: "remote".to_owned(),
        ..PollActivityTaskQueueRequest::default()
    }
}

#[tokio::test]
async fn a_poll_whose_caller_goes_away_is_free_again() {
    let bench = Bench::new().await;
    let listening = Listening::on(&bench.engine).await;
    let raw = listening.channel().await;
    let waiting = tokio::spawn({
        let raw = raw.clone();
        async move { raw.ask::<PollActivityTaskQueueResponse>("PollActivityTaskQueue", &poll()).await }
    });
    while bench.engine.stats().pollers == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    while bench.engine.stats().pollers > 0 {
        tokio::task::yield_now().await;
    }
    listening.stop().await;
}

#[tokio::test]
async fn the_listener_ends_although_somebody_polls() {
    let bench = Bench::new().await;
    for engine_ends in [false, true] {
        let listening = Listening::on(&bench.engine).await;
        let raw = listening.channel().await;
        let waiting = tokio::spawn(async move {
            raw.ask::<PollActivityTaskQueueResponse>("PollActivityTaskQueue", &poll()).await
        });
        while bench.engine.stats().pollers == 0 {
            tokio::task::yield_now().await;
        }
        if engine_ends {
            bench.engine.shutdown().await;
            listening.ended.await.unwrap().unwrap();
            assert!(waiting.await.unwrap().is_ok(), "the poll was answered empty");
        } else {
            listening.stop().await;
            assert!(waiting.await.unwrap().is_err());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_remote_worker_holds_survives_a_restart_of_the_engine() {
    let first = Bench::new().await;
    let folder = first.kept_folder();
    let worker = first.worker().await;
    let handle = first.client.start_workflow(OneActivity::run, 1, first.start_options("one")).await.unwrap();
    // The worker of the process takes the workflow task; the activity is taken by whoever polls first.
    assert_eq!(handle.get_result(result()).await.unwrap(), 2);
    worker.stop().await;
    let listening = Listening::on(&first.engine).await;
    let raw = listening.channel().await;
    first.client.start_workflow(Cancellable::run, (), first.start_options("remote")).await.unwrap();
    let task = schedule_activity(&raw).await;
    listening.stop().await;
    first.engine.shutdown().await;

    let second = Bench::on(folder, Clock::real()).await;
    let listening = Listening::on(&second.engine).await;
    let raw = listening.channel().await;
    let answer = RespondActivityTaskCompletedRequest {
        task_token: task.task_token,
        namespace: "default".to_owned(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    let _: RespondActivityTaskCompletedResponse =
        raw.ask("RespondActivityTaskCompleted", &answer).await.unwrap();
    second.until_event("remote", E::ActivityTaskCompleted).await;
    let described: DescribeWorkflowExecutionResponse =
        raw.ask("DescribeWorkflowExecution", &describe("remote")).await.unwrap();
    let status = described.workflow_execution_info.unwrap().status;
    assert_eq!(status, WorkflowExecutionStatus::Running as i32);
    listening.stop().await;
}

fn describe(workflow_id: &str) -> DescribeWorkflowExecutionRequest {
    DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() }),
    }
}

/// Takes the waiting workflow task by hand, schedules an activity and starts it.
async fn schedule_activity(raw: &Raw) -> PollActivityTaskQueueResponse {
    use temporalio_protos::temporal::api::command::v1::{
        Command, ScheduleActivityTaskCommandAttributes, command::Attributes,
    };
    use temporalio_protos::temporal::api::common::v1::ActivityType;
    use temporalio_protos::temporal::api::enums::v1::CommandType;
    let queue = || Some(TaskQueue { name: QUEUE.to_owned(), ..TaskQueue::default() });
    let request = PollWorkflowTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    let task: PollWorkflowTaskQueueResponse = raw.ask("PollWorkflowTaskQueue", &request).await.unwrap();
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "1".to_owned(),
        activity_type: Some(ActivityType { name: "Activity".to_owned() }),
        task_queue: queue(),
        start_to_close_timeout: Some(prost_wkt_types::Duration { seconds: 600, nanos: 0 }),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let command = Command {
        command_type: CommandType::ScheduleActivityTask as i32,
        attributes: Some(Attributes::ScheduleActivityTaskCommandAttributes(activity)),
        ..Command::default()
    };
    let done = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token,
        namespace: "default".to_owned(),
        commands: vec![command],
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    let _: RespondWorkflowTaskCompletedResponse =
        raw.ask("RespondWorkflowTaskCompleted", &done).await.unwrap();
    raw.ask("PollActivityTaskQueue", &poll()).await.unwrap()
}
