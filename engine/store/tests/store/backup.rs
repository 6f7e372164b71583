//! Copies made beside a writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine_store::{OpenError, Store, StoreOptions, backup};

use crate::sample::{self, continued, started};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_beside_a_writer_is_one_moment_with_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "r")).await.unwrap();
    let ends = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, ends) = (store.clone(), ends.clone());
        async move {
            let mut version = 1;
            while !ends.load(Ordering::Relaxed) {
                store.commit(continued("w", "r", version)).await.unwrap();
                version += 1;
            }
            version
        }
    });
    let mut copied = 0;
    for number in 0..5 {
        let before = store.load("r").await.unwrap().unwrap().version;
        let to = tempfile::tempdir().unwrap();
        let file = to.path().join("engine.db");
        backup::copy(&folder.path().join("engine.db"), &file).await.unwrap();
        backup::verify(&file).await.unwrap();
        let copy = Store::open(&file, StoreOptions::default()).await.unwrap();
        let run = copy.load("r").await.unwrap().unwrap();
        assert!(run.version >= before, "copy {number} has {} of {before}", run.version);
        assert!(run.version >= copied);
        copied = run.version;
        let history = copy.history("r", run.version, usize::MAX).await.unwrap();
        assert_eq!(history.last().unwrap().last_event_id, run.version, "state and history are of one moment");
        copy.close().await;
    }
    ends.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > copied, "the writer went on");
    store.close().await;
}

#[tokio::test]
async fn a_copy_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "r")).await.unwrap();
    let path = folder.path().join("engine.db");
    let other = folder.path().join("other.db");
    std::fs::write(&other, b"something").unwrap();
    backup::copy(&path, &other).await.unwrap_err();
    assert_eq!(std::fs::read(&other).unwrap(), b"something");
    store.close().await;
}

#[tokio::test]
async fn a_damaged_copy_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    for n in 0..200 {
        store.commit(started(&format!("w{n}"), &format!("r{n}"))).await.unwrap();
    }
    store.close().await;
    let path = folder.path().join("engine.db");
    backup::verify(&path).await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(backup::verify(&path).await, Err(OpenError::Corrupt { .. })));
}
