//! Accounts: connected identities, and those that a campaign names before anyone connects them.

use campaigns_limits::{AccountName, Platform};
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept, words};
use crate::{Conn, DbError, Tx, organizations};

words! {
    /// Whether we may act for an account.
    AccountStatus {
        /// A campaign names it; nobody has connected it.
        Unconnected = "unconnected",
        Active = "active",
        /// Its tokens are no longer good; a person must connect it again.
        NeedsReconnect = "needs_reconnect",
        /// Its owner took the permission back on the platform.
        Revoked = "revoked",
        /// A person disconnected it here.
        Disconnected = "disconnected",
    }
}

/// A row of the ledger. Tokens are elsewhere (`credentials`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `acc_` and 32 hex digits.
    pub id: String,
    pub organization: String,
    pub name: AccountName,
    /// The platform's own id: a user id on X, the author's URN on LinkedIn.
    pub subject: Option<String>,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
    pub status: AccountStatus,
    pub status_reason: Option<String>,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub connected_at: Option<Timestamp>,
}

/// What connecting found out about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    pub name: AccountName,
    pub subject: String,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
    pub scopes: Vec<String>,
}

/// The account of that name, made as unconnected where it is missing.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn ensure(tx: &mut Tx, organization: &str, name: &AccountName) -> Result<Account, DbError> {
    organizations::ensure(tx, organization).await?;
    let now = tx.now();
    sqlx::query(
        "INSERT INTO accounts (id, organization_id, platform, handle, status, created_at) \
         VALUES ($1, $2, $3, $4, 'unconnected', $5) ON CONFLICT (organization_id, platform, handle) DO NOTHING",
    )
    .bind(format!("acc_{}", uuid::Uuid::new_v4().simple()))
    .bind(organization)
    .bind(name.platform().as_str())
    .bind(name.handle())
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    by_name(tx, organization, name)
        .await?
        .ok_or_else(|| DbError::NotFound { what: "account", id: name.to_string() })
}

/// Makes an account active. The same identity on the platform keeps its row, its name here and its
/// publications, whatever it is called there by now.
///
/// # Errors
/// [`DbError::HandleTaken`] when the name belongs to another identity.
pub async fn connect(tx: &mut Tx, organization: &str, connected: &Connected) -> Result<Account, DbError> {
    let Connected { name, subject, display_name, avatar_url, scopes } = connected;
    let account = match by_subject(tx, organization, name.platform(), subject).await? {
        Some(account) => account,
        None => ensure(tx, organization, name).await?,
    };
    if let Some(other) = account.subject.as_ref().filter(|other| *other != subject) {
        return Err(DbError::HandleTaken { name: name.to_string(), subject: other.clone() });
    }
    let now = tx.now();
    sqlx::query(
        "UPDATE accounts SET subject = $2, display_name = $3, avatar_url = $4, scopes = $5, status = 'active', \
         status_reason = NULL, connected_at = $6 WHERE id = $1",
    )
    .bind(account.id.as_str())
    .bind(kept(subject))
    .bind(display_name.as_deref().map(kept))
    .bind(avatar_url.as_deref().map(kept))
    .bind(kept(&scopes.join(" ")))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    get(tx, &account.id).await
}

/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_status(
    tx: &mut Tx,
    id: &str,
    status: AccountStatus,
    reason: Option<&str>,
) -> Result<(), DbError> {
    sqlx::query("UPDATE accounts SET status = $2, status_reason = $3 WHERE id = $1")
        .bind(id)
        .bind(status.as_str())
        .bind(reason.map(kept))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// # Errors
/// [`DbError::NotFound`] when there is none.
pub async fn get(conn: &mut Conn, id: &str) -> Result<Account, DbError> {
    let row = sqlx::query("SELECT * FROM accounts WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref()
        .map(from_row)
        .transpose()?
        .ok_or_else(|| DbError::NotFound { what: "account", id: id.to_owned() })
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn by_name(
    conn: &mut Conn,
    organization: &str,
    name: &AccountName,
) -> Result<Option<Account>, DbError> {
    let row =
        sqlx::query("SELECT * FROM accounts WHERE organization_id = $1 AND platform = $2 AND handle = $3")
            .bind(organization)
            .bind(name.platform().as_str())
            .bind(name.handle())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(from_row).transpose()
}

async fn by_subject(
    conn: &mut Conn,
    organization: &str,
    platform: Platform,
    subject: &str,
) -> Result<Option<Account>, DbError> {
    let row =
        sqlx::query("SELECT * FROM accounts WHERE organization_id = $1 AND platform = $2 AND subject = $3")
            .bind(organization)
            .bind(platform.as_str())
            .bind(kept(subject))
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(from_row).transpose()
}

/// The accounts of an identity on a platform, in whatever organizations it is connected.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_subject(conn: &mut Conn, platform: Platform, subject: &str) -> Result<Vec<Account>, DbError> {
    let rows = sqlx::query("SELECT * FROM accounts WHERE platform = $1 AND subject = $2 ORDER BY id")
        .bind(platform.as_str())
        .bind(kept(subject))
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// The accounts of an organization by name.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_organization(conn: &mut Conn, organization: &str) -> Result<Vec<Account>, DbError> {
    let rows = sqlx::query("SELECT * FROM accounts WHERE organization_id = $1 ORDER BY platform, handle")
        .bind(organization)
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Account, DbError> {
    let row = Columns(row);
    let handle = row.text("handle")?;
    let name = AccountName::new(row.word("platform")?, &handle)
        .map_err(|_| DbError::Corrupt { column: "handle".into(), value: handle })?;
    Ok(Account {
        id: row.text("id")?,
        organization: row.text("organization_id")?,
        name,
        subject: row.opt_text("subject")?,
        display_name: row.opt_text("display_name")?,
        avatar_url: row.opt_text("avatar_url")?,
        status: row.word("status")?,
        status_reason: row.opt_text("status_reason")?,
        scopes: row.text("scopes")?.split_whitespace().map(str::to_owned).collect(),
        created_at: row.instant("created_at")?,
        connected_at: row.opt_instant("connected_at")?,
    })
}
