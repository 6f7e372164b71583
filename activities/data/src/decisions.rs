//! What conditions on metrics were decided by. Each is decided once: the number that decided stays, and asking
//! again gives the same.

use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx, gates};

/// The decision on one condition of one publication, for one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub publication: PublicationId,
    /// The condition in one word of this product: another one is decided anew.
    pub condition: String,
    /// When everything else was open.
    pub decides_at: Timestamp,
    pub holds: bool,
    /// The number, in millionths; `None` where it was not there.
    pub millionths: Option<i64>,
    /// When it was counted.
    pub counted_at: Option<Timestamp>,
    /// `campaign`, or the person who decided otherwise.
    pub decided_by: String,
    pub decided_at: Timestamp,
}

/// Keeps a decision, in the place of another on the same question.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, decision: &Decision) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO decisions (publication_id, question, decides_at, holds, millionths, counted_at, \
         decided_by, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (publication_id, question, decides_at) DO UPDATE SET holds = excluded.holds, \
         millionths = excluded.millionths, counted_at = excluded.counted_at, \
         decided_by = excluded.decided_by, decided_at = excluded.decided_at",
    )
    .bind(decision.publication.as_str())
    .bind(decision.condition.as_str())
    .bind(to_ms(decision.decides_at))
    .bind(i64::from(decision.holds))
    .bind(decision.millionths)
    .bind(decision.counted_at.map(to_ms))
    .bind(decision.decided_by.as_str())
    .bind(to_ms(decision.decided_at))
    .execute(&mut **tx)
    .await?;
    gates::reconsider(tx, &decision.publication).await
}

/// What was decided on a publication, oldest first.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn of(conn: &mut Conn, id: &PublicationId) -> Result<Vec<Decision>, DbError> {
    let rows =
        sqlx::query("SELECT * FROM decisions WHERE publication_id = $1 ORDER BY decided_at, decides_at")
            .bind(id.as_str())
            .fetch_all(conn)
            .await?;
    let read = |row| {
        let row = Columns(row);
        Ok(Decision {
            publication: row.word("publication_id")?,
            condition: row.text("question")?,
            decides_at: row.instant("decides_at")?,
            holds: row.flag("holds")?,
            millionths: row.opt_int("millionths")?,
            counted_at: row.opt_instant("counted_at")?,
            decided_by: row.text("decided_by")?,
            decided_at: row.instant("decided_at")?,
        })
    };
    rows.iter().map(read).collect()
}
