//! Power loss: what was acknowledged is there, whatever else the disk was left with.
//!
//! The disk is a file system of ours beneath SQLite, which forgets or tears what was not synced.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use engine_faulty_disk::Disk;
use engine_store::{Durability, EventBatch, Expect, RunWrite, Store, StoreOptions};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::sample::{self, one, write};

const WRITERS: usize = 4;
/// Times that the power goes in one folder.
const LIVES: usize = 4;
/// A run is deleted after so many versions, and its workflow goes on with another.
const VERSIONS_MAX: i64 = 40;

/// What the store said of each run.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    /// The latest version that was acknowledged.
    version: i64,
    /// A deletion was asked for, and perhaps acknowledged.
    is_doomed: bool,
    is_deleted: bool,
}

type Acknowledged = Arc<Mutex<BTreeMap<String, Said>>>;

fn options(durability: Durability) -> StoreOptions {
    StoreOptions { durability, checkpoint_bytes: 1 << 16, ..StoreOptions::default() }
}

/// Commits on one workflow until the store refuses.
async fn write_on(store: Store, writer: usize, life: usize, acknowledged: Acknowledged) {
    for number in 0.. {
        let (workflow_id, run_id) =
            (format!("w{life}-{writer}-{number}"), format!("r{life}-{writer}-{number}"));
        for version in 0..VERSIONS_MAX {
            let expect = if version == 0 { Expect::New { current: None } } else { Expect::Version(version) };
            let write = write(&workflow_id, &run_id, expect);
            // Some span pages, most do not.
            let state = vec![version as u8; if version % 7 == 0 { 9_000 } else { 150 }];
            if store.commit(one(RunWrite { state, ..write })).await.is_err() {
                return;
            }
            acknowledged.lock().unwrap().entry(run_id.clone()).or_default().version = version + 1;
        }
        if number % 3 == 0 {
            acknowledged.lock().unwrap().entry(run_id.clone()).or_default().is_doomed = true;
            if store.delete(&run_id).await.is_err() {
                return;
            }
            acknowledged.lock().unwrap().entry(run_id).or_default().is_deleted = true;
        }
    }
}

/// Lets a store work until the power goes.
async fn live(folder: &tempfile::TempDir, life: usize, durability: Durability, acknowledged: &Acknowledged) {
    let path = folder.path().join("engine.db");
    // The power may go while it is opened.
    let Ok(store) = Store::open(&path, options(durability)).await else { return };
    let writers =
        (0..WRITERS).map(|writer| tokio::spawn(write_on(store.clone(), writer, life, acknowledged.clone())));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    store.close().await;
}

/// What is missing of what was acknowledged.
async fn missing(store: &Store, acknowledged: &BTreeMap<String, Said>) -> Result<(), String> {
    for (run_id, said) in acknowledged {
        let stored = store.load(run_id).await.unwrap();
        let history: Vec<EventBatch> = store.history(run_id, 1, usize::MAX).await.unwrap();
        let ids: Vec<i64> = history.iter().map(|batch| batch.first_event_id).collect();
        match stored {
            Some(_) if said.is_deleted => return Err(format!("{run_id} is back")),
            None if said.is_doomed => {}
            None => return Err(format!("{run_id} is gone")),
            Some(stored) if stored.version < said.version => {
                return Err(format!("{run_id} has version {} of {}", stored.version, said.version));
            }
            Some(stored) => {
                assert_eq!(ids, (1..=stored.version).collect::<Vec<_>>(), "state and history of {run_id}");
            }
        }
    }
    Ok(())
}

/// What ends a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    PowerLoss,
    ProcessEnd,
}

/// Several lives in one folder, each ended the same way. `Err`: something acknowledged is missing.
async fn lives(seed: u64, durability: Durability, ending: Ending) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path(), seed).unwrap();
    let mut random = StdRng::seed_from_u64(seed);
    let acknowledged = Acknowledged::default();
    for life in 0..LIVES {
        // The first moments are those of migrations and of the first commits.
        let most = if random.random_bool(0.3) { 30 } else { 2_000 };
        let changes = random.random_range(0..most);
        match ending {
            Ending::PowerLoss => disk.lose_power_after(changes),
            Ending::ProcessEnd => disk.end_process_after(changes),
        }
        live(&folder, life, durability, &acknowledged).await;
        assert!(!disk.has_power(), "writers end only with the power");
        match ending {
            Ending::PowerLoss => disk.restore_power().unwrap(),
            Ending::ProcessEnd => disk.begin_process().unwrap(),
        }
        let store = sample::open_with(&folder, options(durability)).await;
        let said = acknowledged.lock().unwrap().clone();
        let found = missing(&store, &said).await;
        store.close().await;
        assert_eq!(sample::integrity(&folder).await, ["ok"], "seed {seed}, life {life}");
        found.map_err(|missing| format!("seed {seed}, life {life}: {missing}"))?;
    }
    Ok(())
}

fn seeds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the runner's message to its tests")]
    let is_soak = std::env::var_os("TIDINGS_SOAK").is_some();
    if is_soak { 2_000 } else { 25 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_commit_survives_power_loss() {
    for seed in 0..seeds() {
        lives(seed, Durability::PowerLoss, Ending::PowerLoss).await.unwrap();
    }
}

/// What was written is the system's: it outlives the process without any sync.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_the_process_takes_nothing_that_was_acknowledged() {
    for seed in 0..seeds().min(100) {
        lives(seed, Durability::ProcessEnd, Ending::ProcessEnd).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_may_be_cut_off_at_any_moment() {
    let mut moment = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path(), moment).unwrap();
        disk.lose_power_after(moment);
        live_briefly(&folder).await;
        let is_whole = disk.has_power();
        disk.lose_power();
        disk.restore_power().unwrap();
        let store = sample::open(&folder).await;
        store.commit(sample::started("w", "a")).await.unwrap();
        store.close().await;
        assert_eq!(sample::integrity(&folder).await, ["ok"], "moment {moment}");
        if is_whole {
            break;
        }
        moment += 1;
    }
    assert!(moment > 10, "the start asked the disk {moment} times only");
}

async fn live_briefly(folder: &tempfile::TempDir) {
    let path = folder.path().join("engine.db");
    if let Ok(store) = Store::open(&path, StoreOptions::default()).await {
        store.close().await;
    }
}

/// That the first test sees: under `synchronous=NORMAL` the same lives lose what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_power_losses_are_seen_to_take_commits_that_were_not_synced() {
    for seed in 0..seeds() {
        if lives(seed, Durability::Checkpoint, Ending::PowerLoss).await.is_err() {
            return;
        }
    }
    panic!("nothing was lost");
}
