//! Large states as rows: runs that the engine's own rules made, written through the store.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use engine_clock::Clock;
use engine_history::limits::WORKFLOW_TASK_TIMEOUT_MAX_NS;
use engine_history::{
    Answer, CompleteWorkflowTask, Input, Poller, StartRun, StartedWorkflowTask, Transition, WorkflowTaskKey,
    apply, nanos_to_duration, start,
};
use engine_service::stored_run;
use engine_store::{Commit, Expect, RunWrite, Store, StoreOptions};
use serde_json::json;
use temporalio_protos::temporal::api::command::v1::{StartTimerCommandAttributes, command::Attributes};
use temporalio_protos::temporal::api::enums::v1::CommandType;

use crate::arguments::Arguments;
use crate::home::FILE;
use crate::raw;

/// Runs of one transaction.
const AT_ONCE: u64 = 1_000;
/// How long a sleeping run sleeps: beyond every measurement.
const SLEEP: Duration = Duration::from_secs(30 * 24 * 3600);

/// What the seeded runs wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A timer of so many nanoseconds.
    Timer(u64),
    /// A worker that takes its first workflow task.
    Worker,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let kind = match arguments.text("kind")? {
        "sleeping" => Kind::Timer(u64::try_from(SLEEP.as_nanos())?),
        "offered" => Kind::Worker,
        other => bail!("`kind={other}`: it is `sleeping` or `offered`"),
    };
    let count = arguments.number("count")?;
    let path = arguments.folder()?.join(FILE);
    seed(&path, count, |number| (format!("bench-{number:08}"), kind)).await?;
    crate::say(&json!({"bytes_each": std::fs::metadata(&path)?.len() / count}));
    Ok(())
}

/// Adds `count` runs; `describe` gives each its workflow id and what it waits for.
pub(crate) async fn seed(path: &Path, count: u64, describe: impl Fn(u64) -> (String, Kind)) -> Result<()> {
    let store = Store::open(path, StoreOptions::default()).await?;
    let now_ns = i64::try_from(Clock::real().now().as_nanosecond())?;
    for first in (0..count).step_by(usize::try_from(AT_ONCE)?) {
        let mut runs = Vec::new();
        for number in first..count.min(first + AT_ONCE) {
            let (workflow_id, kind) = describe(number);
            runs.extend(history(workflow_id, kind, now_ns)?);
        }
        store.commit(Commit { runs }).await?;
    }
    store.close().await;
    Ok(())
}

/// The writes of one run, one per transition, as the engine would have made them.
fn history(workflow_id: String, kind: Kind, now_ns: i64) -> Result<Vec<RunWrite>> {
    let begin = StartRun {
        namespace: raw::NAMESPACE.to_owned(),
        workflow_id,
        run_id: uuid::Uuid::now_v7().to_string(),
        workflow_type: raw::WORKFLOW_TYPE.to_owned(),
        task_queue: raw::QUEUE.to_owned(),
        input: Some(raw::payload(1)),
        request_id: uuid::Uuid::new_v4().to_string(),
        // The longest: who keeps tasks for a measurement gets each only once.
        task_timeout_ns: WORKFLOW_TASK_TIMEOUT_MAX_NS,
        ..StartRun::default()
    };
    let Transition { state, events, .. } = start(begin, now_ns);
    let mut writes = vec![stored_run(&state, &events, Expect::New { current: None })];
    let Kind::Timer(span_ns) = kind else { return Ok(writes) };
    let Some(task) = &state.workflow_task else { bail!("a run without a first task") };
    let poller = Poller { identity: "bench".to_owned(), ..Poller::default() };
    let input = Input::StartWorkflowTask {
        scheduled_event_id: task.scheduled_event_id,
        attempt: task.attempt,
        poller,
    };
    let Transition { state, events, answer, .. } = step(&state, input, now_ns)?;
    writes.push(stored_run(&state, &events, Expect::Version(1)));
    let Answer::WorkflowTaskStarted(started) = answer else { bail!("no task") };
    let input = Input::CompleteWorkflowTask(Box::new(sleep(&started, span_ns)?));
    let Transition { state, events, .. } = step(&state, input, now_ns)?;
    writes.push(stored_run(&state, &events, Expect::Version(2)));
    Ok(writes)
}

fn step(state: &engine_history::RunState, input: Input, now_ns: i64) -> Result<Transition> {
    apply(state, input, now_ns).map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))
}

/// A worker's answer: a timer.
fn sleep(started: &StartedWorkflowTask, span_ns: u64) -> Result<CompleteWorkflowTask> {
    let timer = StartTimerCommandAttributes {
        timer_id: "1".to_owned(),
        start_to_fire_timeout: Some(nanos_to_duration(i64::try_from(span_ns)?)),
    };
    let command = raw::command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(timer));
    Ok(CompleteWorkflowTask {
        key: WorkflowTaskKey {
            scheduled_event_id: started.scheduled_event_id,
            started_event_id: started.started_event_id,
            attempt: started.attempt,
            started_ns: started.started_ns,
        },
        commands: vec![command],
        identity: "bench".to_owned(),
        ..CompleteWorkflowTask::default()
    })
}
