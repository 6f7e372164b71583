//! An SDK worker and client on a scene's home.

use anyhow::{Context as _, Result};
use engine_conformance::Scene;
use temporalio_client::{Client, ClientOptions, WorkflowStartOptions};
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};

use super::activities::Activities;
use super::workflows as w;

/// A client of the scene's home.
pub(super) fn client(s: &Scene) -> Result<Client> {
    let options = ClientOptions::new(s.namespace()).build();
    Client::new(s.home().connection(), options).map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Starts go to the scene's queue.
pub(super) fn options(s: &Scene, workflow: &str) -> WorkflowStartOptions {
    WorkflowStartOptions::new(s.name("queue"), s.name(workflow)).build()
}

/// Waits until a workflow's current run has an event of this kind.
pub(super) async fn until_event(s: &Scene, workflow: &str, kind: EventType) -> Result<()> {
    until_events(s, workflow, kind, 1).await
}

/// Waits until a workflow's current run has so many events of this kind.
pub(super) async fn until_events(s: &Scene, workflow: &str, kind: EventType, wanted: usize) -> Result<()> {
    loop {
        let events = s.history(workflow, "").await?;
        if events.iter().filter(|event| event.event_type == kind as i32).count() >= wanted {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A worker in its own thread, as the SDK wants it.
pub(super) struct RunningWorker {
    stop: Box<dyn Fn() + Send>,
    thread: std::thread::JoinHandle<Result<()>>,
}

impl RunningWorker {
    /// A worker of the scene's queue that keeps runs in its cache.
    pub(super) async fn start(s: &Scene) -> Result<Self> {
        Self::with_cache(s, 100).await
    }

    pub(super) async fn with_cache(s: &Scene, cached: usize) -> Result<Self> {
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let (client, queue) = (client(s)?, s.name("queue"));
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            runtime.block_on(async move {
                let options = WorkerOptions::new(queue)
                    .max_cached_workflows(cached)
                    .register_activities(Activities)
                    .register_workflow::<w::Steps>()?
                    .register_workflow::<w::Flaky>()?
                    .register_workflow::<w::Local>()?
                    .register_workflow::<w::Counter>()?
                    .register_workflow::<w::Carrier>()?
                    .register_workflow::<w::Cancellable>()?
                    .register_workflow::<w::Silent>()?
                    .register_workflow::<w::Elsewhere>()?
                    .register_workflow::<w::Sleeper>()?
                    .register_workflow::<w::Parent>()?
                    .register_workflow::<w::Messenger>()?
                    .build();
                let runtime = Runtime::from_current_tokio(Default::default())?;
                let mut worker =
                    Worker::new(&runtime, client, options).map_err(|error| anyhow::anyhow!("{error}"))?;
                let _ = ready.send(worker.shutdown_handle());
                worker.run().await.map_err(|error| anyhow::anyhow!("{error}"))
            })
        });
        let stop = Box::new(is_ready.await.context("the worker does not start")?);
        Ok(Self { stop, thread })
    }

    /// Ends it in order.
    pub(super) async fn stop(self) -> Result<()> {
        (self.stop)();
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("the worker panicked"))?
    }
}
