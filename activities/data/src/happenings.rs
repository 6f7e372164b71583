//! What happened outside that campaigns wait for: signals by name, files that appeared, events of platforms.

use campaigns_plan::Timing;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx, gates};

/// One event of one campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    pub organization: String,
    pub campaign: String,
    /// `signal/<name>`, `file/<path>`, `event/<platform>/<handle or *>/<event>`.
    pub happening: String,
    /// The sender's own id of the event: the same one again changes nothing.
    pub event_id: String,
    pub told_by: String,
}

/// Keeps an event; returns whether it is new.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, event: &Happening) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query(
        "INSERT INTO happenings (organization_id, campaign, happening, event_id, told_by, happened_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(event.organization.as_str())
    .bind(event.campaign.as_str())
    .bind(event.happening.as_str())
    .bind(event.event_id.as_str())
    .bind(event.told_by.as_str())
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    let new = done.rows_affected() == 1;
    if new {
        gates::happened(tx, (&event.organization, &event.campaign), &event.happening).await?;
    }
    Ok(new)
}

/// When it first happened at or after `since`.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn first_since(
    conn: &mut Conn,
    (organization, campaign): (&str, &str),
    happening: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let row = sqlx::query(
        "SELECT MIN(happened_at) AS at FROM happenings WHERE organization_id = $1 AND campaign = $2 \
         AND happening = $3 AND happened_at >= $4",
    )
    .bind(organization)
    .bind(campaign)
    .bind(happening)
    .bind(to_ms(since))
    .fetch_one(conn)
    .await?;
    Columns(&row).opt_instant("at")
}

/// The campaigns of an organization that wait for one of these events of a platform now, each with the one that
/// it waits for.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn awaiting_events(
    conn: &mut Conn,
    organization: &str,
    events: &[String],
) -> Result<Vec<(String, String)>, DbError> {
    let mut found = Vec::new();
    for Awaiting { campaign, happening, .. } in awaiting(conn, organization, "event/").await? {
        let waits = (campaign, happening);
        if events.contains(&waits.1) && !found.contains(&waits) {
            found.push(waits);
        }
    }
    Ok(found)
}

/// The files that publications wait for now: publication, campaign, and path beside the campaign's file.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn awaited_files(
    conn: &mut Conn,
    organization: &str,
) -> Result<Vec<(String, String, String)>, DbError> {
    let waiting = awaiting(conn, organization, FILE).await?.into_iter();
    let file = |one: Awaiting| {
        let path = one.happening.strip_prefix(FILE)?.to_owned();
        Some((one.publication, one.campaign, path))
    };
    Ok(waiting.filter_map(file).collect())
}

/// The signals that publications of a campaign wait for now, each once.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn awaited_signals(
    conn: &mut Conn,
    organization: &str,
    campaign: &str,
) -> Result<Vec<String>, DbError> {
    let mut found = Vec::new();
    for one in awaiting(conn, organization, SIGNAL).await? {
        let name = one.happening.strip_prefix(SIGNAL).unwrap_or_default().to_owned();
        if one.campaign == campaign && !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

/// How the names of files and of signals begin.
const FILE: &str = "file/";
const SIGNAL: &str = "signal/";

/// A publication that waits for something from outside.
struct Awaiting {
    publication: String,
    campaign: String,
    happening: String,
}

/// The publications that wait now for happenings whose names begin so: with letters and a `/`.
async fn awaiting(conn: &mut Conn, organization: &str, kind: &str) -> Result<Vec<Awaiting>, DbError> {
    let rows = sqlx::query(
        "SELECT id, campaign, timing FROM publications WHERE organization_id = $1 AND due_at IS NULL \
         AND state IN ('planned', 'awaiting_approval') AND timing LIKE $2 ORDER BY id",
    )
    .bind(organization)
    .bind(format!("%\"{kind}%"))
    .fetch_all(conn)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        let row = Columns(row);
        if let Timing::Awaits { happening, .. } = row.json("timing")?
            && happening.starts_with(kind)
        {
            found.push(Awaiting { publication: row.text("id")?, campaign: row.text("campaign")?, happening });
        }
    }
    Ok(found)
}
