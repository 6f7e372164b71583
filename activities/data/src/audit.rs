//! The audit: what happened, when, why and by whom. Rows are only ever added. No content, no secrets.

use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::statement::Statement;
use crate::{Conn, DbError, Publication, State, Tx};

/// One line of the story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub organization: String,
    pub campaign: Option<String>,
    pub publication: Option<PublicationId>,
    pub account_id: Option<String>,
    /// Set when it is written.
    pub at: Timestamp,
    pub actor: String,
    /// A word: `state`, `applied`, `moved`, `replaced`, `intent`, `answer`, `read`, `paused` …
    pub event: String,
    pub from: Option<State>,
    pub to: Option<State>,
    pub why: Option<String>,
    pub segment: Option<u32>,
    pub attempt: Option<u32>,
    /// The platform's id of a request.
    pub request_id: Option<String>,
}

impl Entry {
    /// An entry about a publication.
    #[must_use]
    pub fn of(publication: &Publication, actor: &str, event: &str) -> Self {
        Self {
            organization: publication.organization.clone(),
            campaign: publication.campaign.clone(),
            publication: Some(publication.id.clone()),
            account_id: Some(publication.account_id.clone()),
            actor: actor.to_owned(),
            event: event.to_owned(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}

/// # Errors
/// [`DbError`] when it can't be written.
pub async fn append(tx: &mut Tx, entry: &Entry) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO audit (organization_id, campaign, publication_id, account_id, at, actor, event, from_state, \
         to_state, why, segment, attempt, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(entry.organization.as_str())
    .bind(entry.campaign.as_deref())
    .bind(entry.publication.as_ref().map(PublicationId::as_str))
    .bind(entry.account_id.as_deref())
    .bind(to_ms(now))
    .bind(kept(&entry.actor))
    .bind(entry.event.as_str())
    .bind(entry.from.map(State::as_str))
    .bind(entry.to.map(State::as_str))
    .bind(entry.why.as_deref().map(kept))
    .bind(entry.segment.map(i64::from))
    .bind(entry.attempt.map(i64::from))
    .bind(entry.request_id.as_deref().map(kept))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The story of a publication from its beginning.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn of_publication(conn: &mut Conn, id: &PublicationId) -> Result<Vec<Entry>, DbError> {
    let rows = sqlx::query("SELECT * FROM audit WHERE publication_id = $1 ORDER BY id")
        .bind(id.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Whether a post of the account was deleted at `since` or later, by us or by others.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn deleted_since(conn: &mut Conn, account_id: &str, since: Timestamp) -> Result<bool, DbError> {
    let row = sqlx::query(
        "SELECT id FROM audit WHERE account_id = $1 AND at >= $2 AND to_state IN ('deleted', 'gone') LIMIT 1",
    )
    .bind(account_id)
    .bind(to_ms(since))
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// The newest entries of an organization, newest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn newest(conn: &mut Conn, organization: &str, limit: u32) -> Result<Vec<Entry>, DbError> {
    let rows = sqlx::query("SELECT * FROM audit WHERE organization_id = $1 ORDER BY id DESC LIMIT $2")
        .bind(organization)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Which entries to read; the default is an organization's whole trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    pub organization: String,
    pub campaign: Option<String>,
    pub publication: Option<PublicationId>,
    pub account_id: Option<String>,
}

/// Entries behind `after` (0: from the beginning), oldest first, each with its number. What concerns every
/// organization belongs to the trail of each.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn trail(
    conn: &mut Conn,
    trail: &Trail,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, Entry)>, DbError> {
    let Trail { organization, campaign, publication, account_id } = trail;
    let mut query = Statement::new("SELECT * FROM audit WHERE id > ");
    query.push_bind(after);
    query.push(" AND organization_id IN ('', ").push_bind(organization.clone()).push(")");
    if let Some(campaign) = campaign {
        query.push(" AND campaign = ").push_bind(campaign.clone());
    }
    if let Some(publication) = publication {
        query.push(" AND publication_id = ").push_bind(publication.to_string());
    }
    if let Some(account_id) = account_id {
        query.push(" AND account_id = ").push_bind(account_id.clone());
    }
    query.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit));
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(|row| Ok((Columns(row).int("id")?, from_row(row)?))).collect()
}

/// The number behind which the newest `count` entries of a trail are.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn before_newest(conn: &mut Conn, organization: &str, count: u32) -> Result<i64, DbError> {
    let row = sqlx::query(
        "SELECT id FROM audit WHERE organization_id IN ('', $1) ORDER BY id DESC LIMIT 1 OFFSET $2",
    )
    .bind(organization)
    .bind(i64::from(count))
    .fetch_optional(conn)
    .await?;
    row.map_or(Ok(0), |row| Columns(&row).int("id"))
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Entry, DbError> {
    let row = Columns(row);
    let small = |name| -> Result<Option<u32>, DbError> {
        Ok(row.opt_int(name)?.and_then(|value| u32::try_from(value).ok()))
    };
    Ok(Entry {
        organization: row.text("organization_id")?,
        campaign: row.opt_text("campaign")?,
        publication: row.opt_word("publication_id")?,
        account_id: row.opt_text("account_id")?,
        at: row.instant("at")?,
        actor: row.text("actor")?,
        event: row.text("event")?,
        from: row.opt_word("from_state")?,
        to: row.opt_word("to_state")?,
        why: row.opt_text("why")?,
        segment: small("segment")?,
        attempt: small("attempt")?,
        request_id: row.opt_text("request_id")?,
    })
}
