//! How often somebody asked in a window of time, counted by all servers of an installation together. On
//! PostgreSQL only: a data folder has one server, which counts in memory.

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Db, DbError};

/// A window that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Unix milliseconds.
    pub began_ms: i64,
    /// Requests in it, this one among them.
    pub used: u64,
}

/// Counts a request now, in a window of `length_ms`. One statement beside the writers: the row is its only lock,
/// and no disk is waited for.
///
/// # Errors
/// [`DbError`] when it can't be counted.
pub async fn count(db: &Db, subject: &str, length_ms: i64) -> Result<Window, DbError> {
    let now = to_ms(db.now());
    let mut conn = db.aside().await?;
    // Requests come in another order than their instants, and servers' clocks differ a little: what is up to a
    // window earlier belongs to it. A clock that was set back further begins a new one.
    let row = sqlx::query(
        "INSERT INTO rate_windows (subject, began_at, used) VALUES ($1, $2, 1) ON CONFLICT (subject) DO UPDATE SET \
         used = CASE WHEN $2 - rate_windows.began_at BETWEEN 0 - $3 AND $3 - 1 THEN rate_windows.used + 1 ELSE 1 END, \
         began_at = CASE WHEN $2 - rate_windows.began_at BETWEEN 0 - $3 AND $3 - 1 THEN rate_windows.began_at ELSE $2 END \
         RETURNING began_at, used",
    )
    .bind(subject)
    .bind(now)
    .bind(length_ms)
    .fetch_one(&mut *conn)
    .await?;
    let row = Columns(&row);
    Ok(Window { began_ms: row.int("began_at")?, used: row.count("used")? })
}

/// Forgets windows that began before an instant; returns how many.
///
/// # Errors
/// [`DbError`] when they can't be removed.
pub async fn forget(db: &Db, before: jiff::Timestamp) -> Result<u64, DbError> {
    let mut conn = db.aside().await?;
    let done = sqlx::query("DELETE FROM rate_windows WHERE began_at < $1")
        .bind(to_ms(before))
        .execute(&mut *conn)
        .await?;
    Ok(done.rows_affected())
}
