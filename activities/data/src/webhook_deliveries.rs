//! Deliveries: one per notice and endpoint, tried until it arrives or its patience ends, and each attempt.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::notices::{self, Notice};
use crate::row::{Columns, kept, words};
use crate::statement::Statement;
use crate::{Conn, DbError, Tx};

words! {
    /// How far a delivery is.
    DeliveryState {
        /// It is to be tried, or tried again.
        Waiting = "waiting",
        Delivered = "delivered",
        /// It is not tried any more.
        Failed = "failed",
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub endpoint: String,
    pub notice: Notice,
    pub state: DeliveryState,
    /// Since it was last asked for.
    pub attempts: u32,
    pub next_attempt_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
}

/// One request to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1, over all times that it was asked for.
    pub number: u32,
    pub attempted_at: Timestamp,
    pub took_ms: u64,
    pub http_status: Option<u16>,
    /// Why there was no status, or what was wrong with it.
    pub error: Option<String>,
}

/// Asks for a delivery, also for one that was made before.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn ask(tx: &mut Tx, endpoint: &str, notice: &str, noticed_at: Timestamp) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO webhook_deliveries (endpoint_id, notice_id, noticed_at, state, attempts, next_attempt_at) \
         VALUES ($1, $2, $3, 'waiting', 0, $4) ON CONFLICT (endpoint_id, notice_id) DO UPDATE SET \
         state = 'waiting', attempts = 0, next_attempt_at = $4, delivered_at = NULL",
    )
    .bind(endpoint)
    .bind(notice)
    .bind(to_ms(noticed_at))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Endpoints to which something is to be delivered at `now`.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn due_endpoints(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query(
        "SELECT e.id AS id, MIN(d.next_attempt_at) AS first_at FROM webhook_deliveries d \
         JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE d.state = 'waiting' AND d.next_attempt_at <= $1 \
         AND e.state = 'active' AND (e.not_before IS NULL OR e.not_before <= $1) \
         AND (e.leased_until IS NULL OR e.leased_until <= $1) GROUP BY e.id ORDER BY first_at, id LIMIT $2",
    )
    .bind(to_ms(now))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).text("id")).collect()
}

/// When the next delivery to an active endpoint can be made that nobody else serves; in the past where it can now.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>, DbError> {
    let rows = sqlx::query(
        "SELECT MIN(d.next_attempt_at) AS next_at, e.not_before, e.leased_until FROM webhook_deliveries d \
         JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE d.state = 'waiting' AND e.state = 'active' \
         GROUP BY e.id, e.not_before, e.leased_until",
    )
    .fetch_all(conn)
    .await?;
    let mut first = None;
    for row in &rows {
        let row = Columns(row);
        let bounds = ["next_at", "not_before", "leased_until"].map(|bound| row.opt_instant(bound));
        let at = bounds.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().max();
        first = [first, at].into_iter().flatten().min();
    }
    Ok(first)
}

