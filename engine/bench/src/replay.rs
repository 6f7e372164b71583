//! Rows that the engine wrote, written again by nothing but SQLite: the same tables, values and batches, each
//! durable before the next.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use engine_store::{Commit, EventBatch, RunWrite, Store, StoreOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// Rows of one statement; the rest of a batch goes by one. SQLite takes 32,766 values.
const ROWS: usize = 32;
const RUN_COLUMNS: &str = "run, version, is_current, has_tasks, status, next_due, run_id, namespace, \
     workflow_id, workflow_type, task_queue, start_time, execution_time, close_time, history_length, \
     history_bytes, parent_workflow_id, parent_run_id, start_request_id, first_run_id, memo, \
     search_attributes, state";
const RUN_COLUMN_COUNT: usize = 23;

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// Writes the groups to a new file; returns how long that took.
pub(crate) async fn run(path: &Path, groups: &[Vec<Commit>]) -> Result<Duration> {
    // The store makes the tables.
    Store::open(path, StoreOptions::default()).await?.close().await;
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("INSERT INTO names (id, name) VALUES (1, 'bench')").execute(&mut connection).await?;
    let mut replay = Replay { numbers: HashMap::new(), versions: HashMap::new() };
    let began = Instant::now();
    for group in groups {
        replay.group(&mut connection, group).await.context("the replay failed")?;
    }
    let elapsed = began.elapsed();
    connection.close().await?;
    Ok(elapsed)
}

/// The numbers and versions of the runs so far.
struct Replay<'g> {
    numbers: HashMap<&'g str, i64>,
    versions: HashMap<i64, i64>,
}

impl<'g> Replay<'g> {
    async fn group(&mut self, connection: &mut SqliteConnection, group: &'g [Commit]) -> Result<()> {
        let mut runs = BTreeMap::new();
        let mut batches = Vec::new();
        for write in group.iter().flat_map(|commit| &commit.runs) {
            let fresh = i64::try_from(self.numbers.len())? + 1;
            let run = *self.numbers.entry(&write.key.run_id).or_insert(fresh);
            let version = self.versions.entry(run).or_default();
            *version += 1;
            runs.insert(run, (*version, write));
            batches.extend(write.events.as_ref().map(|events| (run, events)));
        }
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let runs: Vec<_> = runs.into_iter().collect();
        for rows in portions(&runs) {
            let sql = put_runs(rows.len());
            rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind_run).execute(&mut *connection).await?;
        }
        for rows in portions(&batches) {
            let sql = put_batches(rows.len());
            rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind_batch).execute(&mut *connection).await?;
        }
        sqlx::query("COMMIT").execute(connection).await?;
        Ok(())
    }
}

/// Full statements first, then rows one by one: two statements that stay prepared.
fn portions<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let (full, rest) = rows.split_at(rows.len() - rows.len() % ROWS);
    full.chunks(ROWS).chain(rest.chunks(1))
}

fn tuples(columns: usize, rows: usize) -> String {
    vec![format!("({})", vec!["?"; columns].join(",")); rows].join(",")
}

fn put_runs(rows: usize) -> String {
    let changing = "version has_tasks status next_due close_time history_length history_bytes state";
    let assignments: Vec<_> =
        changing.split(' ').map(|column| format!("{column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO runs ({RUN_COLUMNS}) VALUES {} ON CONFLICT (run) DO UPDATE SET {}",
        tuples(RUN_COLUMN_COUNT, rows),
        assignments.join(",")
    )
}

fn put_batches(rows: usize) -> String {
    format!("INSERT INTO history (batch, last_event_id, data) VALUES {}", tuples(3, rows))
}

fn bind_run<'q>(query: Query<'q>, (run, (version, write)): &(i64, (i64, &'q RunWrite))) -> Query<'q> {
    let RunWrite { key, state, summary, next_due, has_tasks, .. } = write;
    query
        .bind(*run)
        .bind(*version)
        .bind(true)
        .bind(*has_tasks)
        .bind(summary.status)
        .bind(*next_due)
        .bind(id(&key.run_id))
        .bind(1)
        .bind(&key.workflow_id)
        .bind(1)
        .bind(1)
        .bind(summary.start_time)
        .bind(summary.execution_time)
        .bind(summary.close_time)
        .bind(summary.history_length)
        .bind(summary.history_bytes)
        .bind(summary.parent_workflow_id.as_deref())
        .bind(summary.parent_run_id.as_deref())
        .bind(id(&summary.start_request_id))
        .bind(None::<Vec<u8>>)
        .bind(&summary.memo)
        .bind(&summary.search_attributes)
        .bind(state)
}

fn bind_batch<'q>(query: Query<'q>, (run, batch): &(i64, &'q EventBatch)) -> Query<'q> {
    let key = (*run << 20) | batch.first_event_id;
    query.bind(key).bind(batch.last_event_id).bind(&batch.data)
}

/// A UUID as the store packs it.
fn id(text: &str) -> Vec<u8> {
    uuid::Uuid::try_parse(text).map_or_else(|_| text.as_bytes().to_vec(), |uuid| uuid.into_bytes().to_vec())
}
