//! kill -9: what was acknowledged is there.
//!
//! The child is this test binary again, told by its environment where to write. It acknowledges on its
//! standard output, line by line, only after the store did.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use engine_store::{Expect, Store, StoreOptions};

use crate::sample::{self, one, write};

const FOLDER: &str = "TIDINGS_STORE_KILL_FOLDER";
const WRITERS: usize = 8;
/// A line after which the child's own output begins; the harness writes before it.
const READY: &str = "ready";

/// Does nothing unless it is the child.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_writes_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "a message to this process, not a setting")]
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let path = std::path::Path::new(&folder).join("engine.db");
    let store = Store::open(&path, StoreOptions { checkpoint_bytes: 1 << 18, ..StoreOptions::default() });
    let store = store.await.expect("the store opens after a kill");
    say(&format!("\n{READY}"));
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write_on(store.clone(), writer)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("writers end only with the process");
    }
}

/// Writes version after version of one run, going on where the last process was stopped.
async fn write_on(store: Store, writer: usize) {
    let (workflow_id, run_id) = (format!("w{writer}"), format!("r{writer}"));
    let mut version = store.load(&run_id).await.expect("reads").map_or(0, |run| run.version);
    loop {
        let expect = if version == 0 { Expect::New { current: None } } else { Expect::Version(version) };
        store.commit(one(write(&workflow_id, &run_id, expect))).await.expect("commits");
        version += 1;
        say(&format!("{run_id} {version}"));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
}

fn child(folder: &tempfile::TempDir) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a child write, kills it after `lines` acknowledgements, and notes all that it acknowledged.
fn round(folder: &tempfile::TempDir, lines: usize, acknowledged: &mut BTreeMap<String, i64>) {
    let mut child = child(folder);
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut seen = 0;
    for line in out.lines().map_while(Result::ok).skip_while(|line| line != READY).skip(1) {
        // The last line may be cut off: then it was not said.
        if let Some((run_id, version)) = line.split_once(' ')
            && let Ok(version) = version.parse()
        {
            acknowledged.insert(run_id.to_owned(), version);
        }
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    assert!(seen >= lines, "the child ended by itself after {seen} lines");
    child.wait().unwrap();
}

#[tokio::test]
async fn every_acknowledged_commit_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    // Moments of every kind: right after the first, between and during checkpoints.
    for lines in [1, 17, 250, 3, 700, 1_200, 90] {
        round(&folder, lines, &mut acknowledged);
        let store = sample::open(&folder).await;
        for (run_id, version) in &acknowledged {
            let stored = store.load(run_id).await.unwrap().expect("an acknowledged run is there");
            assert!(stored.version >= *version, "{run_id}: {} of {version}", stored.version);
            let history = store.history(run_id, 1, usize::MAX).await.unwrap();
            let ids: Vec<i64> = history.iter().map(|batch| batch.first_event_id).collect();
            let expected: Vec<i64> = (1..=stored.version).take(ids.len()).collect();
            assert_eq!(ids, expected, "state and history are of one commit");
            assert!(ids.len() as i64 == stored.version.min(4_096), "{run_id}");
        }
        store.close().await;
        assert_eq!(sample::integrity(&folder).await, ["ok"]);
    }
    assert_eq!(acknowledged.len(), WRITERS);
}
