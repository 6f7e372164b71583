//! How late timers are: from the instant that a run asked for to the instant at which a worker has the task
//! that the timer woke, durable.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use engine_clock::Clock;
use engine_service::{Engine, EngineOptions};
use serde_json::json;
use tokio::sync::mpsc;

use crate::arguments::Arguments;
use crate::home::{self, FILE};
use crate::latency::Latencies;
use crate::raw;
use crate::seed::{Kind, seed};

/// Polls that wait at a time.
const POLLERS: usize = 64;
/// From the seeding's begin to the first timer: enough for 20,000 runs and the engine's start.
const LEAD: Duration = Duration::from_secs(5);
/// After the last timer's instant, at most.
const LATE_MAX: Duration = Duration::from_secs(20);
const PREFIX: &str = "fires-";

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let folder = arguments.folder()?;
    let rate: u64 = arguments.number("per-second")?;
    let seconds: u64 = arguments.number("seconds")?;
    let count = rate * seconds;
    let lead_ns = u64::try_from(LEAD.as_nanos())?;
    seed(&folder.join(FILE), count, |number| {
        let span_ns = lead_ns + number * 1_000_000_000 / rate;
        (format!("{PREFIX}{number}"), Kind::Timer(span_ns))
    })
    .await?;
    let engine = home::open(&folder, EngineOptions::default()).await?;
    let (lags, mut lag) = mpsc::unbounded_channel();
    let lags = Arc::new(lags);
    for _ in 0..POLLERS {
        tokio::spawn(work(engine.clone(), lags.clone()));
    }
    drop(lags);
    let mut all = Latencies::default();
    let until = tokio::time::Instant::now() + LEAD + Duration::from_secs(seconds) + LATE_MAX;
    while (all.len() as u64) < count {
        let next = tokio::time::timeout_at(until, lag.recv()).await;
        ensure!(next.is_ok(), "only {} of {count} timers fired", all.len());
        all.add(next?.context("all pollers ended")?);
    }
    engine.shutdown().await;
    crate::say(&json!({"p50_ms": all.percentile_ms(50), "p99_ms": all.percentile_ms(99)}));
    Ok(())
}

async fn work(engine: Engine, lags: Arc<mpsc::UnboundedSender<Duration>>) -> Result<()> {
    let clock = Clock::real();
    loop {
        let task = raw::poll(&engine).await?;
        let now_ns = i64::try_from(clock.now().as_nanosecond())?;
        if task.task_token.is_empty() {
            continue;
        }
        let due_ns = due_ns(&task).context("a task without a timer")?;
        lags.send(Duration::from_nanos(u64::try_from(now_ns - due_ns).unwrap_or(0)))?;
        raw::complete_workflow_task(&engine, task.task_token, raw::complete_workflow()).await?;
    }
}

/// When the timer was due: the instant of its start and the span that it was given.
fn due_ns(
    task: &temporalio_protos::temporal::api::workflowservice::v1::PollWorkflowTaskQueueResponse,
) -> Option<i64> {
    use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
    task.history.as_ref()?.events.iter().find_map(|event| {
        let Some(Attributes::TimerStartedEventAttributes(timer)) = &event.attributes else { return None };
        let at_ns = engine_history::timestamp_to_nanos(event.event_time.as_ref());
        Some(at_ns + engine_history::duration_to_nanos(timer.start_to_fire_timeout.as_ref()))
    })
}
