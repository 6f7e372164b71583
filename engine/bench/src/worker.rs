//! The SDK's worker with a workflow of one activity.

use std::time::Duration;

use anyhow::{Context, Result};
use temporalio_client::Client;
use temporalio_common::worker::WorkerDeploymentOptions;
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::runtime::PollerBehavior;
use temporalio_sdk::{ActivityOptions, Runtime, Worker, WorkerOptions, WorkflowContext, WorkflowResult};
use tokio::sync::oneshot;

pub(crate) const QUEUE: &str = "bench";
/// Polls of each kind; more than the SDK's default of 5, for both homes.
const POLLERS: usize = 10;
/// Runs in the worker's cache: all that are in flight.
const CACHED_MAX: usize = 1_000;

pub(crate) struct Activities;

#[activities]
impl Activities {
    #[activity]
    pub(crate) async fn increment(_context: ActivityContext, number: u64) -> Result<u64, ActivityError> {
        Ok(number + 1)
    }
}

#[workflow]
#[derive(Default)]
pub(crate) struct OneActivity;

#[workflow_methods]
impl OneActivity {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, number: u64) -> WorkflowResult<u64> {
        let options = ActivityOptions::start_to_close_timeout(Duration::from_secs(30));
        Ok(ctx.execute_activity(Activities::increment, number, options).await?)
    }
}

/// A worker in a thread of its own, as the SDK wants it.
pub(crate) struct RunningWorker {
    stop: Box<dyn Fn() + Send>,
    thread: std::thread::JoinHandle<Result<()>>,
}

impl RunningWorker {
    pub(crate) async fn start(client: Client) -> Result<Self> {
        let (ready, is_ready) = oneshot::channel();
        // The thread runs workflow code; everything else shares the caller's runtime, as in the product.
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::spawn(move || runtime.block_on(work(client, ready)));
        let stop = is_ready.await.context("the worker did not start")?;
        Ok(Self { stop, thread })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        (self.stop)();
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("the worker panicked"))?
    }
}

async fn work(client: Client, ready: oneshot::Sender<Box<dyn Fn() + Send>>) -> Result<()> {
    let pollers = PollerBehavior::SimpleMaximum(POLLERS);
    let options = WorkerOptions::new(QUEUE)
        // The default would hash the whole executable at every start.
        .deployment_options(WorkerDeploymentOptions::from_build_id("bench".to_owned()))
        .max_cached_workflows(CACHED_MAX)
        .workflow_task_poller_behavior(pollers)
        .activity_task_poller_behavior(pollers)
        .register_activities(Activities)
        .register_workflow::<OneActivity>()?
        .build();
    let mut worker = Worker::new(&Runtime::from_current_tokio(Default::default())?, client, options)?;
    let _ = ready.send(Box::new(worker.shutdown_handle()));
    worker.run().await.context("the worker failed")
}
