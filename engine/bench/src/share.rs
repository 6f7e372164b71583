//! The engine's share of what the disk and SQLite give: workflows by bare RPCs, and then the rows that they
//! made, in the same batches, on bare SQLite.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use engine_service::{Engine, EngineOptions};
use engine_store::{Recorder, StoreOptions};
use serde_json::json;
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::latency::per_second;
use crate::{home, raw, replay};

/// Polls that wait at a time.
const POLLERS: usize = 64;

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let folder = arguments.folder()?;
    let seconds = Duration::from_secs(arguments.number("seconds")?);
    let in_flight: usize = arguments.number("in-flight")?;
    let recorder = Recorder::default();
    let store = StoreOptions { recorder: Some(recorder.clone()), ..StoreOptions::default() };
    let options = EngineOptions { store, ..EngineOptions::default() };
    let engine = home::open(&folder, options).await?;
    let began = Instant::now();
    let workflows = drive(&engine, in_flight, seconds).await?;
    let engine_took = began.elapsed();
    let groups = recorder.take();
    engine.shutdown().await;
    let replay_took = replay::run(&folder.join("replay.db"), &groups).await?;
    crate::say(&json!({
        "workflows_per_s": per_second(workflows, engine_took),
        "replayed_workflows_per_s": per_second(workflows, replay_took),
        "commits_per_s": per_second(groups.len(), engine_took),
        "share": replay_took.as_secs_f64() / engine_took.as_secs_f64(),
    }));
    Ok(())
}

/// What callers and pollers share.
struct Drive {
    engine: Engine,
    next: AtomicU64,
    completed: AtomicU64,
    stop: AtomicBool,
    /// Places that are free for workflows.
    places: tokio::sync::Semaphore,
}

/// Runs workflows for so long; returns how many completed.
async fn drive(engine: &Engine, in_flight: usize, seconds: Duration) -> Result<usize> {
    let drive = Arc::new(Drive {
        engine: engine.clone(),
        next: AtomicU64::new(0),
        completed: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        places: tokio::sync::Semaphore::new(in_flight),
    });
    let mut starters = JoinSet::new();
    for _ in 0..in_flight {
        let drive = drive.clone();
        starters.spawn(async move { drive.start_workflows().await });
    }
    let mut pollers = JoinSet::new();
    for _ in 0..POLLERS {
        let drive = drive.clone();
        pollers.spawn(async move { drive.work().await });
    }
    tokio::time::sleep(seconds).await;
    drive.stop.store(true, Ordering::Relaxed);
    let finish = async {
        while let Some(done) = starters.join_next().await {
            done??;
        }
        // All that was started completes.
        let _all = drive.places.acquire_many(u32::try_from(in_flight)?).await?;
        anyhow::Ok(())
    };
    tokio::select! {
        finished = finish => finished?,
        Some(ended) = pollers.join_next() => ended??,
    }
    pollers.shutdown().await;
    Ok(usize::try_from(drive.completed.load(Ordering::Relaxed))?)
}

impl Drive {
    async fn start_workflows(&self) -> Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            // Given back by the poller that completes the workflow.
            self.places.acquire().await?.forget();
            raw::start(&self.engine, self.next.fetch_add(1, Ordering::Relaxed)).await?;
        }
        Ok(())
    }

    async fn work(&self) -> Result<()> {
        loop {
            let task = raw::poll(&self.engine).await?;
            if task.task_token.is_empty() {
                continue;
            }
            if task.previous_started_event_id > 0 {
                raw::complete_workflow_task(&self.engine, task.task_token, raw::complete_workflow()).await?;
                self.completed.fetch_add(1, Ordering::Relaxed);
                self.places.add_permits(1);
                continue;
            }
            let answer =
                raw::complete_workflow_task(&self.engine, task.task_token, raw::schedule_activity()).await?;
            for activity in answer.activity_tasks {
                raw::complete_activity(&self.engine, activity).await?;
            }
        }
    }
}