/// What is due at an endpoint, in the order in which it comes due, and of one instant the oldest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn due(
    conn: &mut Conn,
    endpoint: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>, DbError> {
    let mut query = of_endpoint(endpoint);
    query.push(" AND d.state = 'waiting' AND d.next_attempt_at <= ").push_bind(to_ms(now));
    query.push(" ORDER BY d.next_attempt_at, d.noticed_at, n.id LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(conn).await?.iter().map(from_row).collect()
}

/// The newest deliveries of an endpoint, before `before` where that is given.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn page(
    conn: &mut Conn,
    endpoint: &str,
    state: Option<DeliveryState>,
    before: Option<&Delivery>,
    limit: u32,
) -> Result<Vec<Delivery>, DbError> {
    let mut query = of_endpoint(endpoint);
    if let Some(state) = state {
        query.push(" AND d.state = ").push_bind(state.as_str());
    }
    if let Some(Delivery { notice, .. }) = before {
        query.push(" AND (d.noticed_at, d.notice_id) < (").push_bind(to_ms(notice.created_at));
        query.push(", ").push_bind(notice.id.as_str()).push(")");
    }
    query.push(" ORDER BY d.noticed_at DESC, d.notice_id DESC LIMIT ").push_bind(i64::from(limit));
    query.build().fetch_all(conn).await?.iter().map(from_row).collect()
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, endpoint: &str, notice: &str) -> Result<Option<Delivery>, DbError> {
    let mut query = of_endpoint(endpoint);
    query.push(" AND n.id = ").push_bind(notice);
    query.build().fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// Asks for deliveries of an endpoint.
fn of_endpoint(endpoint: &str) -> Statement {
    let mut query = Statement::new(
        "SELECT n.*, d.endpoint_id, d.state, d.attempts, d.next_attempt_at, d.delivered_at \
         FROM webhook_deliveries d JOIN notices n ON n.id = d.notice_id WHERE d.endpoint_id = ",
    );
    query.push_bind(endpoint);
    query
}

/// How many deliveries wait at an endpoint.
///
/// # Errors
/// [`DbError`] when they can't be counted.
pub async fn waiting(conn: &mut Conn, endpoint: &str) -> Result<u64, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS waiting FROM webhook_deliveries WHERE endpoint_id = $1 AND state = 'waiting'",
    )
    .bind(endpoint)
    .fetch_one(conn)
    .await?;
    Columns(&row).count("waiting")
}

/// Writes down an attempt, and what follows from it for the delivery. A delivery that was asked for again
/// meanwhile is left alone: returns whether it was this one.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn attempted(
    tx: &mut Tx,
    delivery: &Delivery,
    attempt: &Attempt,
    (state, next_attempt_at): (DeliveryState, Timestamp),
) -> Result<bool, DbError> {
    sqlx::query(
        "INSERT INTO webhook_attempts (endpoint_id, notice_id, number, attempted_at, took_ms, http_status, error) \
         SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5, $6 FROM webhook_attempts \
         WHERE endpoint_id = $1 AND notice_id = $2",
    )
    .bind(delivery.endpoint.as_str())
    .bind(delivery.notice.id.as_str())
    .bind(to_ms(attempt.attempted_at))
    .bind(attempt.took_ms.cast_signed())
    .bind(attempt.http_status.map(i64::from))
    .bind(attempt.error.as_deref().map(kept))
    .execute(&mut **tx)
    .await?;
    let delivered_at = (state == DeliveryState::Delivered).then(|| to_ms(tx.now()));
    let done = sqlx::query(
        "UPDATE webhook_deliveries SET state = $3, attempts = attempts + 1, next_attempt_at = $4, \
         delivered_at = $5 WHERE endpoint_id = $1 AND notice_id = $2 AND state = 'waiting' AND attempts = $6",
    )
    .bind(delivery.endpoint.as_str())
    .bind(delivery.notice.id.as_str())
    .bind(state.as_str())
    .bind(to_ms(next_attempt_at))
    .bind(delivered_at)
    .bind(i64::from(delivery.attempts))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The attempts of a delivery, the first one first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn attempts(conn: &mut Conn, endpoint: &str, notice: &str) -> Result<Vec<Attempt>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM webhook_attempts WHERE endpoint_id = $1 AND notice_id = $2 ORDER BY number",
    )
    .bind(endpoint)
    .bind(notice)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            Ok(Attempt {
                number: row.small("number")?,
                attempted_at: row.instant("attempted_at")?,
                took_ms: row.count("took_ms")?,
                http_status: row.opt_int("http_status")?.and_then(|status| u16::try_from(status).ok()),
                error: row.opt_text("error")?,
            })
        })
        .collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Delivery, DbError> {
    let notice = notices::from_row(row)?;
    let row = Columns(row);
    Ok(Delivery {
        endpoint: row.text("endpoint_id")?,
        notice,
        state: row.word("state")?,
        attempts: row.small("attempts")?,
        next_attempt_at: row.instant("next_attempt_at")?,
        delivered_at: row.opt_instant("delivered_at")?,
    })
}
