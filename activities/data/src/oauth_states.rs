//! OAuth states: one-time, expiring, bound to the organization that asked. Only their hash is kept.

use campaigns_limits::Platform;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{DbError, Tx};

/// Consent screens that may be open at once in an organization; the oldest states make room.
pub const OPEN_MAX: u32 = 1_000;

/// A consent that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct OauthState {
    pub organization: String,
    pub platform: Platform,
    pub redirect_uri: String,
    pub return_to: Option<String>,
    /// The PKCE verifier under the vault's seal, where the platform has PKCE.
    pub sealed_verifier: Option<String>,
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for OauthState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OauthState")
            .field("organization", &self.organization)
            .field("platform", &self.platform)
            .finish_non_exhaustive()
    }
}

/// Keeps a state until it expires; forgets expired ones.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, state: &str, kept: &OauthState) -> Result<(), DbError> {
    let now = tx.now();
    forget_expired(tx).await?;
    sqlx::query(
        "DELETE FROM oauth_states WHERE organization_id = $1 AND state_hash NOT IN \
         (SELECT state_hash FROM oauth_states WHERE organization_id = $1 ORDER BY created_at DESC LIMIT $2)",
    )
    .bind(kept.organization.as_str())
    .bind(i64::from(OPEN_MAX - 1))
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO oauth_states (state_hash, organization_id, platform, redirect_uri, return_to, \
         sealed_verifier, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(hash(state))
    .bind(kept.organization.as_str())
    .bind(kept.platform.as_str())
    .bind(kept.redirect_uri.as_str())
    .bind(kept.return_to.as_deref())
    .bind(kept.sealed_verifier.as_deref())
    .bind(to_ms(now))
    .bind(to_ms(kept.expires_at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a state: the second call with it gets nothing, nor does one after its time or for another platform.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn take(tx: &mut Tx, state: &str, platform: Platform) -> Result<Option<OauthState>, DbError> {
    let now = tx.now();
    let row = sqlx::query("DELETE FROM oauth_states WHERE state_hash = $1 AND platform = $2 RETURNING *")
        .bind(hash(state))
        .bind(platform.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let row = Columns(&row);
    let kept = OauthState {
        organization: row.text("organization_id")?,
        platform: row.word("platform")?,
        redirect_uri: row.text("redirect_uri")?,
        return_to: row.opt_text("return_to")?,
        sealed_verifier: row.opt_text("sealed_verifier")?,
        expires_at: row.instant("expires_at")?,
    };
    Ok((kept.expires_at > now).then_some(kept))
}

/// Forgets expired ones; returns how many.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn forget_expired(tx: &mut Tx) -> Result<u64, DbError> {
    let now = tx.now();
    let done = sqlx::query("DELETE FROM oauth_states WHERE expires_at <= $1")
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Forgets those of an organization: no consent that was asked for comes back to it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn forget_of(tx: &mut Tx, organization: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM oauth_states WHERE organization_id = $1")
        .bind(organization)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn hash(state: &str) -> String {
    hex::encode(Sha256::digest(state.as_bytes()))
}
