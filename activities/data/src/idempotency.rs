//! Answers to requests that may be asked again: kept in the transaction that did what was asked, so that
//! neither exists without the other.

use jiff::Timestamp;
use serde_json::Value;

use crate::instant::to_ms;
use crate::row::{Columns, to_json};
use crate::{Conn, DbError, Tx};

/// One request of one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token that asks.
    pub caller: String,
    /// What the caller calls the request.
    pub key: String,
    /// Tells whether the same key comes with another request.
    pub hash: String,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// It was never answered.
    New,
    /// It was answered so.
    Answered(Value),
    /// The key was used for another request.
    Other,
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn look(conn: &mut Conn, request: &Request) -> Result<Known, DbError> {
    let row = sqlx::query(
        "SELECT request_hash, answer FROM idempotency_keys WHERE caller = $1 AND idempotency_key = $2",
    )
    .bind(request.caller.as_str())
    .bind(request.key.as_str())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(Known::New) };
    let row = Columns(&row);
    if row.text("request_hash")? != request.hash {
        return Ok(Known::Other);
    }
    Ok(Known::Answered(row.json("answer")?))
}

/// Keeps the answer to a request that [`look`] did not know.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn keep(tx: &mut Tx, request: &Request, answer: &Value) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, answer, created_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(request.caller.as_str())
    .bind(request.key.as_str())
    .bind(request.hash.as_str())
    .bind(to_json("answer", answer)?)
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets answers older than `before`; returns how many.
///
/// # Errors
/// [`DbError`] when they can't be removed.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let done = sqlx::query("DELETE FROM idempotency_keys WHERE created_at < $1")
        .bind(to_ms(before))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
