//! Workflows per second through the SDK's client and worker: start, one activity, complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use temporalio_client::{Client, WorkflowGetResultOptions, WorkflowStartOptions};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::home::Home;
use crate::latency::{Latencies, each, per_second};
use crate::worker::{OneActivity, QUEUE, RunningWorker};

/// What runs before the measured time: connections, caches and prepared statements are warm then.
const WARM_UP: Duration = Duration::from_secs(1);
/// The warm-up lasts until every caller had a result, because a slow server first starts them all; at most so
/// long.
const WARM_UP_MAX: Duration = Duration::from_secs(30);

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let home = Home::start(arguments.text("home")?, &arguments.folder()?).await?;
    let seconds = Duration::from_secs(arguments.number("seconds")?);
    let in_flight: usize = arguments.number("in-flight")?;
    let rate: u32 = arguments.number_or("per-second", 0)?;
    let worker = RunningWorker::start(home.client.clone()).await?;
    let load = Arc::new(Load {
        client: home.client.clone(),
        next: AtomicU64::new(0),
        completed: AtomicUsize::new(0),
    });
    load.one().await.context("the first workflow")?;
    let before = home.engine.as_ref().map(engine_service::Engine::stats);
    let started = load.next.load(Ordering::Relaxed);
    let (mut latencies, elapsed) = if rate == 0 {
        load.closed(in_flight, seconds).await?
    } else {
        load.paced(in_flight, seconds, rate).await?
    };
    let count = latencies.len();
    ensure!(count > 0, "no workflow completed within {} s", seconds.as_secs());
    let mut result = json!({
        "workflows_per_s": per_second(count, elapsed),
        "p50_ms": latencies.percentile_ms(50),
        "p99_ms": latencies.percentile_ms(99),
    });
    if let (Some(engine), Some(before)) = (&home.engine, before) {
        let after = engine.stats();
        let all = usize::try_from(load.next.load(Ordering::Relaxed) - started)?;
        result["commits_per_workflow"] = Value::from(each(after.commits - before.commits, all));
        result["transitions_per_workflow"] = Value::from(each(after.transitions - before.transitions, all));
        result["calls_per_workflow"] = Value::from(each(after.calls - before.calls, all));
    }
    worker.stop().await?;
    if let Some(engine) = &home.engine {
        engine.shutdown().await;
    }
    crate::say(&result);
    Ok(())
}

struct Load {
    client: Client,
    next: AtomicU64,
    completed: AtomicUsize,
}

impl Load {
    /// One workflow from its start to its result.
    async fn one(&self) -> Result<Duration> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let options = WorkflowStartOptions::new(QUEUE, format!("bench-{number}")).build();
        let handle = self.client.start_workflow(OneActivity::run, number, options).await?;
        let result = handle.get_result(WorkflowGetResultOptions::default()).await?;
        ensure!(result == number + 1, "workflow {number} answered {result}");
        self.completed.fetch_add(1, Ordering::Relaxed);
        Ok(began.elapsed())
    }

    /// As fast as it goes with `in_flight` at a time. What completes during the warm-up does not count.
    async fn closed(self: &Arc<Self>, in_flight: usize, seconds: Duration) -> Result<(Latencies, Duration)> {
        let (measuring, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut callers = JoinSet::new();
        for _ in 0..in_flight {
            let (load, measuring, stop) = (self.clone(), measuring.clone(), stop.clone());
            callers.spawn(async move {
                let mut latencies = Latencies::default();
                while !stop.load(Ordering::Relaxed) {
                    let taken = load.one().await?;
                    if measuring.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
                        latencies.add(taken);
                    }
                }
                anyhow::Ok(latencies)
            });
        }
        self.warm_up(in_flight).await;
        measuring.store(true, Ordering::Relaxed);
        let began = Instant::now();
        tokio::time::sleep(seconds).await;
        stop.store(true, Ordering::Relaxed);
        let elapsed = began.elapsed();
        let mut all = Latencies::default();
        while let Some(done) = callers.join_next().await {
            all.extend(done??);
        }
        Ok((all, elapsed))
    }

    /// Waits until as many completed as are in flight.
    async fn warm_up(&self, in_flight: usize) {
        let began = Instant::now();
        tokio::time::sleep(WARM_UP).await;
        while self.completed.load(Ordering::Relaxed) < in_flight && began.elapsed() < WARM_UP_MAX {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `rate` starts a second, evenly; who finds `in_flight` at work waits, and the wait counts.
    async fn paced(
        self: &Arc<Self>,
        in_flight: usize,
        seconds: Duration,
        rate: u32,
    ) -> Result<(Latencies, Duration)> {
        let places = Arc::new(Semaphore::new(in_flight));
        let latencies = Arc::new(Mutex::new(Latencies::default()));
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
        let began = Instant::now();
        while began.elapsed() < WARM_UP + seconds {
            ticks.tick().await;
            let counts = began.elapsed() >= WARM_UP;
            let (load, places, latencies) = (self.clone(), places.clone(), latencies.clone());
            running.spawn(async move {
                let asked = Instant::now();
                let _place = places.acquire().await?;
                load.one().await?;
                if counts {
                    latencies.lock().await.add(asked.elapsed());
                }
                anyhow::Ok(())
            });
        }
        let elapsed = began.elapsed().saturating_sub(WARM_UP);
        while let Some(done) = running.join_next().await {
            done??;
        }
        let all = std::mem::take(&mut *latencies.lock().await);
        Ok((all, elapsed))
    }
}
