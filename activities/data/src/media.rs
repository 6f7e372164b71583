//! Media files by content hash, who uses them, and what the platforms call them. The bytes are in the
//! data folder (`activities/media`).

use campaigns_limits::MediaFacts;
use campaigns_plan::PublicationId;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::instant::to_ms;
use crate::row::{Columns, kept, to_json};
use crate::{Conn, DbError, Tx};

/// An upload that a platform remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub platform_media_id: String,
    pub expires_at: Option<Timestamp>,
}

/// Writes down what is known of a file; knowing it already is fine.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, facts: &MediaFacts) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO media (sha256, facts, created_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING",
    )
    .bind(facts.sha256.as_str())
    .bind(to_json("facts", facts)?)
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, sha256: &str) -> Result<Option<MediaFacts>, DbError> {
    let row =
        sqlx::query("SELECT facts FROM media WHERE sha256 = $1").bind(sha256).fetch_optional(conn).await?;
    row.map(|row| Columns(&row).json("facts")).transpose()
}

/// Notes that an organization has a file.
///
/// # Errors
/// [`DbError`]; also when the file is not known.
pub async fn own(tx: &mut Tx, organization: &str, sha256: &str) -> Result<(), DbError> {
    sqlx::query("INSERT INTO media_owners (organization_id, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(organization)
        .bind(sha256)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What is known of an organization's file; `None` for one that it never uploaded.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn owned(conn: &mut Conn, organization: &str, sha256: &str) -> Result<Option<MediaFacts>, DbError> {
    let row = sqlx::query(
        "SELECT m.facts FROM media m JOIN media_owners o ON o.sha256 = m.sha256 \
         WHERE o.organization_id = $1 AND m.sha256 = $2",
    )
    .bind(organization)
    .bind(sha256)
    .fetch_optional(conn)
    .await?;
    row.map(|row| Columns(&row).json("facts")).transpose()
}

/// Replaces what a publication uses.
///
/// # Errors
/// [`DbError`]; also when a file is not known.
pub async fn set_uses(tx: &mut Tx, id: &PublicationId, files: &[&str]) -> Result<(), DbError> {
    sqlx::query("DELETE FROM media_uses WHERE publication_id = $1")
        .bind(id.as_str())
        .execute(&mut **tx)
        .await?;
    for sha256 in files {
        sqlx::query("INSERT INTO media_uses (publication_id, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(id.as_str())
            .bind(*sha256)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The upload of a file with this alternative text on this account.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn upload(
    conn: &mut Conn,
    account_id: &str,
    sha256: &str,
    alt: Option<&str>,
) -> Result<Option<Upload>, DbError> {
    let row = sqlx::query(
        "SELECT platform_media_id, expires_at FROM media_uploads \
         WHERE account_id = $1 AND sha256 = $2 AND alt_hash = $3",
    )
    .bind(account_id)
    .bind(sha256)
    .bind(alt_hash(alt))
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let row = Columns(&row);
        Ok(Upload {
            platform_media_id: row.text("platform_media_id")?,
            expires_at: row.opt_instant("expires_at")?,
        })
    })
    .transpose()
}

/// Remembers an upload; a newer one replaces it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn uploaded(
    tx: &mut Tx,
    account_id: &str,
    sha256: &str,
    alt: Option<&str>,
    upload: &Upload,
) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO media_uploads (account_id, sha256, alt_hash, platform_media_id, uploaded_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (account_id, sha256, alt_hash) DO UPDATE SET platform_media_id = $4, uploaded_at = $5, \
         expires_at = $6",
    )
    .bind(account_id)
    .bind(sha256)
    .bind(alt_hash(alt))
    .bind(kept(&upload.platform_media_id))
    .bind(to_ms(now))
    .bind(upload.expires_at.map(to_ms))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets uploads by the platform's ids: it no longer takes them, or a post has used them up.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn forget_uploads(
    tx: &mut Tx,
    account_id: &str,
    platform_media_ids: &[String],
) -> Result<(), DbError> {
    for id in platform_media_ids {
        sqlx::query("DELETE FROM media_uploads WHERE account_id = $1 AND platform_media_id = $2")
            .bind(account_id)
            .bind(kept(id))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Forgets uploads that the platforms have forgotten; returns how many.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn forget_expired_uploads(tx: &mut Tx) -> Result<u64, DbError> {
    let now = tx.now();
    let done = sqlx::query("DELETE FROM media_uploads WHERE expires_at <= $1")
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Whether a content piece names a file, or a publication uses it that may yet be sent, or was settled at
/// `since` or later.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn is_needed(conn: &mut Conn, sha256: &str, since: Timestamp) -> Result<bool, DbError> {
    let row = sqlx::query(
        "SELECT p.id FROM media_uses u JOIN publications p ON p.id = u.publication_id WHERE u.sha256 = $1 \
         AND (p.updated_at >= $2 OR p.state NOT IN ('published', 'deleted', 'gone', 'expired')) \
         UNION ALL SELECT content_piece_id AS id FROM content_media WHERE sha256 = $1 LIMIT 1",
    )
    .bind(sha256)
    .bind(to_ms(since))
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

pub(crate) fn alt_hash(alt: Option<&str>) -> String {
    alt.map_or_else(String::new, |alt| hex::encode(&Sha256::digest(alt.as_bytes())[..16]))
}
