//! The table of runs, as the writer uses it.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use crate::admission::{Admission, Filed, Known, WorkflowKey};
use crate::commit::RunWrite;
use crate::portion::{Sized, tuples};
use crate::stored_id::{Id, StoredId};

/// Columns of a run, in the order in which [`RunStatements::put`] binds them.
const COLUMNS: [&str; 23] = [
    "run",
    "version",
    "is_current",
    "has_tasks",
    "status",
    "next_due",
    "run_id",
    "namespace",
    "workflow_id",
    "workflow_type",
    "task_queue",
    "start_time",
    "execution_time",
    "close_time",
    "history_length",
    "history_bytes",
    "parent_workflow_id",
    "parent_run_id",
    "start_request_id",
    "first_run_id",
    "memo",
    "search_attributes",
    "state",
];

/// Columns that never change, nor do their indexes.
const FIXED: [&str; 4] = ["run", "run_id", "namespace", "workflow_id"];

/// Columns of [`Filed`]: a statement that names them makes SQLite file the run anew in four indexes.
const FILED: [&str; 4] = ["is_current", "status", "workflow_type", "close_time"];

/// A run as it is after the group.
#[derive(Debug)]
pub(crate) struct RunRow<'a> {
    pub(crate) known: &'a Known,
    pub(crate) write: &'a RunWrite,
    pub(crate) workflow_type: i64,
    pub(crate) task_queue: i64,
}

impl RunRow<'_> {
    pub(crate) fn filed(&self) -> Filed {
        Filed {
            is_current: self.known.is_current,
            status: self.write.summary.status,
            workflow_type: self.workflow_type,
            close_time: self.write.summary.close_time,
        }
    }
}

/// The writer's statements on runs.
#[derive(Debug)]
pub(crate) struct RunStatements {
    by_run_id: Sized,
    current: Sized,
    /// For runs that are new or filed anew.
    put: Sized,
    /// For runs that stay where they are filed.
    put_in_place: Sized,
    no_longer_current: Sized,
}

impl RunStatements {
    pub(crate) fn new() -> Self {
        const KNOWN: &str = "SELECT run, run_id, version, is_current, namespace, workflow_id, status, \
                             workflow_type, close_time FROM runs";
        let put = |fixed: &[&str]| {
            let assignments: Vec<String> = COLUMNS
                .iter()
                .filter(|column| !FIXED.contains(column) && !fixed.contains(column))
                .map(|column| format!("{column} = excluded.{column}"))
                .collect();
            let (columns, assignments) = (COLUMNS.join(","), assignments.join(","));
            Sized::new(|rows| {
                format!(
                    "INSERT INTO runs ({columns}) VALUES {} ON CONFLICT (run) DO UPDATE SET {assignments}",
                    tuples(COLUMNS.len(), rows)
                )
            })
        };
        Self {
            by_run_id: Sized::new(|rows| format!("{KNOWN} WHERE run_id IN {}", tuples(rows, 1))),
            current: Sized::new(|rows| {
                format!(
                    "{KNOWN} WHERE (namespace, workflow_id, is_current) IN (VALUES {})",
                    vec!["(?,?,1)"; rows].join(",")
                )
            }),
            put: put(&[]),
            put_in_place: put(&FILED),
            no_longer_current: Sized::new(|rows| {
                format!("UPDATE runs SET is_current = 0 WHERE run IN {}", tuples(rows, 1))
            }),
        }
    }

    /// Tells `admission` which of `run_ids` are stored.
    pub(crate) async fn learn_runs(
        &self,
        connection: &mut SqliteConnection,
        run_ids: &[&str],
        admission: &mut Admission,
    ) -> Result<(), sqlx::Error> {
        for (sql, portion) in self.by_run_id.portions(run_ids) {
            let query = portion.iter().fold(sqlx::query(sql), |query, run_id| query.bind(Id(run_id)));
            learn(query.fetch_all(&mut *connection).await?, admission)?;
        }
        Ok(())
    }

