//! Reading publications.

use campaigns_limits::Platform;
use campaigns_plan::PublicationId;
use jiff::Timestamp;

use super::Publication;
use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::statement::Statement;
use crate::{Conn, DbError, gates};

/// Publications with the names of their accounts: what [`Publication::from_row`] reads.
pub(crate) const SELECT: &str =
    "SELECT p.*, a.platform, a.handle FROM publications p JOIN accounts a ON a.id = p.account_id";

/// As the plan has them.
pub(crate) const IN_ORDER: &str = " ORDER BY p.position, p.id";

/// What was sought with [`SELECT`].
pub(crate) async fn all(conn: &mut Conn, sought: Statement) -> Result<Vec<Publication>, DbError> {
    sought.build().fetch_all(conn).await?.iter().map(Publication::from_row).collect()
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, id: &PublicationId) -> Result<Option<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(" WHERE p.id = ").push_bind(id.as_str());
    sought.build().fetch_optional(conn).await?.as_ref().map(Publication::from_row).transpose()
}

/// Ids of an organization that begin with a text, at most `limit` of them.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn beginning_with(
    conn: &mut Conn,
    organization: &str,
    prefix: &str,
    limit: u32,
) -> Result<Vec<PublicationId>, DbError> {
    // A range of the primary key. Ids are ASCII, so `~` follows them all.
    let rows = sqlx::query(
        "SELECT id FROM publications WHERE id >= $1 AND id < $2 AND organization_id = $3 ORDER BY id LIMIT $4",
    )
    .bind(prefix)
    .bind(format!("{prefix}~"))
    .bind(organization)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).word("id")).collect()
}

/// # Errors
/// [`DbError::NotFound`] when there is none.
pub async fn get(conn: &mut Conn, id: &PublicationId) -> Result<Publication, DbError> {
    find(conn, id).await?.ok_or_else(|| DbError::NotFound { what: "publication", id: id.to_string() })
}

/// Every publication that a campaign ever had, in the order of its plan.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_campaign(
    conn: &mut Conn,
    organization: &str,
    campaign: &str,
) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(" WHERE p.organization_id = ").push_bind(organization);
    sought.push(" AND p.campaign = ").push_bind(campaign).push(IN_ORDER);
    all(conn, sought).await
}

/// The publications of one post of a campaign, on every account; of one that comes again and again those of one
/// turn, if it is named.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_turn(
    conn: &mut Conn,
    (organization, campaign): (&str, &str),
    post: &str,
    turn: Option<&str>,
) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(" WHERE p.organization_id = ").push_bind(organization);
    sought.push(" AND p.campaign = ").push_bind(campaign);
    sought.push(" AND p.post = ").push_bind(post);
    if let Some(turn) = turn {
        sought.push(" AND p.occurrence = ").push_bind(turn);
    }
    sought.push(IN_ORDER);
    all(conn, sought).await
}

/// The publications of a campaign that a gate keeps back: without an instant, or given up for a gate's sake,
/// which may yet open.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn gated(conn: &mut Conn, organization: &str, campaign: &str) -> Result<Vec<Publication>, DbError> {
    let mut sought = gates::gated(SELECT, organization, campaign);
    sought.push(IN_ORDER);
    all(conn, sought).await
}

/// The publications of an account that are not settled, or blocked.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_account(conn: &mut Conn, account_id: &str) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(" WHERE p.account_id = ").push_bind(account_id).push(
        " AND p.state IN ('planned', 'awaiting_approval', 'sending', 'ambiguous', 'blocked') \
         ORDER BY p.due_at NULLS FIRST, p.id",
    );
    all(conn, sought).await
}

/// The publications of an account that are not over: those of [`of_account`], and those that a person would look at.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn unfinished(conn: &mut Conn, account_id: &str) -> Result<Vec<PublicationId>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM publications WHERE account_id = $1 AND state NOT IN \
         ('published', 'cancelled', 'skipped', 'expired', 'deleted', 'gone') ORDER BY id",
    )
    .bind(account_id)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).word("id")).collect()
}

/// The publications that are online as a platform's post.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_platform_post(
    conn: &mut Conn,
    platform: Platform,
    platform_post_id: &str,
) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(" WHERE a.platform = ").push_bind(platform.as_str());
    sought.push(" AND p.platform_post_id = ").push_bind(kept(platform_post_id)).push(" ORDER BY p.id");
    all(conn, sought).await
}

