//! What platforms and other senders told us: stored before it is answered, each event once.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::{Conn, DbError, Tx};

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// `twitter`, `linkedin`, `meta`, `generic`, or `signal`.
    pub source: String,
    /// Empty for what a platform says to its app.
    pub organization: String,
    pub event_id: String,
    pub campaign: Option<String>,
    /// The signal's name.
    pub name: Option<String>,
    /// The raw body, whose signature was good.
    pub body: String,
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    pub id: i64,
    pub event: NewEvent,
    pub received_at: Timestamp,
}

/// Stores an event; `None` when it is known already.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn take(tx: &mut Tx, event: &NewEvent) -> Result<Option<i64>, DbError> {
    let now = tx.now();
    let row = sqlx::query(
        "INSERT INTO webhook_events (source, organization_id, event_id, campaign, name, body, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source, organization_id, event_id) DO NOTHING \
         RETURNING id",
    )
    .bind(event.source.as_str())
    .bind(event.organization.as_str())
    .bind(kept(&event.event_id))
    .bind(event.campaign.as_deref().map(kept))
    .bind(event.name.as_deref().map(kept))
    .bind(kept(&event.body))
    .bind(to_ms(now))
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| Columns(&row).int("id")).transpose()
}

/// Events whose effects are to come, the oldest first, behind `after`. Signals wait for their campaign.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn waiting(conn: &mut Conn, after: i64, limit: u32) -> Result<Vec<WebhookEvent>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM webhook_events WHERE handled_at IS NULL AND id > $1 \
         ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Signals of a campaign, the oldest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn signals(
    conn: &mut Conn,
    organization: &str,
    campaign: &str,
    limit: u32,
) -> Result<Vec<WebhookEvent>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM webhook_events WHERE source = 'signal' AND organization_id = $1 AND campaign = $2 \
         ORDER BY id LIMIT $3",
    )
    .bind(organization)
    .bind(campaign)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Notes what an event came to.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn handled(tx: &mut Tx, id: i64, outcome: &str) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query("UPDATE webhook_events SET handled_at = $2, outcome = $3 WHERE id = $1")
        .bind(id)
        .bind(to_ms(now))
        .bind(kept(outcome))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<WebhookEvent, DbError> {
    let row = Columns(row);
    Ok(WebhookEvent {
        id: row.int("id")?,
        event: NewEvent {
            source: row.text("source")?,
            organization: row.text("organization_id")?,
            event_id: row.text("event_id")?,
            campaign: row.opt_text("campaign")?,
            name: row.opt_text("name")?,
            body: row.text("body")?,
        },
        received_at: row.instant("received_at")?,
    })
}
