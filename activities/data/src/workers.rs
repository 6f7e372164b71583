//! What each worker process did since its start, as it says itself. Who is alive the home of the workflows knows.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx};

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How the process names itself to the home.
    pub identity: String,
    /// `publishing` or `analytics`.
    pub queue: String,
    pub started_at: Timestamp,
    /// Activities at the time of the report.
    pub running: u64,
    /// Activities since the start.
    pub completed: u64,
    /// Activities since the start that failed; each is tried again and counts again.
    pub failed: u64,
}

/// Keeps the newest report of a process about a queue.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn keep(tx: &mut Tx, report: &Report) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO workers (identity, queue, started_at, reported_at, running, completed, failed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (identity, queue) DO UPDATE SET started_at = $3, \
         reported_at = $4, running = $5, completed = $6, failed = $7",
    )
    .bind(report.identity.as_str())
    .bind(report.queue.as_str())
    .bind(to_ms(report.started_at))
    .bind(to_ms(now))
    .bind(report.running.cast_signed())
    .bind(report.completed.cast_signed())
    .bind(report.failed.cast_signed())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest reports, those of processes that are gone among them.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<Report>, DbError> {
    let rows = sqlx::query("SELECT * FROM workers ORDER BY identity, queue").fetch_all(conn).await?;
    let report = |row: &sqlx::any::AnyRow| {
        let row = Columns(row);
        Ok(Report {
            identity: row.text("identity")?,
            queue: row.text("queue")?,
            started_at: row.instant("started_at")?,
            running: row.count("running")?,
            completed: row.count("completed")?,
            failed: row.count("failed")?,
        })
    };
    rows.iter().map(report).collect()
}

/// Forgets processes that reported nothing since `before`; returns how many rows.
///
/// # Errors
/// [`DbError`] when they can't be removed.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let done = sqlx::query("DELETE FROM workers WHERE reported_at < $1")
        .bind(to_ms(before))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
