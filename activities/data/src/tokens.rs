//! API tokens: only their hashes are kept.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::instant::to_ms;
use crate::row::{Columns, words};
use crate::{Conn, DbError, Tx};

words! {
    /// What the bearer of a token may do.
    Role {
        Viewer = "viewer",
        Editor = "editor",
        Approver = "approver",
        Admin = "admin",
        /// Queues, workers and metrics, of no organization.
        Operator = "operator",
        /// An application: admin of the organizations that it makes.
        Service = "service",
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: String,
    /// `None` for an operator's and a service's.
    pub organization: Option<String>,
    pub role: Role,
    pub name: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Keeps the hash of a token.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, token: &str, kept: &ApiToken) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO api_tokens (token_hash, id, organization_id, role, name, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(hash(token))
    .bind(kept.id.as_str())
    .bind(kept.organization.as_deref())
    .bind(kept.role.as_str())
    .bind(crate::row::kept(&kept.name))
    .bind(to_ms(now))
    .bind(kept.expires_at.map(to_ms))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The token that this is, if it is neither expired at `now` nor revoked.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn valid(conn: &mut Conn, token: &str, now: Timestamp) -> Result<Option<ApiToken>, DbError> {
    let row = sqlx::query(
        "SELECT * FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL \
         AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(hash(token))
    .bind(to_ms(now))
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_organization(conn: &mut Conn, organization: &str) -> Result<Vec<ApiToken>, DbError> {
    let rows = sqlx::query("SELECT * FROM api_tokens WHERE organization_id = $1 ORDER BY created_at, id")
        .bind(organization)
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// The tokens of no organization: those of operators and services.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_installation(conn: &mut Conn) -> Result<Vec<ApiToken>, DbError> {
    let rows = sqlx::query("SELECT * FROM api_tokens WHERE organization_id IS NULL ORDER BY created_at, id")
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<ApiToken>, DbError> {
    let row = sqlx::query("SELECT * FROM api_tokens WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

/// Writes back a token's name and end.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn change(tx: &mut Tx, token: &ApiToken) -> Result<(), DbError> {
    sqlx::query("UPDATE api_tokens SET name = $2, expires_at = $3 WHERE id = $1 AND revoked_at IS NULL")
        .bind(token.id.as_str())
        .bind(crate::row::kept(&token.name))
        .bind(token.expires_at.map(to_ms))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Revokes a token; returns whether it was valid until now.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn revoke(tx: &mut Tx, id: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query("UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes every token of an organization.
///
/// # Errors
/// [`DbError`] when they can't be written.
pub async fn revoke_all(tx: &mut Tx, organization: &str) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query("UPDATE api_tokens SET revoked_at = $2 WHERE organization_id = $1 AND revoked_at IS NULL")
        .bind(organization)
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts another token in the place of one, which is good no longer; returns whether it was until now.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn rotate(tx: &mut Tx, id: &str, token: &str) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE api_tokens SET token_hash = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(hash(token))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<ApiToken, DbError> {
    let row = Columns(row);
    Ok(ApiToken {
        id: row.text("id")?,
        organization: row.opt_text("organization_id")?,
        role: row.word("role")?,
        name: row.text("name")?,
        created_at: row.instant("created_at")?,
        expires_at: row.opt_instant("expires_at")?,
        revoked_at: row.opt_instant("revoked_at")?,
    })
}
