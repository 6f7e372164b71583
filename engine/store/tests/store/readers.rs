//! Many who read at once get what each of them asked for.

use engine_store::{EventBatch, Expect, ReadError, RunWrite};
use tokio::task::JoinSet;

use crate::sample::{self, one, write};

/// More than one statement reads for.
const RUNS: usize = 150;
/// Beyond what is read together with others.
const LONG: usize = 40_000;

fn is_long(n: usize) -> bool {
    n.is_multiple_of(10)
}

/// Two batches; a tenth of the runs have long ones.
async fn filled(folder: &tempfile::TempDir) -> engine_store::Store {
    let store = sample::open(folder).await;
    for n in 0..RUNS {
        for version in 0..2 {
            let expect = if version == 0 { Expect::New { current: None } } else { Expect::Version(1) };
            let mut write: RunWrite = write(&format!("w{n}"), &format!("r{n}"), expect);
            let bytes = if is_long(n) { LONG } else { 10 };
            write.events = Some(EventBatch {
                first_event_id: 1 + version * 3,
                last_event_id: 3 + version * 3,
                data: vec![n as u8; bytes],
            });
            write.summary.history_bytes = bytes as i64 * (version + 1);
            store.commit(one(write)).await.unwrap();
        }
    }
    store
}

#[tokio::test]
async fn runs_that_are_loaded_together_are_each_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let mut callers = JoinSet::new();
    // Each twice, and as many that do not exist.
    for n in (0..RUNS * 2).chain(0..RUNS) {
        let store = store.clone();
        callers.spawn(async move { (n, store.load(&format!("r{n}")).await.unwrap()) });
    }
    for (n, found) in callers.join_all().await {
        let state = found.map(|run| (run.key.workflow_id, String::from_utf8(run.state).unwrap()));
        let expected = (n < RUNS).then(|| (format!("w{n}"), format!("state 2 of r{n}")));
        assert_eq!(state, expected);
    }
}

#[tokio::test]
async fn histories_that_are_read_together_begin_where_each_caller_asked_and_keep_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let mut callers = JoinSet::new();
    for n in 0..RUNS + 10 {
        for from in [1, 3, 4, 5, 7] {
            let store = store.clone();
            callers.spawn(async move {
                (n, from, store.history(&format!("r{n}"), from, LONG + 1).await.unwrap())
            });
        }
    }
    for (n, from, batches) in callers.join_all().await {
        let firsts: Vec<_> = batches.iter().map(|batch| batch.first_event_id).collect();
        let expected: &[i64] = match from {
            _ if n >= RUNS => &[],
            1 | 3 if is_long(n) => &[1],
            1 | 3 => &[1, 4],
            4 | 5 => &[4],
            _ => &[],
        };
        assert_eq!(firsts, expected, "run {n} from {from}");
        assert!(batches.iter().all(|batch| batch.data.iter().all(|byte| *byte == n as u8)));
    }
}

#[tokio::test]
async fn who_reads_when_the_store_closes_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    store.close().await;
    let load = store.load("r1").await;
    assert!(matches!(load, Err(ReadError::Unavailable { .. })), "{load:?}");
    let history = store.history("r1", 1, LONG).await;
    assert!(matches!(history, Err(ReadError::Unavailable { .. })), "{history:?}");
}