    /// Tells `admission` the current runs of `workflows`.
    pub(crate) async fn learn_current(
        &self,
        connection: &mut SqliteConnection,
        workflows: &[WorkflowKey],
        admission: &mut Admission,
    ) -> Result<(), sqlx::Error> {
        for (sql, portion) in self.current.portions(workflows) {
            let query = portion.iter().fold(sqlx::query(sql), |query, workflow| {
                query.bind(workflow.namespace).bind(workflow.workflow_id.as_str())
            });
            learn(query.fetch_all(&mut *connection).await?, admission)?;
        }
        Ok(())
    }

    pub(crate) async fn put(
        &self,
        connection: &mut SqliteConnection,
        rows: &[RunRow<'_>],
    ) -> Result<(), sqlx::Error> {
        let (in_place, anew): (Vec<_>, Vec<_>) =
            rows.iter().partition(|row| row.known.filed == Some(row.filed()));
        for (statement, rows) in [(&self.put, anew), (&self.put_in_place, in_place)] {
            for (sql, portion) in statement.portions(&rows) {
                let query = portion.iter().fold(sqlx::query(sql), |query, row| bind(query, row));
                query.execute(&mut *connection).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn no_longer_current(
        &self,
        connection: &mut SqliteConnection,
        runs: &[i64],
    ) -> Result<(), sqlx::Error> {
        for (sql, portion) in self.no_longer_current.portions(runs) {
            let query = portion.iter().fold(sqlx::query(sql), |query, run| query.bind(*run));
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// The first number that no run has, nor one whose history is still to be erased.
pub(crate) async fn next_run(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "SELECT 1 + max(coalesce((SELECT max(run) FROM runs), 0), coalesce((SELECT max(run) FROM doomed), 0))",
    )
    .fetch_one(connection)
    .await?
    .try_get(0)
}

fn learn(rows: Vec<sqlx::sqlite::SqliteRow>, admission: &mut Admission) -> Result<(), sqlx::Error> {
    for row in rows {
        let known = Known {
            run: row.try_get(0)?,
            version: row.try_get(2)?,
            is_current: row.try_get(3)?,
            workflow: WorkflowKey { namespace: row.try_get(4)?, workflow_id: row.try_get(5)? },
            filed: Some(Filed {
                is_current: row.try_get(3)?,
                status: row.try_get(6)?,
                workflow_type: row.try_get(7)?,
                close_time: row.try_get(8)?,
            }),
        };
        admission.stored(row.try_get::<StoredId, _>(1)?.into_string(), known);
    }
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind<'q>(query: Query<'q>, row: &RunRow<'_>) -> Query<'q> {
    let RunRow { known, write, workflow_type, task_queue } = row;
    let RunWrite { key, expect: _, state, summary, next_due, has_tasks, events: _ } = write;
    let first_run_id = Some(summary.first_run_id.as_str()).filter(|first| *first != key.run_id);
    query
        .bind(known.run)
        .bind(known.version)
        .bind(known.is_current)
        .bind(has_tasks)
        .bind(summary.status)
        .bind(next_due)
        .bind(Id(&key.run_id))
        .bind(known.workflow.namespace)
        .bind(known.workflow.workflow_id.as_str())
        .bind(workflow_type)
        .bind(task_queue)
        .bind(summary.start_time)
        .bind(summary.execution_time)
        .bind(summary.close_time)
        .bind(summary.history_length)
        .bind(summary.history_bytes)
        .bind(summary.parent_workflow_id.as_deref())
        .bind(summary.parent_run_id.as_deref().map(Id))
        .bind(Id(&summary.start_request_id))
        .bind(first_run_id.map(Id))
        .bind(summary.memo.as_slice())
        .bind(summary.search_attributes.as_slice())
        .bind(state.as_slice())
}
