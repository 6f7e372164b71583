//! Load on the engine from the SDK's own worker and client: workflows per second, commits per workflow.
//!
//! `cargo run --release -p engine-service --example load -- [COUNT] [IN_FLIGHT]`

use std::time::Duration;

use anyhow::Context;
use engine_clock::Clock;
use engine_service::{Engine, EngineOptions};
use futures_util::StreamExt;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, WorkflowGetResultOptions, WorkflowStartOptions,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use temporalio_sdk::runtime::PollerBehavior;
use temporalio_sdk::{ActivityOptions, Runtime, Worker, WorkerOptions, WorkflowContext, WorkflowResult};

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

async fn connect(engine: &Engine) -> anyhow::Result<Client> {
    let options = ConnectionOptions::new(url::Url::parse("http://engine.invalid")?)
        .service_override(engine.grpc_service())
        .dns_load_balancing(None)
        .build();
    Ok(Client::new(Connection::connect(options).await?, ClientOptions::new("default").build())?)
}

fn work(client: Client, stop: tokio::sync::oneshot::Receiver<()>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async move {
        let pollers = PollerBehavior::SimpleMaximum(10);
        let options = WorkerOptions::new("load")
            .max_cached_workflows(1_000)
            .workflow_task_poller_behavior(pollers)
            .activity_task_poller_behavior(pollers)
            .register_activities(Activities)
            .register_workflow::<OneActivity>()?
            .build();
        let mut worker = Worker::new(&Runtime::from_current_tokio(Default::default())?, client, options)?;
        let shutdown = worker.shutdown_handle();
        tokio::spawn(async move {
            let _ = stop.await;
            shutdown();
        });
        worker.run().await.context("the worker failed")
    })
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example prints")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (count, in_flight) = (number(2_000)?, number(100)?);
    let folder = tempfile::tempdir()?;
    let engine =
        Engine::open(&folder.path().join("engine.db"), Clock::real(), EngineOptions::default()).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let worker_client = connect(&engine).await?;
    let worker = std::thread::spawn(move || work(worker_client, stopped));
    let client = connect(&engine).await?;
    let one = |number: u64| {
        let client = client.clone();
        async move {
            let options = WorkflowStartOptions::new("load", format!("load-{number}")).build();
            let handle = client.start_workflow(OneActivity::run, number, options).await?;
            anyhow::Ok(handle.get_result(WorkflowGetResultOptions::default()).await?)
        }
    };
    one(u64::MAX - 1).await?;
    let (before, start) = (engine.stats(), std::time::Instant::now());
    let results: Vec<_> = futures_util::stream::iter(0..count)
        .map(one)
        .buffer_unordered(usize::try_from(in_flight)?)
        .collect()
        .await;
    let (after, seconds) = (engine.stats(), start.elapsed().as_secs_f64());
    for result in results {
        result?;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a short run")]
    let per_workflow = |from: u64, to: u64| (to - from) as f64 / count as f64;
    println!(
        "{:.0} workflows/s; per workflow: {:.2} calls, {:.2} transitions, {:.3} commits",
        per_workflow(0, count) * f64::from(u32::try_from(count)?) / seconds,
        per_workflow(before.calls, after.calls),
        per_workflow(before.transitions, after.transitions),
        per_workflow(before.commits, after.commits),
    );
    let _ = stop.send(());
    worker.join().map_err(|_| anyhow::anyhow!("the worker panicked"))??;
    engine.shutdown().await;
    Ok(())
}
