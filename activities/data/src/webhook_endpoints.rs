//! Endpoints of applications that are told what happens.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::instant::to_ms;
use crate::notices::NoticeKind;
use crate::row::{Columns, kept, words};
use crate::{Conn, DbError, Tx, organizations};

words! {
    /// Whether an endpoint is told anything.
    EndpointState {
        Active = "active",
        /// It failed for too long, said that it is gone, or a person switched it off. What happens is kept.
        Disabled = "disabled",
        /// A person removed it, for ever.
        Revoked = "revoked",
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `whe_` and 32 hex digits.
    pub id: String,
    pub organization: String,
    pub url: String,
    pub description: Option<String>,
    /// Empty: all.
    pub kinds: Vec<NoticeKind>,
    pub state: EndpointState,
    /// Why it is disabled.
    pub state_reason: Option<String>,
    pub sealed_secret: String,
    /// The secret before the last rotation, and until when it signs, too.
    pub previous: Option<(String, Timestamp)>,
    /// Since when nothing got through.
    pub failing_since: Option<Timestamp>,
    pub not_before: Option<Timestamp>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Endpoint {
    /// Whether it is told of this.
    #[must_use]
    pub fn wants(&self, kind: NoticeKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// # Errors
/// [`DbError`] when it can't be written.
pub async fn insert(tx: &mut Tx, endpoint: &Endpoint) -> Result<(), DbError> {
    organizations::ensure(tx, &endpoint.organization).await?;
    let now = tx.now();
    sqlx::query(
        "INSERT INTO webhook_endpoints (id, organization_id, url, description, kinds, state, sealed_secret, \
         created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(endpoint.id.as_str())
    .bind(endpoint.organization.as_str())
    .bind(endpoint.url.as_str())
    .bind(endpoint.description.as_deref().map(kept))
    .bind(spaced(&endpoint.kinds))
    .bind(endpoint.state.as_str())
    .bind(endpoint.sealed_secret.as_str())
    .bind(kept(&endpoint.created_by))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes back what people may change, and the state with what follows from it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn save(tx: &mut Tx, endpoint: &mut Endpoint) -> Result<(), DbError> {
    let now = tx.now();
    let (previous, previous_until) = endpoint.previous.clone().unzip();
    sqlx::query(
        "UPDATE webhook_endpoints SET url = $2, description = $3, kinds = $4, state = $5, state_reason = $6, \
         sealed_secret = $7, sealed_previous = $8, previous_until = $9, failing_since = $10, not_before = $11, \
         updated_at = $12 WHERE id = $1",
    )
    .bind(endpoint.id.as_str())
    .bind(endpoint.url.as_str())
    .bind(endpoint.description.as_deref().map(kept))
    .bind(spaced(&endpoint.kinds))
    .bind(endpoint.state.as_str())
    .bind(endpoint.state_reason.as_deref())
    .bind(endpoint.sealed_secret.as_str())
    .bind(previous)
    .bind(previous_until.map(to_ms))
    .bind(endpoint.failing_since.map(to_ms))
    .bind(endpoint.not_before.map(to_ms))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    endpoint.updated_at = now;
    Ok(())
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Endpoint>, DbError> {
    let row =
        sqlx::query("SELECT * FROM webhook_endpoints WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

/// The endpoints of an organization that are not revoked, the oldest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_organization(conn: &mut Conn, organization: &str) -> Result<Vec<Endpoint>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM webhook_endpoints WHERE organization_id = $1 AND state IN ('active', 'disabled') \
         ORDER BY created_at, id",
    )
    .bind(organization)
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Every endpoint that has a secret, to be sealed anew.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn sealed(conn: &mut Conn) -> Result<Vec<Endpoint>, DbError> {
    let rows = sqlx::query("SELECT * FROM webhook_endpoints WHERE state <> 'revoked' ORDER BY id")
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Takes the right to deliver to an endpoint, unless another holds it; returns whether it did.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn lease(tx: &mut Tx, id: &str, holder: &str, until: Timestamp) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query(
        "UPDATE webhook_endpoints SET leased_by = $2, leased_until = $3 WHERE id = $1 AND state = 'active' \
         AND (leased_by IS NULL OR leased_by = $2 OR leased_until <= $4)",
    )
    .bind(id)
    .bind(holder)
    .bind(to_ms(until))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the right back.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn release(tx: &mut Tx, id: &str, holder: &str) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE webhook_endpoints SET leased_by = NULL, leased_until = NULL WHERE id = $1 AND leased_by = $2",
    )
    .bind(id)
    .bind(holder)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Something got through.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn reached(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE webhook_endpoints SET failing_since = NULL, not_before = NULL WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Something did not get through; nothing is tried before `not_before`.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn missed(tx: &mut Tx, id: &str, not_before: Option<Timestamp>) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, $2), not_before = $3 WHERE id = $1",
    )
    .bind(id)
    .bind(to_ms(now))
    .bind(not_before.map(to_ms))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Tells an endpoint nothing more; returns whether it was told anything until now.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn disable(tx: &mut Tx, id: &str, why: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query(
        "UPDATE webhook_endpoints SET state = 'disabled', state_reason = $2, updated_at = $3 \
         WHERE id = $1 AND state = 'active'",
    )
    .bind(id)
    .bind(why)
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn spaced(kinds: &[NoticeKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

fn from_row(row: &AnyRow) -> Result<Endpoint, DbError> {
    let row = Columns(row);
    let words = row.text("kinds")?;
    let corrupt = |word: &str| DbError::Corrupt { column: "kinds".to_owned(), value: word.to_owned() };
    let kinds = words.split_whitespace().map(|word| word.parse().map_err(|_| corrupt(word)));
    Ok(Endpoint {
        id: row.text("id")?,
        organization: row.text("organization_id")?,
        url: row.text("url")?,
        description: row.opt_text("description")?,
        kinds: kinds.collect::<Result<_, _>>()?,
        state: row.word("state")?,
        state_reason: row.opt_text("state_reason")?,
        sealed_secret: row.text("sealed_secret")?,
        previous: row.opt_text("sealed_previous")?.zip(row.opt_instant("previous_until")?),
        failing_since: row.opt_instant("failing_since")?,
        not_before: row.opt_instant("not_before")?,
        created_by: row.text("created_by")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
