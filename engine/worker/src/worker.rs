//! The worker's life: start, readiness, shutdown.

use std::sync::Arc;
use std::time::Duration;

use activities_contract::{ANALYTICS_QUEUE, PUBLISH_QUEUE};
use activities_delivery::Delivery;
use engine_clock::Clock;
use engine_workflows::{Campaign, CleanUp, Dispatch, Drift, Metrics, Publication, TokenSweep};
use futures_util::future::BoxFuture;
use temporalio_client::Client;
use temporalio_common::worker::WorkerDeploymentOptions;
use temporalio_sdk::Runtime;
use temporalio_sdk::runtime::PollerBehavior;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::activities::Activities;
use crate::home::answers;
use crate::pump::Pump;
use crate::sight::QUEUES;
use crate::tally::{Tally, Teller};
use crate::{Home, HomeError, dispatch, limits, schedules};

/// What a worker needs.
pub struct WorkerOptions {
    pub home: Home,
    pub delivery: Delivery,
    pub clock: Clock,
    /// How this process names itself to the engine.
    pub identity: String,
    /// How long activities may run on after shutdown began; then they are cancelled.
    pub grace: Duration,
}

/// Why a worker can't start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error("the workflow worker can't start: {0}")]
    Start(String),
    #[error("the home of the workflows refuses our schedules: {}", .0.message())]
    Schedules(Box<temporalio_client::tonic::Status>),
}

/// Starts workers; see [`Worker::start`].
#[derive(Debug)]
pub struct Worker;

impl Worker {
    /// Connects to the home, starts the SDK's worker on a thread of its own (its future is `!Send`, and all
    /// workflow code runs there) and the outbox pump beside it. Returns when both poll.
    ///
    /// # Errors
    /// [`WorkerError`] when the home doesn't answer or the SDK refuses the configuration.
    pub async fn start(options: WorkerOptions) -> Result<RunningWorker, WorkerError> {
        let client = options.home.connect(&options.identity).await?;
        let asked = client.clone();
        let tallies = QUEUES.map(|(queue, _)| (queue, Tally::default()));
        let teller = Teller {
            delivery: options.delivery.clone(),
            identity: options.identity.clone(),
            started_at: options.clock.now(),
            tallies: tallies.clone(),
        };
        let pump = Pump { delivery: options.delivery.clone(), client: client.clone() };
        // Before anything polls, so that a home that refuses it is an error of the start.
        dispatch::wake(&client).await.map_err(|error| WorkerError::Start(error.to_string()))?;
        let timezone =
            options.delivery.timezone().await.map_err(|error| WorkerError::Start(error.to_string()))?;
        schedules::ensure(&client, &timezone, options.delivery.upkeep(), &options.clock)
            .await
            .map_err(|status| WorkerError::Schedules(Box::new(status)))?;
        let (started, has_started) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let (done, is_done) = oneshot::channel();
        let ended = CancellationToken::new();
        // Dropped with the thread, also when that panics.
        let tells_end = ended.clone().drop_guard();
        std::thread::Builder::new()
            .name("workflows".to_owned())
            .spawn(move || {
                let _tells_end = tells_end;
                let ended = runtime.block_on(run_sdk_worker(client, options, tallies, started));
                if let Err(error) = &ended {
                    tracing::error!(error = %error, "the workflow worker ended");
                }
                let _ = done.send(ended);
            })
            .map_err(|error| WorkerError::Start(error.to_string()))?;
        let stop_sdk = match has_started.await {
            Ok(Ok(stop)) => stop,
            Ok(Err(error)) => return Err(WorkerError::Start(error)),
            Err(_) => return Err(WorkerError::Start("its thread ended".to_owned())),
        };
        let stop_pump = CancellationToken::new();
        let pump = tokio::spawn(pump.run(stop_pump.clone()));
        let stop_teller = CancellationToken::new();
        let teller = tokio::spawn(teller.run(stop_teller.clone()));
        Ok(RunningWorker {
            client: asked,
            stop_sdk,
            stop_pump,
            pump,
            stop_teller,
            teller,
            done: is_done,
            ended,
        })
    }
}

