//! Reads the database as a life left it, past the engine, and holds it against itself and against what the
//! engine said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engine_history::RunState;
use engine_store::{ListQuery, ListedRun, Store, StoreOptions};
use prost::Message;
use temporalio_protos::temporal::api::enums::v1::{EventType, WorkflowExecutionStatus as Status};
use temporalio_protos::temporal::api::history::v1::{History, HistoryEvent};

use super::facts::{Facts, Said};
use super::fold::Fold;

/// A run as it is stored.
struct Stored {
    listed: ListedRun,
    state: RunState,
    history: Vec<HistoryEvent>,
    fold: Fold,
}

type Verdict = Result<(), String>;

fn check(is_so: bool, what: impl FnOnce() -> String) -> Verdict {
    if is_so { Ok(()) } else { Err(what()) }
}

/// Gives the number of runs that are open.
pub(crate) fn judge(file: &Path, facts: &mut Facts) -> Result<usize, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runs = runtime.block_on(read(file))?;
    for run in runs.values() {
        judge_run(run).map_err(|why| format!("run {}: {why}", run.state.run_id))?;
    }
    judge_relations(&runs)?;
    judge_facts(&runs, facts)?;
    Ok(runs.values().filter(|run| run.state.is_open()).count())
}

async fn read(file: &Path) -> Result<BTreeMap<String, Stored>, String> {
    let failed = |error: &dyn std::error::Error| format!("the database is of no use: {error}");
    if !file.exists() {
        return Ok(BTreeMap::new());
    }
    let store = Store::open(file, StoreOptions::default()).await.map_err(|error| failed(&error))?;
    let mut runs = BTreeMap::new();
    let query = ListQuery { namespace: "default".to_owned(), limit: 1_000, ..ListQuery::default() };
    let page = store.list(&query).await.map_err(|error| failed(&error))?;
    assert!(page.next.is_none(), "a play has few runs");
    for listed in page.runs {
        let run_id = listed.key.run_id.clone();
        let stored = store.load(&run_id).await.map_err(|error| failed(&error))?.unwrap();
        let state = RunState::decode(stored.state.as_slice()).map_err(|error| failed(&error))?;
        let batches = store.history(&run_id, 1, usize::MAX).await.map_err(|error| failed(&error))?;
        let mut history = Vec::new();
        for batch in batches {
            history.extend(History::decode(batch.data.as_slice()).map_err(|error| failed(&error))?.events);
        }
        let fold = Fold::of(&history).map_err(|why| format!("run {run_id}: {why}"))?;
        runs.insert(run_id, Stored { listed, state, history, fold });
    }
    store.close().await;
    engine_store::backup::verify(file).await.map_err(|error| failed(&error))?;
    Ok(runs)
}

/// A state is the fold of its history (I-2).
fn judge_run(run: &Stored) -> Verdict {
    let Stored { listed, state, history, fold } = run;
    let last = history.last().map_or(0, |event| event.event_id);
    check(state.last_event_id == last, || format!("last event {} of {last}", state.last_event_id))?;
    let bytes: i64 = history.iter().map(|event| event.encoded_len() as i64).sum();
    check(state.history_bytes == bytes, || format!("{} bytes of {bytes}", state.history_bytes))?;
    check(listed.summary.history_length == last, || "lists show another length".to_owned())?;
    check(listed.summary.status == state.status, || "lists show another status".to_owned())?;
    let status = match fold.closed_by {
        None => Status::Running,
        Some(EventType::WorkflowExecutionCompleted) => Status::Completed,
        Some(EventType::WorkflowExecutionFailed) => Status::Failed,
        Some(EventType::WorkflowExecutionCanceled) => Status::Canceled,
        Some(EventType::WorkflowExecutionTerminated) => Status::Terminated,
        Some(EventType::WorkflowExecutionTimedOut) => Status::TimedOut,
        Some(_) => Status::ContinuedAsNew,
    };
    check(state.status == status as i32, || format!("status {} after {status:?}", state.status))?;
    if !state.is_open() {
        return check(state.buffered.is_empty(), || "events wait in a closed run".to_owned());
    }
    judge_pending(state, fold)
}

fn judge_pending(state: &RunState, fold: &Fold) -> Verdict {
    let task = state.workflow_task.as_ref().filter(|task| task.is_written);
    let expected = fold.task.map(|(scheduled, _)| scheduled);
    check(task.map(|task| task.scheduled_event_id) == expected, || {
        format!("workflow task {:?}, by the history {:?}", state.workflow_task, fold.task)
    })?;
    if !state.buffered.is_empty() {
        return check(state.workflow_task_runs(), || "events wait for no workflow task".to_owned());
    }
    let activities: Vec<i64> = state.activities.keys().copied().collect();
    let expected: Vec<i64> = fold.activities.keys().copied().collect();
    check(activities == expected, || format!("activities {activities:?}, by the history {expected:?}"))?;
    let timers: Vec<(&String, i64)> =
        state.timers.iter().map(|(id, timer)| (id, timer.started_event_id)).collect();
    let expected: Vec<(&String, i64)> = fold.timers.iter().map(|(id, (started, _))| (id, *started)).collect();
    check(timers == expected, || format!("timers {timers:?}, by the history {expected:?}"))?;
    let children: Vec<(i64, bool)> =
        state.children.iter().map(|(id, child)| (*id, child.started_event_id > 0)).collect();
    let expected: Vec<(i64, bool)> = fold.children.iter().map(|(id, started)| (*id, *started)).collect();
    check(children == expected, || format!("children {children:?}, by the history {expected:?}"))?;
    let external = |pending: &BTreeMap<i64, _>| pending.keys().copied().collect::<BTreeSet<i64>>();
    check(external(&state.external_signals) == fold.external_signals, || "external signals".to_owned())?;
    check(external(&state.external_cancels) == fold.external_cancels, || "external cancels".to_owned())
}

