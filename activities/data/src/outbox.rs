//! The outbox: work for the workflow engine, written in the same transaction as its cause.

use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, words};
use crate::{Conn, DbError, Tx, bell, migrations};

words! {
    /// What the engine is to do.
    OutboxKind {
        /// Signal-with-start the campaign's workflow: a revision was applied.
        CampaignRevised = "campaign-revised",
        /// Signal-with-start the campaign's workflow: one of its publications has an outcome.
        CampaignSettled = "campaign-settled",
        /// Start the publication's workflow, or signal it where it runs.
        PublicationStart = "publication-start",
        /// Signal the publication's workflow, if it runs: its row was changed.
        PublicationChanged = "publication-changed",
        /// Wake the dispatcher: rows may be due earlier than it knows.
        Rescheduled = "rescheduled",
    }
}

/// A row of the outbox. Its id is the request id towards the engine, so doing it twice is doing it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: i64,
    pub kind: OutboxKind,
    pub organization: String,
    pub campaign: Option<String>,
    pub publication: Option<PublicationId>,
    pub created_at: Timestamp,
}

/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(
    tx: &mut Tx,
    kind: OutboxKind,
    organization: &str,
    campaign: Option<&str>,
    publication: Option<&PublicationId>,
) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO outbox (kind, organization_id, campaign, publication_id, created_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(kind.as_str())
    .bind(organization)
    .bind(campaign)
    .bind(publication.map(PublicationId::as_str))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    if migrations::is_postgres(tx) {
        sqlx::query(bell::RING).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The oldest messages first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn pending(conn: &mut Conn, limit: u32) -> Result<Vec<Message>, DbError> {
    let rows = sqlx::query("SELECT * FROM outbox ORDER BY id LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            Ok(Message {
                id: row.int("id")?,
                kind: row.word("kind")?,
                organization: row.text("organization_id")?,
                campaign: row.opt_text("campaign")?,
                publication: row.opt_word("publication_id")?,
                created_at: row.instant("created_at")?,
            })
        })
        .collect()
}

/// Forgets messages that the engine has taken.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn done(tx: &mut Tx, ids: &[i64]) -> Result<(), DbError> {
    for id in ids {
        sqlx::query("DELETE FROM outbox WHERE id = $1").bind(*id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// How many messages wait, and since when the oldest does.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn backlog(conn: &mut Conn) -> Result<(u64, Option<Timestamp>), DbError> {
    let row = sqlx::query("SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest_at FROM outbox")
        .fetch_one(conn)
        .await?;
    Ok((Columns(&row).count("waiting")?, Columns(&row).opt_instant("oldest_at")?))
}