/// What each of the two workers does, in the order of [`QUEUES`].
type Tallies = [(&'static str, Tally); 2];

type StopSdk = Arc<dyn Fn() + Send + Sync>;

async fn run_sdk_worker(
    client: Client,
    options: WorkerOptions,
    tallies: Tallies,
    started: oneshot::Sender<Result<StopSdk, String>>,
) -> Result<(), String> {
    let [mut publishing, mut analytics] = match build(client, options, tallies) {
        Ok(workers) => workers,
        Err(error) => {
            let _ = started.send(Err(error.clone()));
            return Err(error);
        }
    };
    let stop: StopSdk = {
        let (first, second) = (publishing.shutdown_handle(), analytics.shutdown_handle());
        Arc::new(move || {
            first();
            second();
        })
    };
    if started.send(Ok(Arc::clone(&stop))).is_err() {
        return Ok(());
    }
    // Where one ends so does the other: half a worker would look alive.
    let publishing = async {
        let ended = publishing.run().await;
        stop();
        ended
    };
    let analytics = async {
        let ended = analytics.run().await;
        stop();
        ended
    };
    let (publishing, analytics) = futures_util::future::join(publishing, analytics).await;
    publishing.and(analytics).map_err(|error| error.to_string())
}

/// What one worker may do at once.
struct Slots {
    workflow_tasks: usize,
    activities: usize,
    cached_workflows: usize,
    pollers: usize,
}

/// The two workers: publishing, and analytics, which must not take its places.
fn build(
    client: Client,
    options: WorkerOptions,
    tallies: Tallies,
) -> Result<[temporalio_sdk::Worker; 2], String> {
    let WorkerOptions { delivery, clock, grace, .. } = options;
    let runtime = Runtime::from_current_tokio(Default::default()).map_err(|error| error.to_string())?;
    let activities = tallies.map(|(_, tally)| Activities {
        delivery: delivery.clone(),
        client: client.clone(),
        clock: clock.clone(),
        tally,
    });
    let [of_publishing, of_analytics] = activities;
    let publishing = Slots {
        workflow_tasks: limits::WORKFLOW_TASKS_MAX,
        activities: limits::ACTIVITIES_MAX,
        cached_workflows: limits::CACHED_WORKFLOWS_MAX,
        pollers: limits::POLLERS,
    };
    let mut publishing = sdk_options(PUBLISH_QUEUE, &publishing, grace);
    publishing.register_activities(of_publishing);
    publishing
        .register_workflow::<Campaign>()
        .and_then(|options| options.register_workflow::<Publication>())
        .and_then(|options| options.register_workflow::<Dispatch>())
        .and_then(|options| options.register_workflow::<TokenSweep>())
        .and_then(|options| options.register_workflow::<CleanUp>())
        // Those that began before analytics had a queue of its own.
        .and_then(|options| options.register_workflow::<Metrics>())
        .map_err(|error| error.to_string())?;
    let analytics = Slots {
        workflow_tasks: limits::ANALYTICS_WORKFLOWS_MAX,
        activities: limits::ANALYTICS_ACTIVITIES_MAX,
        cached_workflows: limits::ANALYTICS_WORKFLOWS_MAX,
        pollers: limits::ANALYTICS_POLLERS,
    };
    let mut analytics = sdk_options(ANALYTICS_QUEUE, &analytics, grace);
    analytics.register_activities(of_analytics);
    analytics
        .register_workflow::<Metrics>()
        .and_then(|options| options.register_workflow::<Drift>())
        .map_err(|error| error.to_string())?;
    let start = |options| {
        temporalio_sdk::Worker::new(&runtime, client.clone(), options).map_err(|error| error.to_string())
    };
    Ok([start(publishing)?, start(analytics)?])
}

fn sdk_options(queue: &str, slots: &Slots, grace: Duration) -> temporalio_sdk::WorkerOptions {
    let pollers = PollerBehavior::SimpleMaximum(slots.pollers);
    let tuner = TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(slots.workflow_tasks))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(slots.activities))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(slots.workflow_tasks))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(1))
        .build();
    temporalio_sdk::WorkerOptions::new(queue)
        // The default would hash the whole executable at every start.
        .deployment_options(WorkerDeploymentOptions::from_build_id(env!("CARGO_PKG_VERSION").to_owned()))
        .max_cached_workflows(slots.cached_workflows)
        .tuner(tuner)
        .workflow_task_poller_behavior(pollers)
        .activity_task_poller_behavior(pollers)
        .graceful_shutdown_period(grace)
        .build()
}

/// A worker that polls.
pub struct RunningWorker {
    client: Client,
    stop_sdk: StopSdk,
    stop_pump: CancellationToken,
    pump: tokio::task::JoinHandle<()>,
    stop_teller: CancellationToken,
    teller: tokio::task::JoinHandle<()>,
    done: oneshot::Receiver<Result<(), String>>,
    ended: CancellationToken,
}

impl RunningWorker {
    /// Cancelled when the worker's thread has ended, asked or not: nothing is carried out any more then.
    #[must_use]
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Asks, each time it is called, whether the home answers and this worker still polls it.
    pub fn health(&self) -> impl Fn() -> BoxFuture<'static, bool> + Send + Sync + 'static {
        let (client, ended) = (self.client.clone(), self.ended.clone());
        move || {
            let (client, ended) = (client.clone(), ended.clone());
            Box::pin(async move { !ended.is_cancelled() && answers(&client).await })
        }
    }

    /// What those who look after the installation see of the home.
    #[must_use]
    pub fn sight(&self) -> crate::Sight {
        crate::Sight(self.client.clone())
    }

    /// Stops taking work, lets what runs finish within the grace period, and returns when all has ended.
    /// What could not finish is handed out again after the next start.
    ///
    /// # Errors
    /// What the SDK's worker ended with.
    pub async fn shutdown(self) -> Result<(), WorkerError> {
        self.stop_pump.cancel();
        (self.stop_sdk)();
        if self.pump.await.is_err() {
            tracing::error!("the outbox pump panicked");
        }
        let ended = self.done.await;
        // After the last activity, so that it is told, too.
        self.stop_teller.cancel();
        if self.teller.await.is_err() {
            tracing::error!("telling what was done panicked");
        }
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(WorkerError::Start(error)),
            Err(_) => Err(WorkerError::Start("its thread ended".to_owned())),
        }
    }
}

impl std::fmt::Debug for RunningWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningWorker").finish_non_exhaustive()
    }
}
