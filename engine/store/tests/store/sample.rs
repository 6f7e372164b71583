//! Samples of what the engine writes.

use engine_store::{
    Commit, EventBatch, Expect, RunKey, RunWrite, STATUS_RUNNING, Store, StoreOptions, Summary,
};

pub(crate) async fn open(folder: &tempfile::TempDir) -> Store {
    open_with(folder, StoreOptions::default()).await
}

pub(crate) async fn open_with(folder: &tempfile::TempDir, options: StoreOptions) -> Store {
    Store::open(&folder.path().join("engine.db"), options).await.expect("the store opens")
}

pub(crate) fn key(workflow_id: &str, run_id: &str) -> RunKey {
    RunKey { namespace: "default".to_owned(), workflow_id: workflow_id.to_owned(), run_id: run_id.to_owned() }
}

/// A run's write with the events that a version stands for: version `n` appends event `n`.
pub(crate) fn write(workflow_id: &str, run_id: &str, expect: Expect) -> RunWrite {
    let version = match &expect {
        Expect::New { .. } => 1,
        Expect::Version(version) => version + 1,
    };
    RunWrite {
        key: key(workflow_id, run_id),
        expect,
        state: format!("state {version} of {run_id}").into_bytes(),
        summary: summary(run_id),
        next_due: None,
        has_tasks: false,
        events: Some(EventBatch {
            first_event_id: version,
            last_event_id: version,
            data: format!("event {version} of {run_id}").into_bytes(),
        }),
    }
}

pub(crate) fn summary(run_id: &str) -> Summary {
    Summary {
        workflow_type: "PublicationWorkflow".to_owned(),
        task_queue: "publishing".to_owned(),
        status: STATUS_RUNNING,
        start_time: 1_000,
        execution_time: 1_000,
        start_request_id: format!("request of {run_id}"),
        first_run_id: run_id.to_owned(),
        ..Summary::default()
    }
}

pub(crate) fn started(workflow_id: &str, run_id: &str) -> Commit {
    one(write(workflow_id, run_id, Expect::New { current: None }))
}

pub(crate) fn continued(workflow_id: &str, run_id: &str, version: i64) -> Commit {
    one(write(workflow_id, run_id, Expect::Version(version)))
}

pub(crate) fn one(write: RunWrite) -> Commit {
    Commit { runs: vec![write] }
}

/// `PRAGMA integrity_check` on a connection of its own: `["ok"]` if all is well.
pub(crate) async fn integrity(folder: &tempfile::TempDir) -> Vec<String> {
    use sqlx::{Connection as _, Row as _};
    let path = folder.path().join("engine.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("connects");
    let rows = sqlx::query("PRAGMA integrity_check").fetch_all(&mut connection).await.expect("checks");
    connection.close().await.expect("closes");
    rows.iter().map(|row| row.get(0)).collect()
}
