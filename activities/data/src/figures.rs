//! Figures for those who look after an installation: how much waits, runs and went through, over all
//! organizations.

use jiff::{SignedDuration, Timestamp};

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError};

/// What is completed and failed is counted over so long.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// How a kind of work stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFigures {
    /// Due and not begun.
    pub waiting: u64,
    pub running: u64,
    /// Not due yet.
    pub delayed: u64,
    /// In the last 24 hours.
    pub completed: u64,
    /// In the last 24 hours.
    pub failed: u64,
    /// Since when the oldest of those that wait has been due.
    pub oldest_at: Option<Timestamp>,
}

/// How publishing stands. What waits for gates or people is not counted as waiting.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn publishing(conn: &mut Conn, now: Timestamp) -> Result<QueueFigures, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN ready_at <= $1 THEN 1 END) AS waiting, \
         COUNT(CASE WHEN ready_at > $1 THEN 1 END) AS delayed, \
         MIN(CASE WHEN ready_at <= $1 THEN ready_at END) AS oldest_at FROM \
         (SELECT CASE WHEN next_attempt_at > due_at THEN next_attempt_at ELSE due_at END AS ready_at \
         FROM publications WHERE state = 'planned') AS planned",
    )
    .bind(to_ms(now))
    .fetch_one(&mut *conn)
    .await?;
    let row = Columns(&row);
    let (waiting, delayed) = (row.count("waiting")?, row.count("delayed")?);
    let oldest_at = row.opt_instant("oldest_at")?;
    let running = count(
        conn,
        "SELECT COUNT(*) AS count FROM publications WHERE state IN ('sending', 'ambiguous') AND created_at <= $1",
        to_ms(now),
    );
    let running = running.await?;
    let since = to_ms(now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN));
    // By organization, because that is what the index begins with.
    let completed = count(
        conn,
        "SELECT COUNT(*) AS count FROM organizations o JOIN publications p ON p.organization_id = o.id \
         WHERE p.published_at >= $1",
        since,
    );
    let completed = completed.await?;
    let failed = count(
        conn,
        "SELECT COUNT(*) AS count FROM publications WHERE state = 'rejected' AND updated_at >= $1",
        since,
    );
    Ok(QueueFigures { waiting, running, delayed, completed, failed: failed.await?, oldest_at })
}

/// How counting of posts stands.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn analytics(conn: &mut Conn, now: Timestamp) -> Result<QueueFigures, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN next_at <= $1 THEN 1 END) AS waiting, \
         COUNT(CASE WHEN next_at > $1 THEN 1 END) AS delayed, \
         MIN(CASE WHEN next_at <= $1 THEN next_at END) AS oldest_at, \
         COUNT(CASE WHEN collected_at >= $2 THEN 1 END) AS completed, \
         COUNT(CASE WHEN last_error IS NOT NULL THEN 1 END) AS failed FROM metric_plans \
         WHERE next_at IS NOT NULL",
    )
    .bind(to_ms(now))
    .bind(to_ms(now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN)))
    .fetch_one(&mut *conn)
    .await?;
    let row = Columns(&row);
    let running = "SELECT COUNT(*) AS count FROM collections WHERE ended_at IS NULL AND started_at >= $1";
    let lately = to_ms(now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN));
    Ok(QueueFigures {
        waiting: row.count("waiting")?,
        running: count(conn, running, lately).await?,
        delayed: row.count("delayed")?,
        completed: row.count("completed")?,
        failed: row.count("failed")?,
        oldest_at: row.opt_instant("oldest_at")?,
    })
}

/// How many publications there are in each state that has any.
///
/// # Errors
/// [`DbError`] when they can't be counted.
pub async fn publications(conn: &mut Conn) -> Result<Vec<(String, u64)>, DbError> {
    words(conn, "SELECT state AS word, COUNT(*) AS count FROM publications GROUP BY state ORDER BY state")
        .await
}

/// How many accounts there are of each status that any has.
///
/// # Errors
/// [`DbError`] when they can't be counted.
pub async fn accounts(conn: &mut Conn) -> Result<Vec<(String, u64)>, DbError> {
    words(conn, "SELECT status AS word, COUNT(*) AS count FROM accounts GROUP BY status ORDER BY status")
        .await
}

/// How many endpoints of applications there are in each state that has any.
///
/// # Errors
/// [`DbError`] when they can't be counted.
pub async fn endpoints(conn: &mut Conn) -> Result<Vec<(String, u64)>, DbError> {
    let sql = "SELECT state AS word, COUNT(*) AS count FROM webhook_endpoints GROUP BY state ORDER BY state";
    words(conn, sql).await
}

/// Active accounts whose access ends before `until` and that only a person can renew.
///
/// # Errors
/// [`DbError`] when they can't be counted.
pub async fn ending(conn: &mut Conn, until: Timestamp) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) AS count FROM credentials c JOIN accounts a ON a.id = c.account_id \
               WHERE a.status = 'active' AND c.has_refresh = 0 AND c.access_expires_at <= $1";
    count(conn, sql, to_ms(until)).await
}

/// Deliveries to active endpoints that have been due since `before` or longer, and events of platforms that
/// wait so long to be acted upon.
///
/// # Errors
/// [`DbError`] when they can't be counted.
pub async fn webhooks(conn: &mut Conn, before: Timestamp) -> Result<(u64, u64), DbError> {
    let deliveries = "SELECT COUNT(*) AS count FROM webhook_deliveries d JOIN webhook_endpoints e \
                      ON e.id = d.endpoint_id WHERE d.state = 'waiting' AND d.noticed_at <= $1 \
                      AND e.state = 'active'";
    let events =
        "SELECT COUNT(*) AS count FROM webhook_events WHERE handled_at IS NULL AND received_at <= $1";
    Ok((count(conn, deliveries, to_ms(before)).await?, count(conn, events, to_ms(before)).await?))
}

async fn count(conn: &mut Conn, sql: &'static str, at: i64) -> Result<u64, DbError> {
    let row = sqlx::query(sql).bind(at).fetch_one(conn).await?;
    Columns(&row).count("count")
}

async fn words(conn: &mut Conn, sql: &'static str) -> Result<Vec<(String, u64)>, DbError> {
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter().map(|row| Ok((Columns(row).text("word")?, Columns(row).count("count")?))).collect()
}
