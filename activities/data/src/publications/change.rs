//! Changes of a publication: every one compares the row's version, and every change of state passes the
//! table, leaves its trace in the audit, and is told to applications that want to know.

use campaigns_plan::PublicationId;

use super::{Publication, State};
use crate::instant::to_ms;
use crate::row::{kept, to_json};
use crate::{DbError, Tx, audit, gates, notices};

/// Why a publication is in its state: a stable code, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    pub code: String,
    pub text: String,
}

impl Reason {
    #[must_use]
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into() }
    }
}

/// Who changes a publication, and what led to it.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    /// A person's name, `delivery`, `campaign` or another part of the product.
    pub actor: String,
    pub segment: Option<u32>,
    pub attempt: Option<u32>,
    /// The platform's id of the request that led to it.
    pub request_id: Option<String>,
    /// Why, for the trail, where the publication keeps no reason.
    pub why: Option<String>,
}

impl Cause {
    #[must_use]
    pub fn by(actor: &str) -> Self {
        Self { actor: actor.to_owned(), ..Self::default() }
    }

    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}

/// Writes a new row.
///
/// # Errors
/// [`DbError`]; a unique violation when the identity has a row already.
pub async fn insert(tx: &mut Tx, publication: &Publication) -> Result<(), DbError> {
    let p = publication;
    sqlx::query(
        "INSERT INTO publications (id, organization_id, campaign, post, account_id, occurrence, position, \
         state, reason_code, reason, timing, policy, content_hash, priority, revision, version, due_at, \
         expected_at, next_attempt_at, dispatched_at, attempts_used, unsent, created_at, updated_at, gates) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
         $21, $22, $23, $23, $24)",
    )
    .bind(p.id.as_str())
    .bind(p.organization.as_str())
    .bind(p.campaign.as_deref())
    .bind(p.post.as_str())
    .bind(p.account_id.as_str())
    .bind(p.occurrence.as_str())
    .bind(i64::from(p.position))
    .bind(p.state.as_str())
    .bind(p.reason.as_ref().map(|r| r.code.as_str()))
    .bind(p.reason.as_ref().map(|r| kept(&r.text)))
    .bind(to_json("timing", &p.timing)?)
    .bind(to_json("policy", &p.policy)?)
    .bind(p.content_hash.as_str())
    .bind(i64::from(p.priority))
    .bind(p.revision.cast_signed())
    .bind(p.version.cast_signed())
    .bind(p.due_at.map(to_ms))
    .bind(p.expected_at.map(to_ms))
    .bind(p.next_attempt_at.map(to_ms))
    .bind(p.dispatched_at.map(to_ms))
    .bind(i64::from(p.attempts_used))
    .bind(i64::from(p.unsent))
    .bind(to_ms(tx.now()))
    .bind(to_json("gates", &p.gates)?)
    .execute(&mut **tx)
    .await?;
    gates::changed(tx, p).await?;
    notices::of_publication(tx, p).await
}

/// Writes back a row that was read, unless someone changed it since; raises its version.
///
/// State and reason go through [`transition`]: a state that differs from the stored one is refused here.
///
/// # Errors
/// [`DbError::Stale`] when the row's version or state is another; nothing is changed then.
pub async fn save(tx: &mut Tx, publication: &mut Publication) -> Result<(), DbError> {
    let state = publication.state;
    write(tx, publication, state).await
}

/// Takes a publication from its state to `to` and writes back its other fields with it.
///
/// # Errors
/// [`DbError::Forbidden`] when the table has no such pair, [`DbError::Stale`] as [`save`].
pub async fn transition(
    tx: &mut Tx,
    publication: &mut Publication,
    to: State,
    reason: Option<Reason>,
    cause: &Cause,
) -> Result<(), DbError> {
    let from = publication.state;
    if !from.may_become(to) {
        return Err(DbError::Forbidden { id: publication.id.to_string(), from, to });
    }
    publication.state = to;
    publication.reason = reason;
    if let Err(error) = write(tx, publication, from).await {
        publication.state = from;
        return Err(error);
    }
    let entry = audit::Entry {
        from: Some(from),
        to: Some(to),
        why: publication.reason.as_ref().map(|reason| reason.text.clone()).or_else(|| cause.why.clone()),
        segment: cause.segment,
        attempt: cause.attempt,
        request_id: cause.request_id.clone(),
        ..audit::Entry::of(publication, &cause.actor, "state")
    };
    audit::append(tx, &entry).await?;
    notices::of_publication(tx, publication).await
}

/// Notes that the workflow of a planned publication was asked for. Returns whether it was planned.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn mark_dispatched(tx: &mut Tx, id: &PublicationId) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query("UPDATE publications SET dispatched_at = $2 WHERE id = $1 AND state = 'planned'")
        .bind(id.as_str())
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a row the name that its post has now, and those that it waits for. Nothing that is sent depends on
/// it, so the version stays.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn rename(tx: &mut Tx, publication: &Publication) -> Result<(), DbError> {
    sqlx::query("UPDATE publications SET post = $2, timing = $3, gates = $4, gate_at = 0 WHERE id = $1")
        .bind(publication.id.as_str())
        .bind(publication.post.as_str())
        .bind(to_json("timing", &publication.timing)?)
        .bind(to_json("gates", &publication.gates)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Moves a row to its place in the plan. Nothing that is sent depends on it, so the version stays.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_position(tx: &mut Tx, publication: &Publication, position: u32) -> Result<(), DbError> {
    sqlx::query("UPDATE publications SET position = $2 WHERE id = $1")
        .bind(publication.id.as_str())
        .bind(i64::from(position))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn write(tx: &mut Tx, p: &mut Publication, from: State) -> Result<(), DbError> {
    let now = tx.now();
    let done = sqlx::query(
        "UPDATE publications SET position = $3, state = $4, reason_code = $5, reason = $6, timing = $7, \
         policy = $8, content_hash = $9, priority = $10, revision = $11, version = version + 1, due_at = $12, \
         expected_at = $13, next_attempt_at = $14, dispatched_at = $15, attempts_used = $16, unsent = $17, \
         platform_post_id = $18, url = $19, published_at = $20, updated_at = $21, gates = $23, \
         gate_at = 0 \
         WHERE id = $1 AND version = $2 AND state = $22",
    )
    .bind(p.id.as_str())
    .bind(p.version.cast_signed())
    .bind(i64::from(p.position))
    .bind(p.state.as_str())
    .bind(p.reason.as_ref().map(|r| r.code.as_str()))
    .bind(p.reason.as_ref().map(|r| kept(&r.text)))
    .bind(to_json("timing", &p.timing)?)
    .bind(to_json("policy", &p.policy)?)
    .bind(p.content_hash.as_str())
    .bind(i64::from(p.priority))
    .bind(p.revision.cast_signed())
    .bind(p.due_at.map(to_ms))
    .bind(p.expected_at.map(to_ms))
    .bind(p.next_attempt_at.map(to_ms))
    .bind(p.dispatched_at.map(to_ms))
    .bind(i64::from(p.attempts_used))
    .bind(i64::from(p.unsent))
    .bind(p.platform_post_id.as_deref().map(kept))
    .bind(p.url.as_deref().map(kept))
    .bind(p.published_at.map(to_ms))
    .bind(to_ms(now))
    .bind(from.as_str())
    .bind(to_json("gates", &p.gates)?)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(DbError::Stale { id: p.id.to_string() });
    }
    p.version += 1;
    p.updated_at = now;
    // What is on its way tells those who wait for it nothing.
    if from.is_settled() || p.state.is_settled() {
        gates::changed(tx, p).await?;
    }
    Ok(())
}
