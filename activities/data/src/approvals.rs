//! What people said to what is to be published.

use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::{Conn, DbError, Publication, Tx, gates};

/// A person's last word on one content of one publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub person: String,
    /// Else it was refused.
    pub approved: bool,
    pub comment: Option<String>,
    /// Who said so in the person's name, where that was another.
    pub given_by: String,
    pub given_at: Timestamp,
}

/// Keeps a person's word on the content as it is now.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, row: &Publication, word: &Approval) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO approvals (publication_id, content_hash, person, approved, comment, given_by, given_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (publication_id, content_hash, person) DO UPDATE SET \
         approved = excluded.approved, comment = excluded.comment, given_by = excluded.given_by, \
         given_at = excluded.given_at",
    )
    .bind(row.id.as_str())
    .bind(row.content_hash.as_str())
    .bind(word.person.as_str())
    .bind(i64::from(word.approved))
    .bind(word.comment.as_deref().map(kept))
    .bind(word.given_by.as_str())
    .bind(to_ms(word.given_at))
    .execute(&mut **tx)
    .await?;
    gates::reconsider(tx, &row.id).await
}

/// What was said on this content, oldest first.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn of(conn: &mut Conn, id: &PublicationId, content_hash: &str) -> Result<Vec<Approval>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM approvals WHERE publication_id = $1 AND content_hash = $2 ORDER BY given_at, person",
    )
    .bind(id.as_str())
    .bind(content_hash)
    .fetch_all(conn)
    .await?;
    let read = |row| {
        let row = Columns(row);
        Ok(Approval {
            person: row.text("person")?,
            approved: row.flag("approved")?,
            comment: row.opt_text("comment")?,
            given_by: row.text("given_by")?,
            given_at: row.instant("given_at")?,
        })
    };
    rows.iter().map(read).collect()
}
