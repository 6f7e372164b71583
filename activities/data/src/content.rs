//! Content pieces: what applications want to say, before it is scheduled; and which posts say them.

use std::collections::HashMap;

use campaigns_plan::PublicationId;
use jiff::Timestamp;
use serde_json::Value;

use crate::instant::to_ms;
use crate::row::{Columns, to_json};
use crate::statement::Statement;
use crate::{Conn, DbError, Tx};

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentPiece {
    pub organization: String,
    pub id: String,
    /// As the application gave it; this crate looks at nothing in it.
    pub content: Value,
    /// From 1; rises with every change.
    pub version: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Writes a piece that names `files`: a new one, or a new version of an old one where the content differs.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(
    tx: &mut Tx,
    organization: &str,
    id: &str,
    content: &Value,
    files: &[&str],
) -> Result<ContentPiece, DbError> {
    let known = find(tx, organization, id).await?;
    if let Some(known) = known.as_ref().filter(|known| known.content == *content) {
        return Ok(known.clone());
    }
    let now = tx.now();
    let (version, created_at) = known.map_or((1, now), |known| (known.version + 1, known.created_at));
    sqlx::query(
        "INSERT INTO content_pieces (organization_id, id, content, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (organization_id, id) DO UPDATE SET content = $3, version = $4, updated_at = $6",
    )
    .bind(organization)
    .bind(id)
    .bind(to_json("content", content)?)
    .bind(version.cast_signed())
    .bind(to_ms(created_at))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    set_files(tx, organization, id, files).await?;
    Ok(ContentPiece {
        organization: organization.to_owned(),
        id: id.to_owned(),
        content: content.clone(),
        version,
        created_at,
        updated_at: now,
    })
}

async fn set_files(tx: &mut Tx, organization: &str, id: &str, files: &[&str]) -> Result<(), DbError> {
    sqlx::query("DELETE FROM content_media WHERE organization_id = $1 AND content_piece_id = $2")
        .bind(organization)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    for sha256 in files {
        sqlx::query(
            "INSERT INTO content_media (organization_id, content_piece_id, sha256) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(organization)
        .bind(id)
        .bind(*sha256)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, organization: &str, id: &str) -> Result<Option<ContentPiece>, DbError> {
    let row = sqlx::query("SELECT * FROM content_pieces WHERE organization_id = $1 AND id = $2")
        .bind(organization)
        .bind(id)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    from_row(&row).map(Some)
}

/// The pieces of this id in any organization, at most `limit`: whoever asks must be told only of their own.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_id(conn: &mut Conn, id: &str, limit: u32) -> Result<Vec<ContentPiece>, DbError> {
    let rows = sqlx::query("SELECT * FROM content_pieces WHERE id = $1 ORDER BY organization_id LIMIT $2")
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<ContentPiece, DbError> {
    let row = Columns(row);
    Ok(ContentPiece {
        organization: row.text("organization_id")?,
        id: row.text("id")?,
        content: row.json("content")?,
        version: row.count("version")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}

/// Notes which piece a publication says.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn schedule(tx: &mut Tx, publication: &PublicationId, piece: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO scheduled_posts (publication_id, content_piece_id) VALUES ($1, $2) \
         ON CONFLICT (publication_id) DO UPDATE SET content_piece_id = $2",
    )
    .bind(publication.as_str())
    .bind(piece)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The pieces that publications say, as far as they came from applications.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn scheduled(
    conn: &mut Conn,
    publications: &[&PublicationId],
) -> Result<HashMap<PublicationId, String>, DbError> {
    /// Bound values in one statement; both databases take more.
    const AT_ONCE: usize = 500;
    let mut found = HashMap::new();
    for some in publications.chunks(AT_ONCE) {
        let mut query = Statement::new("SELECT * FROM scheduled_posts WHERE publication_id IN (");
        query.push_list(some.iter().map(|id| id.as_str())).push(")");
        for row in query.build().fetch_all(&mut *conn).await? {
            let row = Columns(&row);
            found.insert(row.word("publication_id")?, row.text("content_piece_id")?);
        }
    }
    Ok(found)
}
