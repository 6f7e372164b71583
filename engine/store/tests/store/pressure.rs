//! Full disks, slow readers, large deletions, long logs, small rows.

use engine_store::{CommitError, EventBatch, Expect, RunWrite, StoreOptions};
use sqlx::{Connection as _, Row as _};

use crate::sample::{self, one, started, write};

/// A new run whose state takes `bytes`.
fn large(n: usize, bytes: usize) -> RunWrite {
    let write = write(&format!("w{n}"), &format!("r{n}"), Expect::New { current: None });
    RunWrite { state: vec![n as u8; bytes], ..write }
}

#[tokio::test]
async fn a_full_disk_refuses_work_and_works_again_with_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.set_size_max(Some(1 << 20));
    let mut accepted = 0;
    let refusal = loop {
        match store.commit(one(large(accepted, 20_000))).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refusal, CommitError::Unavailable { .. }), "{refusal:?}");
    assert!((10..60).contains(&accepted), "{accepted} of 20 KB in 1 MB");
    for _ in 0..3 {
        let again = store.commit(one(large(accepted, 20_000))).await;
        assert!(matches!(again, Err(CommitError::Unavailable { .. })), "{again:?}");
        let read = store.load(&format!("r{}", accepted - 1)).await.unwrap().unwrap();
        assert_eq!(read.state.len(), 20_000, "what was accepted can be read meanwhile");
    }
    assert_eq!(sample::integrity(&folder).await, ["ok"]);
    store.set_size_max(None);
    store.commit(one(large(accepted, 20_000))).await.unwrap();
    store.close().await;
    let store = sample::open(&folder).await;
    assert_eq!(store.count("default", &[]).await.unwrap(), accepted as u64 + 1);
    assert_eq!(sample::integrity(&folder).await, ["ok"]);
}

#[tokio::test]
async fn a_full_disk_refuses_the_whole_group_and_keeps_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "a")).await.unwrap();
    store.set_size_max(Some(400_000));
    let mut group = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        group.spawn(async move { store.commit(one(large(n, 20_000))).await });
    }
    let answers = group.join_all().await;
    assert!(answers.iter().all(Result::is_err), "they were one group");
    assert_eq!(store.count("default", &[]).await.unwrap(), 1);
    // New names came with the refused group; they are not taken for known.
    store.set_size_max(None);
    store.commit(one(large(7, 10))).await.unwrap();
    assert_eq!(store.count("default", &[]).await.unwrap(), 2);
}

#[tokio::test]
async fn a_reader_that_stays_does_not_stop_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { checkpoint_bytes: 1 << 16, ..StoreOptions::default() };
    let store = sample::open_with(&folder, options).await;
    store.commit(started("w", "a")).await.unwrap();
    let path = folder.path().join("engine.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut reader = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    let count = "SELECT count(*) FROM runs";
    assert_eq!(sqlx::query(count).fetch_one(&mut reader).await.unwrap().get::<i64, _>(0), 1);
    let mut n = 0;
    while n < 100 || store.stats().checkpoints < 2 {
        store.commit(one(large(n, 1_000))).await.unwrap();
        n += 1;
    }
    assert_eq!(sqlx::query(count).fetch_one(&mut reader).await.unwrap().get::<i64, _>(0), 1);
    sqlx::query("COMMIT").execute(&mut reader).await.unwrap();
    assert_eq!(sqlx::query(count).fetch_one(&mut reader).await.unwrap().get::<i64, _>(0), n as i64 + 1);
    reader.close().await.unwrap();
}

#[tokio::test]
async fn a_log_that_grew_beneath_a_slow_reader_gives_its_room_back() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        StoreOptions { checkpoint_bytes: 1 << 16, log_bytes_max: 1 << 20, ..StoreOptions::default() };
    let store = sample::open_with(&folder, options).await;
    store.commit(started("w", "a")).await.unwrap();
    let path = folder.path().join("engine.db");
    let log = || std::fs::metadata(folder.path().join("engine.db-wal")).unwrap().len();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut reader = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    sqlx::query("SELECT count(*) FROM runs").fetch_one(&mut reader).await.unwrap();
    let mut n = 0;
    while log() < 8 << 20 {
        store.commit(one(large(n, 50_000))).await.unwrap();
        n += 1;
    }
    sqlx::query("COMMIT").execute(&mut reader).await.unwrap();
    reader.close().await.unwrap();
    for _ in 0..1_000 {
        store.commit(one(large(n, 5_000))).await.unwrap();
        n += 1;
        if log() <= 2 << 20 {
            return;
        }
    }
    panic!("the log still has {} bytes", log());
}

