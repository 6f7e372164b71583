//! Reads of runs and of what is to be done.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, SqlStr};

use crate::fault::ReadError;
use crate::portion::{Sized, tuples};
use crate::run::{CurrentRun, RunKey, RunWithTasks, StoredRun};
use crate::stored_id::{Id, StoredId};
use crate::together::Question;

const LOAD: &str = "SELECT run_id, names.name, workflow_id, version, next_due, has_tasks, status, state
    FROM runs JOIN names ON names.id = runs.namespace WHERE run_id IN ";
const CURRENT: &str =
    "SELECT run_id, version, status, start_time, close_time, start_request_id, first_run_id FROM runs
    WHERE namespace = (SELECT id FROM names WHERE name = ?) AND workflow_id = ? AND is_current = 1";
const DUE: &str = "SELECT run_id, next_due FROM runs WHERE next_due < ? ORDER BY next_due, run LIMIT ?";
const WITH_TASKS: &str = "SELECT run_id, CASE WHEN length(state) <= ?2 THEN state END
    FROM runs WHERE has_tasks = 1 ORDER BY run_id LIMIT ?1";
const WITH_TASKS_AFTER: &str = "SELECT run_id, CASE WHEN length(state) <= ?2 THEN state END
    FROM runs WHERE has_tasks = 1 AND run_id > ?3 ORDER BY run_id LIMIT ?1";
const CLOSED: &str = "SELECT run_id FROM runs WHERE close_time < ? ORDER BY close_time, run LIMIT ?";

/// A run to be loaded, by its id; the answer is `None` where there is no such run.
#[derive(Debug)]
pub(crate) struct Load(pub(crate) String);

static LOADS: LazyLock<Sized> = LazyLock::new(|| Sized::new(|rows| format!("{LOAD}{}", tuples(rows, 1))));

impl Question for Load {
    type Answer = Option<StoredRun>;

    async fn read(pool: &SqlitePool, runs: Vec<Self>) -> Vec<Result<Self::Answer, ReadError>> {
        let mut answers = Vec::with_capacity(runs.len());
        for (sql, portion) in LOADS.portions(&runs) {
            match load(pool, sql, portion).await {
                Ok(found) => answers.extend(portion.iter().map(|Self(run_id)| {
                    // The same run may be asked for twice.
                    Ok(found.get(run_id).cloned())
                })),
                Err(error) => answers.extend(portion.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }
}

async fn load(
    pool: &SqlitePool,
    sql: SqlStr,
    runs: &[Load],
) -> Result<HashMap<String, StoredRun>, ReadError> {
    let query = runs.iter().fold(sqlx::query(sql), |query, Load(run_id)| query.bind(Id(run_id)));
    let rows = query.fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let run_id = row.try_get::<StoredId, _>(0)?.into_string();
            let run = StoredRun {
                key: RunKey {
                    namespace: row.try_get(1)?,
                    workflow_id: row.try_get(2)?,
                    run_id: run_id.clone(),
                },
                version: row.try_get(3)?,
                next_due: row.try_get(4)?,
                has_tasks: row.try_get(5)?,
                status: row.try_get(6)?,
                state: row.try_get(7)?,
            };
            Ok((run_id, run))
        })
        .collect()
}

pub(crate) async fn current(
    pool: &SqlitePool,
    namespace: &str,
    workflow_id: &str,
) -> Result<Option<CurrentRun>, ReadError> {
    let row = sqlx::query(CURRENT).bind(namespace).bind(workflow_id).fetch_optional(pool).await?;
    row.map(|row| {
        let run_id = row.try_get::<StoredId, _>(0)?.into_string();
        let first_run_id = row.try_get::<Option<StoredId>, _>(6)?.map(StoredId::into_string);
        Ok(CurrentRun {
            version: row.try_get(1)?,
            status: row.try_get(2)?,
            start_time: row.try_get(3)?,
            close_time: row.try_get(4)?,
            start_request_id: row.try_get::<StoredId, _>(5)?.into_string(),
            first_run_id: first_run_id.unwrap_or_else(|| run_id.clone()),
            run_id,
        })
    })
    .transpose()
}

pub(crate) async fn due(
    pool: &SqlitePool,
    before: i64,
    limit: usize,
) -> Result<Vec<(String, i64)>, ReadError> {
    let rows = sqlx::query(DUE).bind(before).bind(rows_max(limit)).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get::<StoredId, _>(0)?.into_string(), row.try_get(1)?))).collect()
}

pub(crate) async fn with_tasks(
    pool: &SqlitePool,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<RunWithTasks>, ReadError> {
    let query = sqlx::query(if after.is_none() { WITH_TASKS } else { WITH_TASKS_AFTER });
    let query = query.bind(rows_max(limit)).bind(STATE_BYTES_MAX);
    let query = match after {
        None => query,
        Some(after) => query.bind(Id(after)),
    };
    let rows = query.fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let run_id = row.try_get::<StoredId, _>(0)?.into_string();
            Ok(RunWithTasks { run_id, state: row.try_get(1)? })
        })
        .collect()
}

pub(crate) async fn closed(pool: &SqlitePool, before: i64, limit: usize) -> Result<Vec<String>, ReadError> {
    let query = sqlx::query(CLOSED);
    run_ids(query.bind(before).bind(rows_max(limit)).fetch_all(pool).await?)
}

fn run_ids(rows: Vec<sqlx::sqlite::SqliteRow>) -> Result<Vec<String>, ReadError> {
    rows.iter().map(|row| Ok(row.try_get::<StoredId, _>(0)?.into_string())).collect()
}

/// States that are read along with many others, bytes: most are far smaller, and a thousand of these are 16 MB.
const STATE_BYTES_MAX: i64 = 16 << 10;

/// Rows that one read gives at most, so that no caller fills the memory: ids of 100,000 runs are 10 MB.
const ROWS_MAX: usize = 100_000;

fn rows_max(limit: usize) -> i64 {
    limit.min(ROWS_MAX) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    #[tokio::test]
    async fn every_read_has_an_index() {
        let load = format!("{LOAD}{}", tuples(2, 1));
        for (sql, index) in [
            (load.as_str(), "runs_by_run_id (run_id=?)"),
            (CURRENT, "runs_by_workflow (namespace=? AND workflow_id=? AND is_current=?)"),
            (DUE, "runs_due (next_due<?)"),
            (WITH_TASKS, "runs_with_tasks"),
            (WITH_TASKS_AFTER, "runs_with_tasks (run_id>?)"),
            (CLOSED, "runs_closed (close_time<?)"),
        ] {
            let plan = plan::of(sql).await;
            assert!(plan.contains(index), "{sql}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "sorted: {sql}\n{plan}");
        }
    }
}
