//! Which gates are to be looked at: those whose facts changed since they were looked at last, and those that
//! decide alone by now. A look at a campaign costs what changed in it, however large it is.

use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::statement::Statement;
use crate::{Conn, DbError, Publication, Tx, publications};

/// What a gate waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parent {
    /// A post of the campaign, or a happening; a post's name has no `/`.
    pub name: String,
    /// Of a post that comes again and again the turn that is meant; `None`: all of it.
    pub turn: Option<String>,
}

/// The gates of a campaign that may still open by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    pub closed: u64,
    /// When the first of them decides without further facts.
    pub until: Option<Timestamp>,
}

/// The publications of a campaign whose gates are to be looked at now.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn due(tx: &mut Tx, organization: &str, campaign: &str) -> Result<Vec<Publication>, DbError> {
    let now = tx.now();
    let mut sought = gated(publications::SELECT, organization, campaign);
    sought.push(" AND p.gate_at <= ").push_bind(to_ms(now)).push(publications::IN_ORDER);
    publications::all(tx, sought).await
}

/// Whether [`due`] has something.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn any_due(tx: &mut Tx, organization: &str, campaign: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let mut sought = gated("SELECT p.id FROM publications p", organization, campaign);
    sought.push(" AND p.gate_at <= ").push_bind(to_ms(now)).push(" LIMIT 1");
    Ok(sought.build().fetch_optional(&mut **tx).await?.is_some())
}

/// What waits at the gates of a campaign.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn outlook(conn: &mut Conn, organization: &str, campaign: &str) -> Result<Outlook, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS closed, MIN(gate_at) AS until FROM publications WHERE organization_id = $1 \
         AND campaign = $2 AND due_at IS NULL AND state IN ('planned', 'awaiting_approval')",
    )
    .bind(organization)
    .bind(campaign)
    .fetch_one(conn)
    .await?;
    let row = Columns(&row);
    Ok(Outlook { closed: row.count("closed")?, until: row.opt_instant("until")? })
}

/// Notes that the gates of a publication were looked at: what they wait for, and when they decide without it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn looked_at(
    tx: &mut Tx,
    row: &Publication,
    parents: &[Parent],
    until: Option<Timestamp>,
) -> Result<(), DbError> {
    let Some(campaign) = &row.campaign else { return Ok(()) };
    forget(tx, &row.id).await?;
    for Parent { name, turn } in parents {
        sqlx::query(
            "INSERT INTO gate_parents (organization_id, campaign, parent, occurrence, publication_id) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(row.organization.as_str())
        .bind(campaign.as_str())
        .bind(name.as_str())
        .bind(turn.as_deref().unwrap_or_default())
        .bind(row.id.as_str())
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query("UPDATE publications SET gate_at = $2 WHERE id = $1")
        .bind(row.id.as_str())
        .bind(until.map(to_ms))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets what a publication waited for: its gates are open.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn forget(tx: &mut Tx, id: &PublicationId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM gate_parents WHERE publication_id = $1")
        .bind(id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Has the gates looked at that wait for a publication.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn changed(tx: &mut Tx, row: &Publication) -> Result<(), DbError> {
    let Some(campaign) = &row.campaign else { return Ok(()) };
    touch(tx, (&row.organization, campaign), &row.post, &row.occurrence).await
}

/// Has the gates looked at that wait for a happening.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub(crate) async fn happened(tx: &mut Tx, scope: (&str, &str), happening: &str) -> Result<(), DbError> {
    touch(tx, scope, happening, "").await
}

async fn touch(
    tx: &mut Tx,
    (organization, campaign): (&str, &str),
    parent: &str,
    occurrence: &str,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE publications SET gate_at = 0 WHERE due_at IS NULL AND id IN (SELECT publication_id \
         FROM gate_parents WHERE organization_id = $1 AND campaign = $2 AND parent = $3 \
         AND occurrence IN ('', $4))",
    )
    .bind(organization)
    .bind(campaign)
    .bind(parent)
    .bind(occurrence)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has the gates of one publication looked at: people said something about it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub(crate) async fn reconsider(tx: &mut Tx, id: &PublicationId) -> Result<(), DbError> {
    sqlx::query("UPDATE publications SET gate_at = 0 WHERE id = $1")
        .bind(id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Asks for the publications of a campaign that a gate keeps back: without an instant, or given up for a gate's
/// sake, which may yet open.
pub(crate) fn gated(select: &str, organization: &str, campaign: &str) -> Statement {
    let mut statement = Statement::new(select);
    statement
        .push(" WHERE p.organization_id = ")
        .push_bind(organization)
        .push(" AND p.campaign = ")
        .push_bind(campaign)
        .push(
            " AND p.due_at IS NULL AND p.state IN ('planned', 'awaiting_approval', 'held', 'skipped') \
             AND (p.state IN ('planned', 'awaiting_approval') OR p.reason_code LIKE 'gate/%')",
        );
    statement
}
