//! How far uploads of large files are, until they are done.

use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::media::alt_hash;
use crate::row::{Columns, kept};
use crate::{Conn, DbError, Tx};

/// An upload under way, or one that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadBegun {
    pub sha256: String,
    pub platform_media_id: String,
    /// Bytes that have arrived, from the start without a gap.
    pub done_bytes: u64,
    pub total_bytes: u64,
    /// After this the platform has forgotten it.
    pub expires_at: Timestamp,
}

/// Notes how far it is.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn note(
    tx: &mut Tx,
    id: &PublicationId,
    alt: Option<&str>,
    begun: &UploadBegun,
) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO uploads_begun (publication_id, sha256, alt_hash, platform_media_id, done_bytes, \
         total_bytes, updated_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (publication_id, sha256, alt_hash) DO UPDATE SET platform_media_id = $4, \
         done_bytes = $5, total_bytes = $6, updated_at = $7, expires_at = $8",
    )
    .bind(id.as_str())
    .bind(begun.sha256.as_str())
    .bind(alt_hash(alt))
    .bind(kept(&begun.platform_media_id))
    .bind(begun.done_bytes.cast_signed())
    .bind(begun.total_bytes.cast_signed())
    .bind(to_ms(now))
    .bind(to_ms(begun.expires_at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How far the upload of a file with this alternative text is, for a publication.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(
    conn: &mut Conn,
    id: &PublicationId,
    sha256: &str,
    alt: Option<&str>,
) -> Result<Option<UploadBegun>, DbError> {
    let row = sqlx::query(
        "SELECT * FROM uploads_begun WHERE publication_id = $1 AND sha256 = $2 AND alt_hash = $3",
    )
    .bind(id.as_str())
    .bind(sha256)
    .bind(alt_hash(alt))
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// The uploads of a publication that are not done.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_publication(conn: &mut Conn, id: &PublicationId) -> Result<Vec<UploadBegun>, DbError> {
    let rows = sqlx::query("SELECT * FROM uploads_begun WHERE publication_id = $1 ORDER BY sha256, alt_hash")
        .bind(id.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// It is done, or given up.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn end(tx: &mut Tx, id: &PublicationId, sha256: &str, alt: Option<&str>) -> Result<(), DbError> {
    sqlx::query("DELETE FROM uploads_begun WHERE publication_id = $1 AND sha256 = $2 AND alt_hash = $3")
        .bind(id.as_str())
        .bind(sha256)
        .bind(alt_hash(alt))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets what the platforms have forgotten; returns how many.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn forget_expired(tx: &mut Tx) -> Result<u64, DbError> {
    let now = tx.now();
    let done = sqlx::query("DELETE FROM uploads_begun WHERE expires_at <= $1")
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<UploadBegun, DbError> {
    let row = Columns(row);
    Ok(UploadBegun {
        sha256: row.text("sha256")?,
        platform_media_id: row.text("platform_media_id")?,
        done_bytes: row.count("done_bytes")?,
        total_bytes: row.count("total_bytes")?,
        expires_at: row.instant("expires_at")?,
    })
}
