//! kill -9: what was acknowledged goes on and is done.
//!
//! The child is this test binary again, told by its environment where its engine is. It acknowledges starts
//! on its standard output, line by line, only after the engine did.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use engine_clock::Clock;
use temporalio_client::{UntypedWorkflow, WorkflowFetchHistoryOptions, WorkflowGetResultOptions};

use super::bench::{Bench, RunningWorker, connect};
use super::workflows::Sleeper;

const FOLDER: &str = "TIDINGS_ENGINE_KILL_FOLDER";
const ROUND: &str = "TIDINGS_ENGINE_KILL_ROUND";
/// A line after which the child's own output begins; the harness writes before it.
const READY: &str = "ready";
const STARTERS: u32 = 8;

/// Does nothing unless it is the child.
#[tokio::test(flavor = "multi_thread")]
async fn child_works_until_it_is_killed() {
    let message = |name| {
        #[expect(clippy::disallowed_methods, reason = "a message to this process, not a setting")]
        std::env::var(name).ok()
    };
    let (Some(folder), Some(round)) = (message(FOLDER), message(ROUND)) else { return };
    let bench = Bench::at(std::path::Path::new(&folder), Clock::real()).await;
    let _worker = RunningWorker::start(connect(&bench.engine).await, 100).await;
    say(&format!("\n{READY}"));
    let starters = (0..STARTERS).map(|starter| {
        let (client, round) = (bench.client.clone(), round.clone());
        tokio::spawn(async move {
            for number in 0_u32.. {
                let id = format!("{round}-{starter}-{number}");
                let options =
                    temporalio_client::WorkflowStartOptions::new(super::bench::QUEUE, id.clone()).build();
                client.start_workflow(Sleeper::run, 1_u64, options).await.unwrap();
                say(&id);
            }
        })
    });
    for starter in starters.collect::<Vec<_>>() {
        starter.await.unwrap();
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
}

fn child(folder: &std::path::Path, round: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sdk::kill::child_works_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a child work, kills it after `lines` acknowledgements, and notes what it acknowledged.
fn play(folder: &std::path::Path, round: usize, lines: usize, acknowledged: &mut BTreeSet<String>) {
    let mut child = child(folder, round);
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut seen = 0;
    for line in out.lines().map_while(Result::ok).skip_while(|line| line != READY).skip(1) {
        // The last line may be cut off: then it was not said.
        if line.split('-').count() == 3 && seen < lines {
            acknowledged.insert(line);
        }
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    assert!(seen >= lines, "the child ended by itself after {seen} lines");
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_workflow_completes_after_kill_9() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut acknowledged = BTreeSet::new();
    // Right after the first, and in the middle of starts, timers and activities of earlier rounds.
    for (round, lines) in [1, 60, 7, 150, 25].into_iter().enumerate() {
        let path = folder.path().to_owned();
        acknowledged = tokio::task::spawn_blocking(move || {
            play(&path, round, lines, &mut acknowledged);
            acknowledged
        })
        .await
        .unwrap();
    }
    assert_eq!(acknowledged.len(), 1 + 60 + 7 + 150 + 25);
    let bench = Bench::on(folder, Clock::real()).await;
    let worker = bench.worker().await;
    for id in &acknowledged {
        let handle = bench.client.get_workflow_handle::<Sleeper>(id.clone());
        assert_eq!(handle.get_result(WorkflowGetResultOptions::default()).await.unwrap(), 2, "{id}");
        let history = bench
            .client
            .get_workflow_handle::<UntypedWorkflow>(id.clone())
            .fetch_history(WorkflowFetchHistoryOptions::default());
        let ids: Vec<i64> = history.into_events().await.unwrap().iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>(), "{id}");
    }
    worker.stop().await;
}
