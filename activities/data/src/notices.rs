//! Notices: what applications are told, written in the transaction of what happened. No content, no secrets.
//!
//! They are written only for organizations that have an endpoint, with one delivery for each active endpoint
//! that wants to know. A disabled one gets none, and may ask for what it missed later.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::instant::to_ms;
use crate::row::{Columns, to_json, words};
use crate::webhook_endpoints::{self, Endpoint, EndpointState};
use crate::{Conn, DbError, Publication, State, Tx, campaigns, webhook_deliveries};

/// The longest sentence that is passed on, in characters: bodies stay far below the 20 kB that Standard
/// Webhooks recommends.
const REASON_CHARS_MAX: usize = 2_000;

words! {
    /// What a notice is about. The words are the `type` that receivers see.
    NoticeKind {
        PublicationPublished = "publication.published",
        /// The platform refused it for good.
        PublicationFailed = "publication.failed",
        /// It waits for a person: held, blocked, or published in part.
        PublicationHeld = "publication.held",
        /// It waits for people's approval.
        PublicationNeedsApproval = "publication.needs_approval",
        /// An account must be connected again.
        AccountNeedsReconnect = "account.needs_reconnect",
        /// Every publication of a campaign has its outcome, and the file plans no more.
        CampaignFinished = "campaign.finished",
        /// Somebody asked for it, to see whether the endpoint works.
        EndpointTest = "endpoint.test",
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// `msg_` and 32 hex digits, in the order of their making: the `webhook-id`.
    pub id: String,
    pub organization: String,
    pub kind: NoticeKind,
    pub data: Value,
    pub created_at: Timestamp,
}

/// Tells of a publication's state, if that is one to be told.
pub(crate) async fn of_publication(tx: &mut Tx, publication: &Publication) -> Result<(), DbError> {
    let kind = match publication.state {
        State::Published => Some(NoticeKind::PublicationPublished),
        State::Rejected => Some(NoticeKind::PublicationFailed),
        State::Held | State::Partial | State::Blocked => Some(NoticeKind::PublicationHeld),
        State::AwaitingApproval => Some(NoticeKind::PublicationNeedsApproval),
        State::Planned
        | State::Sending
        | State::Ambiguous
        | State::Cancelled
        | State::Skipped
        | State::Expired
        | State::Deleted
        | State::Gone => None,
    };
    let finishes = publication.campaign.is_some() && is_final(publication.state);
    if kind.is_none() && !finishes {
        return Ok(());
    }
    let endpoints = webhook_endpoints::of_organization(tx, &publication.organization).await?;
    if endpoints.is_empty() {
        return Ok(());
    }
    if let Some(kind) = kind {
        tell(tx, &publication.organization, kind, &told_of(publication), &endpoints).await?;
    }
    match &publication.campaign {
        Some(campaign) if finishes => of_campaign(tx, &publication.organization, campaign, &endpoints).await,
        _ => Ok(()),
    }
}

/// Tells that an account must be connected again.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn of_account(tx: &mut Tx, account: &Account) -> Result<(), DbError> {
    let endpoints = webhook_endpoints::of_organization(tx, &account.organization).await?;
    let data = json!({
        "organizationId": account.organization,
        "id": account.id,
        "account": account.name.to_string(),
        "platform": account.name.platform().as_str(),
        "status": account.status.as_str(),
        "reason": account.status_reason.as_deref().map(shortened),
    });
    tell(tx, &account.organization, NoticeKind::AccountNeedsReconnect, &data, &endpoints).await
}

/// Tells one endpoint that somebody tries it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn of_test(tx: &mut Tx, endpoint: &Endpoint) -> Result<String, DbError> {
    let data = json!({"organizationId": endpoint.organization, "endpointId": endpoint.id});
    let notice = insert(tx, &endpoint.organization, NoticeKind::EndpointTest, &data).await?;
    webhook_deliveries::ask(tx, &endpoint.id, &notice.id, notice.created_at).await?;
    Ok(notice.id)
}

/// Whether nothing follows from a state without somebody changing the campaign.
const fn is_final(state: State) -> bool {
    matches!(
        state,
        State::Published
            | State::Rejected
            | State::Cancelled
            | State::Skipped
            | State::Expired
            | State::Deleted
            | State::Gone
    )
}

