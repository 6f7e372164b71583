//! Organizations: who everything belongs to.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx};

/// The organization of a workspace that names none.
pub const DEFAULT: &str = "default";

/// Makes the organization where it is missing.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn ensure(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query("INSERT INTO organizations (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(id)
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes an organization that a service token asks for; returns whether the token may act for it, because it
/// made it now or before.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn claim(tx: &mut Tx, id: &str, token: &str) -> Result<bool, DbError> {
    // The first organization is the installation's own, also before it has a row.
    if id == DEFAULT {
        return Ok(false);
    }
    let now = tx.now();
    sqlx::query(
        "INSERT INTO organizations (id, created_at, created_by) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(to_ms(now))
    .bind(token)
    .execute(&mut **tx)
    .await?;
    Ok(made_by(tx, id).await?.as_deref() == Some(token))
}

/// Ends an organization; returns whether it had not ended before.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn end(tx: &mut Tx, id: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query("UPDATE organizations SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The service token that acts for the organization, because it made it; none once that has ended.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn made_by(conn: &mut Conn, id: &str) -> Result<Option<String>, DbError> {
    let row = sqlx::query("SELECT created_by FROM organizations WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(None), |row| Columns(&row).opt_text("created_by"))
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn exists(conn: &mut Conn, id: &str) -> Result<bool, DbError> {
    Ok(sqlx::query("SELECT id FROM organizations WHERE id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?
        .is_some())
}

/// The organization's IANA time zone, where one is set.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn timezone(conn: &mut Conn, id: &str) -> Result<Option<String>, DbError> {
    let row =
        sqlx::query("SELECT timezone FROM organizations WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.map_or(Ok(None), |row| Columns(&row).opt_text("timezone"))
}

/// Every organization's id, in order.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query("SELECT id FROM organizations ORDER BY id").fetch_all(conn).await?;
    rows.iter().map(|row| Columns(row).text("id")).collect()
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    pub id: String,
    /// IANA name of its zone; `None`: UTC.
    pub timezone: Option<String>,
    pub created_at: Timestamp,
    /// The service token that made it.
    pub created_by: Option<String>,
    /// Nobody acts for it any more since then.
    pub ended_at: Option<Timestamp>,
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Organization>, DbError> {
    let row = sqlx::query("SELECT * FROM organizations WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

/// Organizations behind `after`, by id: all of them, or those that a token made.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn page(
    conn: &mut Conn,
    made_by: Option<&str>,
    after: &str,
    limit: u32,
) -> Result<Vec<Organization>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM organizations WHERE id > $1 AND ($2 = '' OR created_by = $2) ORDER BY id LIMIT $3",
    )
    .bind(after)
    .bind(made_by.unwrap_or_default())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_timezone(tx: &mut Tx, id: &str, timezone: Option<&str>) -> Result<(), DbError> {
    sqlx::query("UPDATE organizations SET timezone = $2 WHERE id = $1")
        .bind(id)
        .bind(timezone)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Organization, DbError> {
    let row = Columns(row);
    Ok(Organization {
        id: row.text("id")?,
        timezone: row.opt_text("timezone")?,
        created_at: row.instant("created_at")?,
        created_by: row.opt_text("created_by")?,
        ended_at: row.opt_instant("ended_at")?,
    })
}
