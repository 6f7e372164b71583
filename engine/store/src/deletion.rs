//! Deletes runs: the run is gone at once, its history a little at a time, so that commits never wait long.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use crate::history::EVENT_BITS;
use crate::stored_id::Id;

/// Batches erased in one transaction. A batch is about 1 KB: well below what a group writes anyway.
const BATCHES_PER_TURN: i64 = 256;

/// Takes a run out of everybody's sight. Returns whether there was one.
pub(crate) async fn doom(connection: &mut SqliteConnection, run_id: &str) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query("DELETE FROM runs WHERE run_id = ? RETURNING run")
        .bind(Id(run_id))
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = gone else {
        return Ok(false);
    };
    sqlx::query("INSERT INTO doomed (run) VALUES (?)")
        .bind(row.try_get::<i64, _>(0)?)
        .execute(connection)
        .await?;
    Ok(true)
}

/// Erases up to [`BATCHES_PER_TURN`] batches, of one deleted run or of many. Returns whether there may be
/// more to erase.
pub(crate) async fn erase(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let mut left = BATCHES_PER_TURN;
    while left > 0 {
        let next = sqlx::query("SELECT run FROM doomed LIMIT 1").fetch_optional(&mut *connection).await?;
        let Some(row) = next else {
            return Ok(false);
        };
        let run: i64 = row.try_get(0)?;
        let erased = sqlx::query(
            "DELETE FROM history WHERE batch IN
                (SELECT batch FROM history WHERE batch >= (?1 << ?3) AND batch < ((?1 + 1) << ?3) LIMIT ?2)",
        )
        .bind(run)
        .bind(left)
        .bind(i64::from(EVENT_BITS))
        .execute(&mut *connection)
        .await?
        .rows_affected()
        .cast_signed();
        if erased < left {
            sqlx::query("DELETE FROM doomed WHERE run = ?").bind(run).execute(&mut *connection).await?;
        }
        // A run without a history is work, too.
        left -= erased.max(1);
    }
    Ok(true)
}

/// Whether deleted runs still have histories, from before a restart.
pub(crate) async fn is_due(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query("SELECT 1 FROM doomed LIMIT 1").fetch_optional(connection).await?.is_some())
}
