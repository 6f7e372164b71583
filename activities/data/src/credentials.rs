//! Credentials: sealed tokens with a version that every change raises. What is inside a seal only
//! `activities/vault` knows.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx};

/// A row of the ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub account_id: String,
    /// Base64 of nonce and ciphertext.
    pub sealed: String,
    pub key_id: String,
    /// From 1; every change raises it.
    pub token_version: u64,
    pub has_refresh: bool,
    pub access_expires_at: Option<Timestamp>,
    pub stored_at: Timestamp,
    /// A refresh under way.
    pub intent: Option<Intent>,
    /// How many days before its end the last warning was given.
    pub warned_days: Option<u32>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("account_id", &self.account_id)
            .field("token_version", &self.token_version)
            .finish_non_exhaustive()
    }
}

/// The single right to refresh a credential from one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub version: u64,
    pub holder: String,
    pub at: Timestamp,
}

/// A credential, about to be stored.
#[derive(Clone, Debug)]
pub struct NewCredential {
    pub account_id: String,
    pub sealed: String,
    pub key_id: String,
    pub has_refresh: bool,
    pub access_expires_at: Option<Timestamp>,
}

/// Stores the credential of an account that was connected, whatever was there before. Returns its version.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, new: &NewCredential) -> Result<u64, DbError> {
    let now = tx.now();
    let row = sqlx::query(
        "INSERT INTO credentials (account_id, sealed, key_id, token_version, has_refresh, access_expires_at, \
         stored_at) VALUES ($1, $2, $3, 1, $4, $5, $6) \
         ON CONFLICT (account_id) DO UPDATE SET sealed = $2, key_id = $3, \
         token_version = credentials.token_version + 1, has_refresh = $4, access_expires_at = $5, stored_at = $6, \
         intent_version = NULL, intent_holder = NULL, intent_at = NULL, warned_days = NULL \
         RETURNING token_version",
    )
    .bind(new.account_id.as_str())
    .bind(new.sealed.as_str())
    .bind(new.key_id.as_str())
    .bind(i64::from(new.has_refresh))
    .bind(new.access_expires_at.map(to_ms))
    .bind(to_ms(now))
    .fetch_one(&mut **tx)
    .await?;
    Columns(&row).count("token_version")
}

/// Claims the refresh from `version`. Returns whether nobody else had claimed it and the version stands.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn begin_refresh(
    tx: &mut Tx,
    account_id: &str,
    version: u64,
    holder: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query(
        "UPDATE credentials SET intent_version = $2, intent_holder = $3, intent_at = $4 \
         WHERE account_id = $1 AND token_version = $2 AND intent_version IS NULL",
    )
    .bind(account_id)
    .bind(version.cast_signed())
    .bind(holder)
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores what a refresh gave, by who claimed it. Returns the new version, or `None` when the claim is no
/// longer theirs: then someone connected the account anew, and what was given is dropped.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn commit_refresh(
    tx: &mut Tx,
    new: &NewCredential,
    version: u64,
    holder: &str,
) -> Result<Option<u64>, DbError> {
    let now = tx.now();
    let row = sqlx::query(
        "UPDATE credentials SET sealed = $4, key_id = $5, token_version = token_version + 1, has_refresh = $6, \
         access_expires_at = $7, stored_at = $8, intent_version = NULL, intent_holder = NULL, \
         intent_at = NULL, warned_days = NULL \
         WHERE account_id = $1 AND token_version = $2 AND intent_holder = $3 RETURNING token_version",
    )
    .bind(new.account_id.as_str())
    .bind(version.cast_signed())
    .bind(holder)
    .bind(new.sealed.as_str())
    .bind(new.key_id.as_str())
    .bind(i64::from(new.has_refresh))
    .bind(new.access_expires_at.map(to_ms))
    .bind(to_ms(now))
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Columns(&row).count("token_version")).transpose()
}

/// Gives a claim back: nothing was spent.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn abandon_refresh(
    tx: &mut Tx,
    account_id: &str,
    version: u64,
    holder: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE credentials SET intent_version = NULL, intent_holder = NULL, intent_at = NULL \
         WHERE account_id = $1 AND token_version = $2 AND intent_holder = $3",
    )
    .bind(account_id)
    .bind(version.cast_signed())
    .bind(holder)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts the same tokens under another seal (key rotation). Returns whether the version was still that.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn reseal(
    tx: &mut Tx,
    account_id: &str,
    version: u64,
    sealed: &str,
    key_id: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE credentials SET sealed = $3, key_id = $4 WHERE account_id = $1 AND token_version = $2",
    )
    .bind(account_id)
    .bind(version.cast_signed())
    .bind(sealed)
    .bind(key_id)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that the end of a credential was warned of, so many days before.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_warned(tx: &mut Tx, account_id: &str, days: u32) -> Result<(), DbError> {
    sqlx::query("UPDATE credentials SET warned_days = $2 WHERE account_id = $1")
        .bind(account_id)
        .bind(i64::from(days))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Erases the tokens of an account.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn erase(tx: &mut Tx, account_id: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM credentials WHERE account_id = $1").bind(account_id).execute(&mut **tx).await?;
    Ok(())
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, account_id: &str) -> Result<Option<Credential>, DbError> {
    let row = sqlx::query("SELECT * FROM credentials WHERE account_id = $1")
        .bind(account_id)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Every credential.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<Credential>, DbError> {
    let rows = sqlx::query("SELECT * FROM credentials ORDER BY account_id").fetch_all(conn).await?;
    rows.iter().map(from_row).collect()
}

/// The accounts whose access token ends at `until` or before and that are active.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn expiring(conn: &mut Conn, until: Timestamp) -> Result<Vec<Credential>, DbError> {
    let rows = sqlx::query(
        "SELECT c.* FROM credentials c JOIN accounts a ON a.id = c.account_id \
         WHERE a.status = 'active' AND c.access_expires_at <= $1 ORDER BY c.access_expires_at, c.account_id",
    )
    .bind(to_ms(until))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Credential, DbError> {
    let row = Columns(row);
    let intent =
        match (row.opt_int("intent_version")?, row.opt_text("intent_holder")?, row.opt_instant("intent_at")?)
        {
            (Some(version), Some(holder), Some(at)) => {
                Some(Intent { version: version.cast_unsigned(), holder, at })
            }
            _ => None,
        };
    Ok(Credential {
        account_id: row.text("account_id")?,
        sealed: row.text("sealed")?,
        key_id: row.text("key_id")?,
        token_version: row.count("token_version")?,
        has_refresh: row.flag("has_refresh")?,
        access_expires_at: row.opt_instant("access_expires_at")?,
        stored_at: row.instant("stored_at")?,
        intent,
        warned_days: row.opt_int("warned_days")?.and_then(|days| u32::try_from(days).ok()),
    })
}
