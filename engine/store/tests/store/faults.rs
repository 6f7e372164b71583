//! A disk that is full or fails: work is refused, nothing is damaged, and all is well when the disk is.

use engine_faulty_disk::{Disk, Operation};
use engine_store::{CommitError, Expect, RunWrite, Store, StoreOptions};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::sample::{self, one, started, write};

fn large(n: usize) -> RunWrite {
    let write = write(&format!("w{n}"), &format!("r{n}"), Expect::New { current: None });
    RunWrite { state: vec![n as u8; 20_000], ..write }
}

async fn is_refused(store: &Store, n: usize) -> bool {
    matches!(store.commit(one(large(n))).await, Err(CommitError::Unavailable { .. }))
}

#[tokio::test]
async fn a_disk_without_space_refuses_work_and_takes_it_when_space_returns() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path(), 1).unwrap();
    let store = sample::open(&folder).await;
    disk.set_free_space(Some(300_000));
    let mut accepted = 0;
    while store.commit(one(large(accepted))).await.is_ok() {
        accepted += 1;
    }
    assert!((3..20).contains(&accepted), "{accepted} of 20 KB in 300 KB");
    for _ in 0..3 {
        assert!(is_refused(&store, accepted).await);
        for n in 0..accepted {
            assert_eq!(store.load(&format!("r{n}")).await.unwrap().unwrap().state.len(), 20_000);
        }
    }
    disk.set_free_space(None);
    store.commit(one(large(accepted))).await.unwrap();
    assert_eq!(store.count("default", &[]).await.unwrap(), accepted as u64 + 1);
    store.close().await;
    assert_eq!(sample::integrity(&folder).await, ["ok"]);
}

/// A store that was refused space and then lost its power has all that it acknowledged.
#[tokio::test]
async fn a_full_disk_that_loses_power_loses_nothing_acknowledged() {
    for seed in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path(), seed).unwrap();
        let store = sample::open(&folder).await;
        disk.set_free_space(Some(100_000 + seed * 1_000));
        let mut accepted = 0;
        while store.commit(one(large(accepted))).await.is_ok() {
            accepted += 1;
        }
        disk.lose_power();
        store.close().await;
        disk.set_free_space(None);
        disk.restore_power().unwrap();
        let store = sample::open(&folder).await;
        for n in 0..accepted {
            assert!(store.load(&format!("r{n}")).await.unwrap().is_some(), "seed {seed}: r{n} of {accepted}");
        }
        store.close().await;
        assert_eq!(sample::integrity(&folder).await, ["ok"], "seed {seed}");
    }
}

#[tokio::test]
async fn a_disk_that_does_not_sync_acknowledges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path(), 2).unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "a")).await.unwrap();
    for operation in [Operation::Sync, Operation::Write] {
        disk.fail(&[operation]);
        for n in 0..3 {
            assert!(is_refused(&store, n).await, "{operation:?}");
            assert_eq!(store.load(&format!("r{n}")).await.unwrap(), None, "{operation:?}");
        }
        disk.heal();
    }
    store.commit(one(large(0))).await.unwrap();
    store.close().await;
    assert_eq!(sample::integrity(&folder).await, ["ok"]);
}

#[tokio::test]
async fn a_disk_that_does_not_read_is_an_error_and_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    for n in 0..50 {
        store.commit(one(large(n))).await.unwrap();
    }
    store.close().await;
    let disk = Disk::at(folder.path(), 3).unwrap();
    let store = sample::open(&folder).await;
    disk.fail(&[Operation::Read]);
    let mut errors = 0;
    for n in 0..50 {
        match store.load(&format!("r{n}")).await {
            Ok(run) => assert!(run.is_some(), "r{n} is there"),
            Err(_) => errors += 1,
        }
    }
    assert!(errors > 0, "all was in memory");
    disk.heal();
    for n in 0..50 {
        assert_eq!(store.load(&format!("r{n}")).await.unwrap().unwrap().state.len(), 20_000);
    }
    store.close().await;
}

/// One operation in a few fails. Whoever is refused tries the same version again: had the refused commit
/// taken place, that would be a conflict.
async fn endure(seed: u64) {
    const COMMITS: usize = 150;
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path(), seed).unwrap();
    let options = StoreOptions { checkpoint_bytes: 1 << 15, ..StoreOptions::default() };
    let store = sample::open_with(&folder, options).await;
    let mut random = StdRng::seed_from_u64(seed);
    disk.fail_at_random(random.random_range(5..60));
    let writers = (0..3).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let (workflow_id, run_id) = (format!("w{writer}"), format!("r{writer}"));
            let mut version = 0;
            for _ in 0..COMMITS {
                let expect =
                    if version == 0 { Expect::New { current: None } } else { Expect::Version(version) };
                match store.commit(one(write(&workflow_id, &run_id, expect))).await {
                    Ok(()) => version += 1,
                    Err(CommitError::Unavailable { .. }) => {}
                    Err(error) => panic!("seed {seed}: version {version} of {run_id}: {error}"),
                }
            }
            (run_id, version)
        })
    });
    let mut versions = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        versions.push(writer.await.unwrap());
    }
    assert!(disk.activity().failures > 0, "seed {seed}");
    disk.heal();
    holds(&store, &versions, seed).await;
    // A sync that failed for one connection is told to the other when that syncs next.
    if store.commit(started("last", "last")).await.is_err() {
        store.commit(started("last", "last")).await.unwrap();
    }
    // What failing syncs dropped shows only now.
    disk.lose_power();
    store.close().await;
    disk.restore_power().unwrap();
    let store = sample::open(&folder).await;
    holds(&store, &versions, seed).await;
    store.close().await;
    assert_eq!(sample::integrity(&folder).await, ["ok"], "seed {seed}");
}

async fn holds(store: &Store, versions: &[(String, i64)], seed: u64) {
    for (run_id, version) in versions.iter().filter(|(_, version)| *version > 0) {
        let stored = store.load(run_id).await.unwrap().expect("an acknowledged run is there");
        assert!(stored.version >= *version, "seed {seed}: {run_id} has {} of {version}", stored.version);
        let history = store.history(run_id, 1, usize::MAX).await.unwrap();
        let ids: Vec<i64> = history.iter().map(|batch| batch.first_event_id).collect();
        assert_eq!(ids, (1..=stored.version).collect::<Vec<_>>(), "seed {seed}: {run_id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_now_and_then_loses_nothing_acknowledged() {
    for seed in 0..12 {
        endure(seed).await;
    }
}
