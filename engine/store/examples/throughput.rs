//! How many commits a second the store makes durable: `cargo run --release -p engine-store --example
//! throughput -- [FOLDER] [IN_FLIGHT] [COMMITS]`.
//!
//! Each commit is a transition of the size that a workflow with one activity makes.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a measurement for people, not the product")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use engine_store::{Commit, EventBatch, Expect, RunKey, RunWrite, Store, StoreOptions, Summary};

/// Commits of one run: start, workflow task, activity, workflow task with completion.
const COMMITS_PER_RUN: i64 = 5;

fn commit(run: u64, version: i64) -> Commit {
    let run_id = format!("{run:08x}-0000-4000-8000-{run:012x}");
    let summary = Summary {
        workflow_type: "PublicationWorkflow".to_owned(),
        task_queue: "publishing".to_owned(),
        status: if version == COMMITS_PER_RUN { 2 } else { 1 },
        close_time: (version == COMMITS_PER_RUN).then_some(2),
        start_request_id: format!("{run:08x}-1111-4111-8111-{run:012x}"),
        first_run_id: run_id.clone(),
        ..Summary::default()
    };
    let write = RunWrite {
        key: RunKey {
            namespace: "default".to_owned(),
            workflow_id: format!("publication/{run:032x}"),
            run_id,
        },
        expect: if version == 1 { Expect::New { current: None } } else { Expect::Version(version - 1) },
        state: vec![5; 700],
        summary,
        next_due: Some(1_800_000_000_000_000_000 + version),
        has_tasks: true,
        events: Some(EventBatch {
            first_event_id: version * 2 - 1,
            last_event_id: version * 2,
            data: vec![6; 250],
        }),
    };
    Commit { runs: vec![write] }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let in_flight: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100);
    let total: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(50_000);
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    let store = Store::open(&folder.path().join("engine.db"), StoreOptions::default()).await.expect("opens");
    let next_run = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (store, next_run) = (store.clone(), Arc::clone(&next_run));
        callers.spawn(async move {
            loop {
                let run = next_run.fetch_add(1, Ordering::Relaxed);
                if run * COMMITS_PER_RUN as u64 >= total {
                    return;
                }
                for version in 1..=COMMITS_PER_RUN {
                    store.commit(commit(run, version)).await.expect("commits");
                }
            }
        });
    }
    callers.join_all().await;
    let seconds = began.elapsed().as_secs_f64();
    let stats = store.stats();
    store.close().await;
    let bytes = std::fs::metadata(folder.path().join("engine.db")).expect("a file").len();
    println!(
        "{in_flight} in flight: {:.0} commits/s in {:.0} transactions/s ({:.1} each), {} checkpoints, {} bytes a run",
        stats.members as f64 / seconds,
        stats.commits as f64 / seconds,
        stats.members as f64 / stats.commits as f64,
        stats.checkpoints,
        bytes * COMMITS_PER_RUN as u64 / stats.members,
    );
}
