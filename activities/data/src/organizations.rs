//! Organizations: who everything belongs to.

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