/// Runs that speak of each other: chains, parents.
fn judge_relations(runs: &BTreeMap<String, Stored>) -> Verdict {
    let mut current: BTreeMap<&str, usize> = BTreeMap::new();
    for (run_id, run) in runs {
        let Stored { listed, state, .. } = run;
        if state.is_open() {
            *current.entry(&listed.key.workflow_id).or_default() += 1;
        }
        if !state.successor_run_id.is_empty() {
            let next = runs.get(&state.successor_run_id);
            check(next.is_some_and(|next| next.state.first_run_id == state.first_run_id), || {
                format!("run {run_id} has no successor")
            })?;
        }
        if let Some(parent) = &state.parent {
            check(runs.contains_key(&parent.run_id), || format!("run {run_id} has no parent"))?;
        }
    }
    match current.into_iter().find(|(_, open)| *open > 1) {
        Some((workflow_id, open)) => Err(format!("{workflow_id} has {open} open runs")),
        None => Ok(()),
    }
}

/// Nothing that was said is missing, nothing was done twice.
fn judge_facts(runs: &BTreeMap<String, Stored>, facts: &mut Facts) -> Verdict {
    for (workflow_id, run_id) in &facts.started {
        check(runs.contains_key(run_id), || format!("{workflow_id}: the run {run_id} is gone"))?;
    }
    for workflow_id in &facts.asked {
        let first = runs.iter().filter(|(run_id, run)| {
            run.listed.key.workflow_id == *workflow_id && run.state.first_run_id == **run_id
        });
        let firsts = first.count();
        check(firsts <= 1, || format!("{workflow_id} was started {firsts} times"))?;
    }
    once(runs, &facts.signals, "signal", |fold| &fold.signals)?;
    once(runs, &facts.marks, "mark", |fold| &fold.marks)?;
    once(runs, &facts.updates, "update", |fold| &fold.updates)?;
    for run_id in &facts.cancelled {
        let Some(run) = runs.get(run_id) else { return Err(format!("run {run_id} is gone")) };
        let waiting = run.state.buffered.iter().filter(|event| is_cancel_request(event)).count();
        let requests = run.fold.cancel_requests + waiting;
        // Who wants a run to end has what they want when it has ended.
        let is_so = requests == 1 || (requests == 0 && !run.state.is_open());
        check(is_so, || format!("run {run_id} has {requests} cancel requests"))?;
    }
    for run_id in &facts.terminated {
        let closed_by = runs.get(run_id).and_then(|run| run.fold.closed_by);
        check(closed_by == Some(EventType::WorkflowExecutionTerminated), || {
            format!("run {run_id} was terminated, and closed by {closed_by:?}")
        })?;
    }
    judge_results(runs, facts)?;
    for (run_id, run) in runs {
        facts.read_whole(run_id, &run.history)?;
    }
    let missing = facts.read.keys().find(|run_id| !runs.contains_key(*run_id));
    missing.map_or(Ok(()), |run_id| Err(format!("run {run_id} was read and is gone")))
}

/// What was done is in its run once; nothing is in any run twice.
fn once(
    runs: &BTreeMap<String, Stored>,
    facts: &BTreeMap<String, (String, Said)>,
    what: &str,
    counted: fn(&Fold) -> &BTreeMap<String, usize>,
) -> Verdict {
    for (run_id, run) in runs {
        if let Some((name, count)) = counted(&run.fold).iter().find(|(_, count)| **count > 1) {
            return Err(format!("run {run_id} has {what} {name} {count} times"));
        }
    }
    for (name, (run_id, said)) in facts {
        let Some(run) = runs.get(run_id) else { continue };
        // It may wait for the workflow task that runs; then no workflow task was completed with it.
        let waits = run.state.buffered.iter().any(|event| signal_name(event) == Some(name));
        let is_there = counted(&run.fold).contains_key(name) || waits;
        check(*said == Said::Asked || is_there, || format!("{what} {name} of run {run_id} is lost"))?;
    }
    Ok(())
}

fn is_cancel_request(event: &HistoryEvent) -> bool {
    event.event_type() == EventType::WorkflowExecutionCancelRequested
}

fn signal_name(event: &HistoryEvent) -> Option<&String> {
    use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
    match &event.attributes {
        Some(Attributes::WorkflowExecutionSignaledEventAttributes(it)) => Some(&it.signal_name),
        _ => None,
    }
}

/// An activity has one result: the one that the engine took.
fn judge_results(runs: &BTreeMap<String, Stored>, facts: &Facts) -> Verdict {
    for ((run_id, activity_id), sent) in &facts.results {
        let Some(run) = runs.get(run_id) else { continue };
        let taken: Vec<&String> =
            sent.iter().filter(|(_, said)| **said == Said::Done).map(|(result, _)| result).collect();
        check(taken.len() <= 1, || format!("activity {activity_id} has the results {taken:?}"))?;
        let written = run.fold.results.get(activity_id).map_or(&[][..], Vec::as_slice);
        check(written.len() <= 1, || format!("activity {activity_id} completed {} times", written.len()))?;
        let is_sent = |result: &Vec<u8>| sent.keys().any(|it| it.as_bytes() == result.as_slice());
        check(written.iter().all(is_sent), || format!("nobody sent the result of {activity_id}"))?;
        if let Some(taken) = taken.first()
            && run.state.buffered.is_empty()
        {
            check(written.first().is_some_and(|result| result == taken.as_bytes()), || {
                format!("the result {taken} of {activity_id} in run {run_id} is lost")
            })?;
        }
    }
    Ok(())
}