/// What an organization published from one instant until another, the newest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn published_between(
    conn: &mut Conn,
    organization: &str,
    platform: Option<Platform>,
    (from, to): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(" WHERE p.organization_id = ").push_bind(organization);
    if let Some(platform) = platform {
        sought.push(" AND a.platform = ").push_bind(platform.as_str());
    }
    sought.push(" AND p.published_at >= ").push_bind(to_ms(from));
    sought.push(" AND p.published_at < ").push_bind(to_ms(to));
    sought.push(" ORDER BY p.published_at DESC, p.id LIMIT ").push_bind(i64::from(limit));
    all(conn, sought).await
}

/// Publications that no workflow was asked for yet and that are due at `until` or before: the most urgent
/// first, then by priority.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn due(conn: &mut Conn, until: Timestamp, limit: u32) -> Result<Vec<PublicationId>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM publications WHERE state = 'planned' AND dispatched_at IS NULL AND due_at <= $1 \
         ORDER BY due_at, priority, id LIMIT $2",
    )
    .bind(to_ms(until))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).word("id")).collect()
}

/// The next instant at which [`due`] will have something that it doesn't have at `until`.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn next_due(conn: &mut Conn, until: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let row = sqlx::query(
        "SELECT MIN(due_at) AS next_at FROM publications \
         WHERE state = 'planned' AND dispatched_at IS NULL AND due_at > $1",
    )
    .bind(to_ms(until))
    .fetch_one(conn)
    .await?;
    Columns(&row).opt_instant("next_at")
}

/// Publications of this age count as forgotten by their workflow.
#[derive(Clone, Copy, Debug)]
pub struct Overdue {
    /// Dispatched before this,
    pub dispatched_before: Timestamp,
    /// not changed since this,
    pub untouched_since: Timestamp,
    /// and ready before this.
    pub ready_before: Timestamp,
}

/// Publications whose workflow should have moved them long ago: it is asked for again.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn overdue(conn: &mut Conn, age: Overdue, limit: u32) -> Result<Vec<PublicationId>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM publications \
         WHERE state IN ('planned', 'sending', 'ambiguous') AND dispatched_at < $1 AND updated_at < $2 \
         AND due_at < $3 AND (next_attempt_at IS NULL OR next_attempt_at < $3) \
         ORDER BY due_at, priority, id LIMIT $4",
    )
    .bind(to_ms(age.dispatched_before))
    .bind(to_ms(age.untouched_since))
    .bind(to_ms(age.ready_before))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).word("id")).collect()
}

/// Publications that were dispatched or are under way: what a start-up sweep hands to workflows again.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn unsettled(conn: &mut Conn) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought.push(
        " WHERE p.state IN ('sending', 'ambiguous') OR (p.state = 'planned' AND p.dispatched_at IS NOT NULL) \
         ORDER BY p.due_at NULLS FIRST, p.priority, p.id",
    );
    all(conn, sought).await
}

/// Publications that wait for a person since `before`: for an approval, or for their account.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn waiting_in_vain(
    conn: &mut Conn,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Publication>, DbError> {
    let mut sought = Statement::new(SELECT);
    sought
        .push(" WHERE p.state IN ('awaiting_approval', 'blocked') AND p.due_at < ")
        .push_bind(to_ms(before));
    sought.push(" ORDER BY p.due_at, p.id LIMIT ").push_bind(i64::from(limit));
    all(conn, sought).await
}

/// The latest instant that a planned or ambiguous publication waits for.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn latest_planned(conn: &mut Conn) -> Result<Option<Timestamp>, DbError> {
    let row = sqlx::query(
        "SELECT MAX(COALESCE(due_at, expected_at)) AS due, MAX(next_attempt_at) AS next FROM publications \
         WHERE state IN ('planned', 'awaiting_approval', 'sending', 'ambiguous')",
    )
    .fetch_one(conn)
    .await?;
    let row = Columns(&row);
    Ok(row.opt_instant("due")?.max(row.opt_instant("next")?))
}

/// When another publication of the account last went out.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn last_sent(
    conn: &mut Conn,
    account_id: &str,
    except: &PublicationId,
) -> Result<Option<Timestamp>, DbError> {
    let row = sqlx::query(
        "SELECT MAX(published_at) AS sent_at FROM segments WHERE account_id = $1 AND publication_id <> $2",
    )
    .bind(account_id)
    .bind(except.as_str())
    .fetch_one(conn)
    .await?;
    Columns(&row).opt_instant("sent_at")
}