async fn of_campaign(
    tx: &mut Tx,
    organization: &str,
    name: &str,
    endpoints: &[Endpoint],
) -> Result<(), DbError> {
    let open = sqlx::query(
        "SELECT id FROM publications WHERE organization_id = $1 AND campaign = $2 AND state IN \
         ('planned', 'awaiting_approval', 'sending', 'ambiguous', 'partial', 'held', 'blocked') LIMIT 1",
    )
    .bind(organization)
    .bind(name)
    .fetch_optional(&mut **tx)
    .await?;
    if open.is_some() {
        return Ok(());
    }
    let Some(campaign) = campaigns::find(tx, organization, name).await? else { return Ok(()) };
    let plan = campaigns::plan(tx, organization, name, campaign.revision).await?;
    if plan.is_some_and(|plan| plan.outlook.beyond.is_some()) {
        return Ok(());
    }
    let rows = sqlx::query(
        "SELECT state, COUNT(*) AS count FROM publications WHERE organization_id = $1 AND campaign = $2 \
         GROUP BY state",
    )
    .bind(organization)
    .bind(name)
    .fetch_all(&mut **tx)
    .await?;
    let mut counts = serde_json::Map::new();
    for row in &rows {
        let row = Columns(row);
        counts.insert(row.text("state")?, row.count("count")?.into());
    }
    let data = json!({
        "organizationId": organization,
        "campaign": name,
        "revision": campaign.revision,
        "publications": counts,
    });
    tell(tx, organization, NoticeKind::CampaignFinished, &data, endpoints).await
}

fn told_of(publication: &Publication) -> Value {
    json!({
        "organizationId": publication.organization,
        "id": publication.id.as_str(),
        "campaign": publication.campaign,
        "post": publication.post,
        "occurrence": publication.occurrence,
        "account": publication.account.to_string(),
        "platform": publication.platform().as_str(),
        "socialAccountId": publication.account_id,
        "state": publication.state.as_str(),
        "status": publication.state.api_name(),
        "version": publication.version,
        "dueAt": publication.due_at,
        "publishedAt": publication.published_at,
        "platformPostId": publication.platform_post_id,
        "url": publication.url,
        "reason": publication.reason.as_ref().map(|reason| json!({
            "code": reason.code,
            "message": shortened(&reason.text),
        })),
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).collect()
}

async fn tell(
    tx: &mut Tx,
    organization: &str,
    kind: NoticeKind,
    data: &Value,
    endpoints: &[Endpoint],
) -> Result<(), DbError> {
    if endpoints.is_empty() {
        return Ok(());
    }
    let notice = insert(tx, organization, kind, data).await?;
    for endpoint in endpoints.iter().filter(|one| one.state == EndpointState::Active && one.wants(kind)) {
        webhook_deliveries::ask(tx, &endpoint.id, &notice.id, notice.created_at).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, organization: &str, kind: NoticeKind, data: &Value) -> Result<Notice, DbError> {
    let notice = Notice {
        // Version 7 rises with each that this process makes.
        id: format!("msg_{}", uuid::Uuid::now_v7().simple()),
        organization: organization.to_owned(),
        kind,
        data: data.clone(),
        created_at: tx.now(),
    };
    sqlx::query(
        "INSERT INTO notices (id, organization_id, kind, data, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(notice.id.as_str())
    .bind(organization)
    .bind(kind.as_str())
    .bind(to_json("data", data)?)
    .bind(to_ms(notice.created_at))
    .execute(&mut **tx)
    .await?;
    Ok(notice)
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Notice>, DbError> {
    let row = sqlx::query("SELECT * FROM notices WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

/// What was told in an organization at `since` or later, the oldest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn since(
    conn: &mut Conn,
    organization: &str,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Notice>, DbError> {
    let rows = sqlx::query(
        "SELECT * FROM notices WHERE organization_id = $1 AND created_at >= $2 ORDER BY created_at, id LIMIT $3",
    )
    .bind(organization)
    .bind(to_ms(since))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Forgets up to `limit` notices older than `before`, with everything about their deliveries; returns how many.
///
/// # Errors
/// [`DbError`] when they can't be removed.
pub async fn forget(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    for table in ["webhook_attempts", "webhook_deliveries"] {
        let old = format!(
            "DELETE FROM {table} WHERE notice_id IN (SELECT id FROM notices WHERE created_at < $1 \
             ORDER BY created_at, id LIMIT $2)"
        );
        sqlx::query(sqlx::AssertSqlSafe(old))
            .bind(to_ms(before))
            .bind(i64::from(limit))
            .execute(&mut **tx)
            .await?;
    }
    let done = sqlx::query(
        "DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE created_at < $1 \
         ORDER BY created_at, id LIMIT $2)",
    )
    .bind(to_ms(before))
    .bind(i64::from(limit))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

pub(crate) fn from_row(row: &sqlx::any::AnyRow) -> Result<Notice, DbError> {
    let row = Columns(row);
    Ok(Notice {
        id: row.text("id")?,
        organization: row.text("organization_id")?,
        kind: row.word("kind")?,
        data: row.json("data")?,
        created_at: row.instant("created_at")?,
    })
}
