//! Group commit: one transaction for many, and failures that stay alone.

use engine_store::{Commit, CommitError, EventBatch, Expect, RunWrite, StoreOptions};

use crate::sample::{self, continued, one, started, write};

/// Hands all commits over before the writer can begin, and returns the answers in order.
async fn together(store: &engine_store::Store, commits: Vec<Commit>) -> Vec<Result<(), CommitError>> {
    let mut answers = tokio::task::JoinSet::new();
    for (place, commit) in commits.into_iter().enumerate() {
        let store = store.clone();
        answers.spawn(async move { (place, store.commit(commit).await) });
    }
    let mut answers = answers.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn many_commits_share_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    let commits = (0..500).map(|n| started(&format!("w{n}"), &format!("r{n}"))).collect();
    let answers = together(&store, commits).await;
    assert!(answers.iter().all(Result::is_ok));
    let stats = store.stats();
    assert_eq!((stats.members, stats.transitions, stats.refused), (500, 500, 0));
    assert!(stats.commits <= 3, "{stats:?}");
    assert_eq!(store.count("default", &[]).await.unwrap(), 500);
}

#[tokio::test]
async fn a_member_that_conflicts_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    let answers = together(
        &store,
        vec![
            started("w", "a"),
            started("w", "b"),
            started("v", "c"),
            Commit { runs: vec![write("v", "c", Expect::Version(1)), write("v", "d", Expect::Version(9))] },
            continued("w", "a", 1),
        ],
    )
    .await;
    let outcomes: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(outcomes, [true, false, true, false, true]);
    assert!(matches!(&answers[3], Err(CommitError::Conflict { run_id, .. }) if run_id == "d"));
    assert_eq!(store.stats().commits, 1);
    assert_eq!(store.load("a").await.unwrap().unwrap().version, 2);
    assert_eq!(store.load("c").await.unwrap().unwrap().version, 1, "nothing of the failed commit is there");
}

#[tokio::test]
async fn a_member_that_can_not_be_stored_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "a")).await.unwrap();
    // The same events twice: only the database sees it.
    let again = RunWrite {
        events: write("w", "a", Expect::Version(0)).events,
        ..write("w", "a", Expect::Version(1))
    };
    let twice = EventBatch { first_event_id: 1, last_event_id: 1, data: Vec::new() };
    let again = RunWrite { events: Some(twice), ..again };
    let answers =
        together(&store, vec![started("v", "b"), one(again), started("u", "c"), started("u", "d")]).await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert!(matches!(answers[1], Err(CommitError::Invalid { .. })), "{:?}", answers[1]);
    assert!(matches!(answers[3], Err(CommitError::Conflict { .. })), "{:?}", answers[3]);
    assert_eq!(store.load("a").await.unwrap().unwrap().version, 1);
    assert_eq!(store.count("default", &[]).await.unwrap(), 3);
}

#[tokio::test]
async fn what_can_never_be_stored_is_refused_before_it_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    for (first_event_id, last_event_id) in [(0, 1), (2, 1), (1, engine_store::EVENT_ID_MAX + 1)] {
        let events = Some(EventBatch { first_event_id, last_event_id, data: Vec::new() });
        let commit = one(RunWrite { events, ..write("w", "a", Expect::New { current: None }) });
        assert!(matches!(store.commit(commit).await, Err(CommitError::Invalid { .. })));
    }
    store.commit(Commit::default()).await.unwrap();
    assert_eq!(store.stats().commits, 0);
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    for n in 0..200 {
        // Polled once: that puts it into the queue. Then the caller is gone.
        tokio::select! {
            biased;
            answer = store.commit(started(&format!("w{n}"), &format!("r{n}"))) => answer.unwrap(),
            () = std::future::ready(()) => {}
        }
        if n % 20 == 0 {
            tokio::task::yield_now().await;
        }
    }
    store.commit(started("last", "last")).await.unwrap();
    assert_eq!(store.count("default", &[]).await.unwrap(), 201);
    assert_eq!(store.stats().members, 201);
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { queue_max: 2, group_max: 2, ..StoreOptions::default() };
    let store = sample::open_with(&folder, options).await;
    let commits = (0..50).map(|n| started(&format!("w{n}"), &format!("r{n}"))).collect();
    assert!(together(&store, commits).await.iter().all(Result::is_ok));
    assert!(store.stats().commits >= 25);
}

#[tokio::test]
async fn closing_answers_what_was_accepted_and_refuses_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    let mut accepted = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = store.clone();
        accepted.spawn(async move { store.commit(started(&format!("w{n}"), &format!("r{n}"))).await });
    }
    // The tasks run before this one goes on: their commits are queued.
    tokio::task::yield_now().await;
    store.close().await;
    assert!(accepted.join_all().await.iter().all(Result::is_ok));
    assert!(matches!(store.commit(started("x", "x")).await, Err(CommitError::Unavailable { .. })));
    assert!(store.load("r1").await.is_err());
    let store = sample::open(&folder).await;
    assert_eq!(store.count("default", &[]).await.unwrap(), 20);
}

#[tokio::test]
async fn a_history_is_read_in_portions_and_from_any_event() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample::open(&folder).await;
    store.commit(started("w", "a")).await.unwrap();
    for version in 1..10 {
        let first = version * 10;
        let events = EventBatch { first_event_id: first, last_event_id: first + 9, data: vec![1; 100] };
        let write = write("w", "a", Expect::Version(version));
        store.commit(one(RunWrite { events: Some(events), ..write })).await.unwrap();
    }
    let first_ids =
        |batches: Vec<EventBatch>| -> Vec<i64> { batches.iter().map(|batch| batch.first_event_id).collect() };
    assert_eq!(first_ids(store.history("a", 25, 250).await.unwrap()), [20, 30]);
    assert_eq!(first_ids(store.history("a", 20, 1).await.unwrap()), [20], "at least one");
    assert_eq!(first_ids(store.history("a", 99, usize::MAX).await.unwrap()), [90]);
    assert_eq!(first_ids(store.history("a", 100, usize::MAX).await.unwrap()), [0i64; 0]);
    assert_eq!(first_ids(store.history("a", i64::MIN, 1).await.unwrap()), [1]);
    assert_eq!(first_ids(store.history("unknown", 1, 1).await.unwrap()), [0i64; 0]);
}
