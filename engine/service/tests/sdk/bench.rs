//! An engine with a worker and a client, for one test.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine_clock::Clock;
use engine_service::{Engine, EngineOptions};
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, UntypedWorkflow, WorkflowFetchHistoryOptions,
    WorkflowStartOptions,
};
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};

use super::activities::Activities;
use super::workflows;

pub(crate) const QUEUE: &str = "posts";

/// An engine on a file.
pub(crate) struct Bench {
    /// Kept while it is used; `None` for a folder that belongs to another process.
    pub(crate) folder: Option<Arc<tempfile::TempDir>>,
    pub(crate) clock: Clock,
    pub(crate) engine: Engine,
    pub(crate) client: Client,
}

/// A worker in its own thread, as the SDK wants it.
pub(crate) struct RunningWorker {
    stop: Box<dyn Fn() + Send>,
    thread: std::thread::JoinHandle<()>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with_clock(Clock::real()).await
    }

    pub(crate) async fn with_clock(clock: Clock) -> Self {
        Self::on(Arc::new(tempfile::tempdir().unwrap()), clock).await
    }

    /// An engine on a folder that others may have used before.
    pub(crate) async fn on(folder: Arc<tempfile::TempDir>, clock: Clock) -> Self {
        Self { folder: Some(folder.clone()), ..Self::at(folder.path(), clock).await }
    }

    /// An engine on a folder that is somebody else's to remove.
    pub(crate) async fn at(folder: &Path, clock: Clock) -> Self {
        let engine = Engine::open(&file(folder), clock.clone(), EngineOptions::default()).await.unwrap();
        let client = connect(&engine).await;
        Self { folder: None, clock, engine, client }
    }

    /// The folder, to be used again.
    pub(crate) fn kept_folder(&self) -> Arc<tempfile::TempDir> {
        self.folder.clone().unwrap()
    }

    pub(crate) async fn worker(&self) -> RunningWorker {
        RunningWorker::start(connect(&self.engine).await, 100).await
    }

    /// A worker that keeps no runs in a cache.
    pub(crate) async fn forgetful_worker(&self) -> RunningWorker {
        RunningWorker::start(connect(&self.engine).await, 0).await
    }

    pub(crate) fn start_options(&self, workflow_id: &str) -> WorkflowStartOptions {
        WorkflowStartOptions::new(QUEUE, workflow_id).build()
    }

    /// The kinds of a workflow's events.
    pub(crate) async fn event_types(&self, workflow_id: &str) -> Vec<EventType> {
        let handle = self.client.get_workflow_handle::<UntypedWorkflow>(workflow_id.to_owned());
        let history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
        history.into_events().await.unwrap().iter().map(|event| event.event_type()).collect()
    }

    /// Waits until a workflow's history has an event of this kind.
    pub(crate) async fn until_event(&self, workflow_id: &str, kind: EventType) {
        while !self.event_types(workflow_id).await.contains(&kind) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl RunningWorker {
    pub(crate) async fn start(client: Client, cached: usize) -> Self {
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async move {
                let options = WorkerOptions::new(QUEUE)
                    .max_cached_workflows(cached)
                    .register_activities(Activities)
                    .register_workflow::<workflows::OneActivity>()
                    .unwrap()
                    .register_workflow::<workflows::Flaky>()
                    .unwrap()
                    .register_workflow::<workflows::Sleeper>()
                    .unwrap()
                    .register_workflow::<workflows::Counter>()
                    .unwrap()
                    .register_workflow::<workflows::Rounds>()
                    .unwrap()
                    .register_workflow::<workflows::Cancellable>()
                    .unwrap()
                    .register_workflow::<workflows::Silent>()
                    .unwrap()
                    .register_workflow::<workflows::Failing>()
                    .unwrap()
                    .register_workflow::<workflows::Parent>()
                    .unwrap()
                    .register_workflow::<workflows::Messenger>()
                    .unwrap()
                    .build();
                let runtime = Runtime::from_current_tokio(Default::default()).unwrap();
                let mut worker = Worker::new(&runtime, client, options).unwrap();
                let _ = ready.send(worker.shutdown_handle());
                worker.run().await.unwrap();
            });
        });
        let stop = Box::new(is_ready.await.unwrap());
        Self { stop, thread }
    }

    pub(crate) async fn stop(self) {
        (self.stop)();
        tokio::task::spawn_blocking(move || self.thread.join().unwrap()).await.unwrap();
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("engine.db")
}

pub(crate) async fn connect(engine: &Engine) -> Client {
    let options = ConnectionOptions::new(url::Url::parse("http://engine.invalid").unwrap())
        .identity("test")
        .service_override(engine.grpc_service())
        .dns_load_balancing(None)
        .build();
    let connection = Connection::connect(options).await.unwrap();
    Client::new(connection, ClientOptions::new("default").build()).unwrap()
}