/// While commits never pause, passive checkpoints alone would let the log grow for ever.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_starts_again_however_busy_the_writer_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    let mut writers = tokio::task::JoinSet::new();
    // 400 MB in all.
    for writer in 0..8usize {
        let store = store.clone();
        writers.spawn(async move {
            for n in 0..50 {
                store.commit(one(large(writer * 1_000 + n, 1 << 20))).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let log = std::fs::metadata(folder.path().join("engine.db-wal")).unwrap().len();
    assert!(log < 200 << 20, "the log has {log} bytes");
}

#[tokio::test]
async fn a_deleted_run_is_gone_at_once_and_its_history_soon() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "a")).await.unwrap();
    store.commit(started("v", "b")).await.unwrap();
    for version in 1..1_000 {
        let events =
            EventBatch { first_event_id: version + 1, last_event_id: version + 1, data: vec![0; 10] };
        let write = write("w", "a", Expect::Version(version));
        store.commit(one(RunWrite { events: Some(events), ..write })).await.unwrap();
    }
    assert!(store.delete("a").await.unwrap());
    assert!(!store.delete("a").await.unwrap());
    assert_eq!(store.load("a").await.unwrap(), None);
    assert_eq!(store.current("default", "w").await.unwrap(), None);
    assert_eq!(store.history("a", 1, 1_000).await.unwrap(), []);
    // The id is free again while the old history is still being erased.
    store.commit(started("w", "a")).await.unwrap();
    assert_eq!(store.history("a", 1, 1_000).await.unwrap().len(), 1);
    // Closing does not wait for it; opening takes it up.
    store.close().await;
    let store = sample::open(&folder).await;
    let path = folder.path().join("engine.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut reader = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    loop {
        let left = sqlx::query("SELECT count(*) FROM doomed").fetch_one(&mut reader).await.unwrap();
        if left.get::<i64, _>(0) == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let left = sqlx::query("SELECT count(*) FROM history").fetch_one(&mut reader).await.unwrap();
    assert_eq!(left.get::<i64, _>(0), 2, "the first batch of `b`, and of the new `a`");
    reader.close().await.unwrap();
    assert_eq!(store.count("default", &[]).await.unwrap(), 2);
}

#[tokio::test]
async fn many_deleted_runs_are_erased_together() {
    const RUNS: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    for n in 0..RUNS {
        store.commit(started(&format!("w{n}"), &format!("r{n}"))).await.unwrap();
    }
    let ids: Vec<String> = (0..RUNS).map(|n| format!("r{n}")).collect();
    let mut deletions = tokio::task::JoinSet::new();
    for run_id in ids {
        let store = store.clone();
        deletions.spawn(async move { store.delete(&run_id).await.unwrap() });
    }
    assert!(deletions.join_all().await.into_iter().all(|was_there| was_there));
    let path = folder.path().join("engine.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut reader = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let mut left = i64::MAX;
    while left > 0 {
        let row = sqlx::query("SELECT (SELECT count(*) FROM history) + (SELECT count(*) FROM doomed)")
            .fetch_one(&mut reader)
            .await
            .unwrap();
        left = row.get(0);
        tokio::task::yield_now().await;
    }
    reader.close().await.unwrap();
    store.close().await;
    assert_eq!(sample::integrity(&folder).await, ["ok"]);
}

#[tokio::test]
async fn a_sleeping_run_costs_little_more_than_its_content() {
    const RUNS: usize = 2_000;
    const STATE: usize = 700;
    const EVENTS: usize = 250;
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    for n in 0..RUNS {
        let run_id = format!("{n:08x}-0000-4000-8000-{n:012x}");
        let workflow_id = format!("publication/{n:032x}");
        let summary = engine_store::Summary {
            start_request_id: format!("{n:08x}-1111-4111-8111-{n:012x}"),
            ..sample::summary(&run_id)
        };
        let write = |expect, first_event_id| RunWrite {
            state: vec![5; STATE],
            summary: summary.clone(),
            next_due: Some(1_800_000_000_000_000_000 + n as i64),
            events: Some(EventBatch {
                first_event_id,
                last_event_id: first_event_id + 1,
                data: vec![6; EVENTS],
            }),
            ..write(&workflow_id, &run_id, expect)
        };
        let runs = vec![write(Expect::New { current: None }, 1), write(Expect::Version(1), 3)];
        store.commit(engine_store::Commit { runs }).await.unwrap();
    }
    store.close().await;
    let bytes = std::fs::metadata(folder.path().join("engine.db")).unwrap().len() as usize / RUNS;
    println!("{bytes} bytes for each run with {} bytes of content", STATE + 2 * EVENTS);
    // Ids, times, seven index entries, and pages that are not full.
    assert!(bytes < STATE + 2 * EVENTS + 600, "{bytes} bytes for each run");
}
