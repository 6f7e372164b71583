//! Pauses: facts that people set and take back, checked before every sending.

use campaigns_limits::Platform;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::{Conn, DbError, Publication, Tx};

/// What is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Organization(String),
    Platform(Platform),
    Account(String),
    Campaign { organization: String, campaign: String },
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Organization(id) => write!(f, "organization/{id}"),
            Self::Platform(platform) => write!(f, "platform/{platform}"),
            Self::Account(id) => write!(f, "account/{id}"),
            Self::Campaign { organization, campaign } => write!(f, "campaign/{organization}/{campaign}"),
        }
    }
}

/// A pause in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub scope: String,
    pub paused_by: String,
    pub reason: Option<String>,
    pub paused_at: Timestamp,
}

/// Pauses; returns whether it was not paused before.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn pause(tx: &mut Tx, scope: &Scope, by: &str, reason: Option<&str>) -> Result<bool, DbError> {
    let now = tx.now();
    let done = sqlx::query(
        "INSERT INTO pauses (scope, paused_by, reason, paused_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (scope) DO NOTHING",
    )
    .bind(scope.to_string())
    .bind(by)
    .bind(reason.map(kept))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a pause back; returns whether there was one.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn resume(tx: &mut Tx, scope: &Scope) -> Result<bool, DbError> {
    let done =
        sqlx::query("DELETE FROM pauses WHERE scope = $1").bind(scope.to_string()).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// The pause that stops a publication, if one does.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn stopping(conn: &mut Conn, publication: &Publication) -> Result<Option<Pause>, DbError> {
    let campaign = publication.campaign.as_ref().map(|campaign| {
        Scope::Campaign { organization: publication.organization.clone(), campaign: campaign.clone() }
            .to_string()
    });
    let row =
        sqlx::query("SELECT * FROM pauses WHERE scope IN ('all', $1, $2, $3, $4) ORDER BY paused_at LIMIT 1")
            .bind(Scope::Organization(publication.organization.clone()).to_string())
            .bind(Scope::Platform(publication.platform()).to_string())
            .bind(Scope::Account(publication.account_id.clone()).to_string())
            .bind(campaign.unwrap_or_default())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(from_row).transpose()
}

/// Every pause in force, the oldest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<Pause>, DbError> {
    let rows = sqlx::query("SELECT * FROM pauses ORDER BY paused_at, scope").fetch_all(conn).await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Pause, DbError> {
    let row = Columns(row);
    Ok(Pause {
        scope: row.text("scope")?,
        paused_by: row.text("paused_by")?,
        reason: row.opt_text("reason")?,
        paused_at: row.instant("paused_at")?,
    })
}
