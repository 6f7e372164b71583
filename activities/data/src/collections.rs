//! Collections of metrics that somebody asked for, and how they went.

use campaigns_limits::Platform;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::{Conn, DbError, Tx};

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    pub id: String,
    pub organization: String,
    /// `None`: every platform.
    pub platform: Option<Platform>,
    pub started_at: Timestamp,
    /// `None` while it runs, or its process ended in it.
    pub ended_at: Option<Timestamp>,
    pub asked: u64,
    pub counted: u64,
    pub put_off: u64,
    pub error: Option<String>,
}

/// Notes that a collection begins.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn begin(
    tx: &mut Tx,
    id: &str,
    organization: &str,
    platform: Option<Platform>,
) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO collections (id, organization_id, platform, started_at, asked, counted, put_off) \
         VALUES ($1, $2, $3, $4, 0, 0, 0)",
    )
    .bind(id)
    .bind(organization)
    .bind(platform.map(Platform::as_str))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes how a collection went.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn end(
    tx: &mut Tx,
    id: &str,
    (asked, counted, put_off): (u64, u64, u64),
    error: Option<&str>,
) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "UPDATE collections SET ended_at = $2, asked = $3, counted = $4, put_off = $5, error = $6 WHERE id = $1",
    )
    .bind(id)
    .bind(to_ms(now))
    .bind(asked.cast_signed())
    .bind(counted.cast_signed())
    .bind(put_off.cast_signed())
    .bind(error.map(kept))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Collection>, DbError> {
    let row = sqlx::query("SELECT * FROM collections WHERE id = $1").bind(id).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let row = Columns(&row);
    Ok(Some(Collection {
        id: row.text("id")?,
        organization: row.text("organization_id")?,
        platform: row.opt_word("platform")?,
        started_at: row.instant("started_at")?,
        ended_at: row.opt_instant("ended_at")?,
        asked: row.count("asked")?,
        counted: row.count("counted")?,
        put_off: row.count("put_off")?,
        error: row.opt_text("error")?,
    }))
}
