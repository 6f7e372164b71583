//! Filters of lists and counts.

use engine_store::{Commit, Expect, Filter, ListQuery, RunWrite, Store, Summary, TimeRange};

use crate::sample::{self, write};

/// Ten runs: the odd ones are closed, two types, two queues, times by number.
async fn filled(folder: &tempfile::TempDir) -> Store {
    let store = sample::open(folder).await;
    let runs = (0..10i64).map(|n| {
        let run_id = format!("r{n}");
        let summary = Summary {
            workflow_type: if n < 6 { "Campaign" } else { "Publication" }.to_owned(),
            task_queue: if n % 5 == 0 { "slow" } else { "fast" }.to_owned(),
            status: 1 + (n % 2) as i32,
            start_time: n * 100,
            execution_time: n * 100 + 50,
            close_time: (n % 2 == 1).then_some(n * 100 + 70),
            parent_workflow_id: (n == 4).then(|| "w/0".to_owned()),
            parent_run_id: (n == 4).then(|| "r0".to_owned()),
            ..sample::summary(&run_id)
        };
        RunWrite { summary, ..write(&format!("w/{n}"), &run_id, Expect::New { current: None }) }
    });
    store.commit(Commit { runs: runs.collect() }).await.unwrap();
    store
}

async fn found(store: &Store, filters: &[Filter]) -> String {
    let query =
        ListQuery { namespace: "default".to_owned(), filters: filters.to_vec(), page: None, limit: 100 };
    let page = store.list(&query).await.unwrap();
    assert_eq!(page.next, None);
    assert_eq!(store.count("default", filters).await.unwrap(), page.runs.len() as u64);
    page.runs.iter().map(|run| run.key.run_id.trim_start_matches('r')).collect()
}

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange { from: Some(from), to: Some(to) }
}

#[tokio::test]
async fn each_filter_finds_its_runs_the_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let text = str::to_owned;
    for (filters, expected) in [
        (vec![], "9876543210"),
        (vec![Filter::Status(vec![1])], "86420"),
        (vec![Filter::Status(vec![2, 5])], "97531"),
        (vec![Filter::Status(vec![1, 2])], "9876543210"),
        (vec![Filter::Status(vec![])], ""),
        (vec![Filter::WorkflowId(text("w/3"))], "3"),
        (vec![Filter::WorkflowIdPrefix(text("w/"))], "9876543210"),
        (vec![Filter::WorkflowIdPrefix(text("w/3"))], "3"),
        (vec![Filter::WorkflowIdPrefix(text("x"))], ""),
        (vec![Filter::RunId(text("r7"))], "7"),
        (vec![Filter::WorkflowType(text("Publication"))], "9876"),
        (vec![Filter::WorkflowType(text("Unknown"))], ""),
        (vec![Filter::WorkflowType(text("Publication")), Filter::Status(vec![1])], "86"),
        (vec![Filter::TaskQueue(text("slow"))], "50"),
        (vec![Filter::ParentWorkflowId(text("w/0"))], "4"),
        (vec![Filter::StartTime(range(200, 400))], "432"),
        (vec![Filter::ExecutionTime(range(200, 400))], "32"),
        (vec![Filter::CloseTime(range(0, 400))], "31"),
        (vec![Filter::CloseTime(TimeRange::default())], "97531"),
        (vec![Filter::StartTime(range(200, 400)), Filter::Status(vec![2])], "3"),
    ] {
        assert_eq!(found(&store, &filters).await, expected, "{filters:?}");
    }
    assert_eq!(store.count("unknown", &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn pages_go_on_when_runs_come_and_go_between_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let mut query = ListQuery { namespace: "default".to_owned(), filters: Vec::new(), page: None, limit: 3 };
    let first = store.list(&query).await.unwrap();
    assert!(store.delete("r7").await.unwrap() && store.delete("r6").await.unwrap());
    store.commit(sample::started("new", "new")).await.unwrap();
    query.page = first.next;
    let second = store.list(&query).await.unwrap();
    let ids: Vec<&str> = second.runs.iter().map(|run| run.key.run_id.as_str()).collect();
    assert_eq!(ids, ["r5", "r4", "r3"]);
}

#[tokio::test]
async fn closed_runs_are_found_by_their_age() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    assert_eq!(store.closed(571, 10).await.unwrap(), ["r1", "r3", "r5"]);
    assert_eq!(store.closed(570, 1).await.unwrap(), ["r1"]);
}
