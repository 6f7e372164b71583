//! Campaigns and their immutable revisions.

use campaigns_plan::Plan;
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept, to_packed};
use crate::{Conn, DbError, Tx};

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    pub organization: String,
    pub name: String,
    pub title: Option<String>,
    pub timezone: String,
    /// The last applied revision, from 1.
    pub revision: u64,
    /// Why the last edit could not be applied, while `revision` runs on.
    pub stale_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// One apply, as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub number: u64,
    /// The revision it was made against; 0 for the first.
    pub base: u64,
    pub digest: String,
    pub applied_by: String,
    pub git_commit: Option<GitCommit>,
    pub applied_at: Timestamp,
}

/// The commit that a revision comes from, as far as whoever applied it said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitCommit {
    pub id: String,
    /// `name <address>`.
    pub author: Option<String>,
    pub message: Option<String>,
}

impl From<&str> for GitCommit {
    fn from(id: &str) -> Self {
        Self { id: id.to_owned(), author: None, message: None }
    }
}

/// Who applied what, beside the plan itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorship {
    pub applied_by: String,
    pub git_commit: Option<GitCommit>,
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, organization: &str, name: &str) -> Result<Option<Campaign>, DbError> {
    let row = sqlx::query("SELECT * FROM campaigns WHERE organization_id = $1 AND name = $2")
        .bind(organization)
        .bind(name)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The campaigns of an organization by name.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_organization(conn: &mut Conn, organization: &str) -> Result<Vec<Campaign>, DbError> {
    let rows = sqlx::query("SELECT * FROM campaigns WHERE organization_id = $1 ORDER BY name")
        .bind(organization)
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// The campaigns of an organization whose newest revision `who` applied, by name.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn applied_by(conn: &mut Conn, organization: &str, who: &str) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query(
        "SELECT c.name AS name FROM campaigns c JOIN revisions r ON r.organization_id = c.organization_id \
         AND r.campaign = c.name AND r.number = c.revision \
         WHERE c.organization_id = $1 AND r.applied_by = $2 ORDER BY c.name",
    )
    .bind(organization)
    .bind(who)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).text("name")).collect()
}

/// Writes the revision after `base`, compare-and-set: `None` when the campaign's revision is not `base`.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn revise(
    tx: &mut Tx,
    plan: &Plan,
    base: u64,
    authorship: &Authorship,
) -> Result<Option<u64>, DbError> {
    let now = tx.now();
    let number = base + 1;
    let done = if base == 0 {
        sqlx::query(
            "INSERT INTO campaigns (organization_id, name, title, timezone, revision, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (organization_id, name) DO NOTHING",
        )
    } else {
        sqlx::query(
            "UPDATE campaigns SET title = $3, timezone = $4, revision = $5, stale_reason = NULL, updated_at = $6 \
             WHERE organization_id = $1 AND name = $2 AND revision = $5 - 1",
        )
    }
    .bind(plan.organization.as_str())
    .bind(plan.campaign.as_str())
    .bind(plan.title.as_deref().map(kept))
    .bind(plan.timezone.as_str())
    .bind(number.cast_signed())
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(None);
    }
    let commit = authorship.git_commit.as_ref();
    sqlx::query(
        "INSERT INTO revisions (organization_id, campaign, number, base, digest, plan, packed_plan, applied_by, \
         git_commit, git_author, git_message, applied_at) VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11)",
    )
    .bind(plan.organization.as_str())
    .bind(plan.campaign.as_str())
    .bind(number.cast_signed())
    .bind(base.cast_signed())
    .bind(plan.digest.as_str())
    .bind(to_packed("packed_plan", plan)?)
    .bind(authorship.applied_by.as_str())
    .bind(commit.map(|commit| commit.id.as_str()))
    .bind(commit.and_then(|commit| commit.author.as_deref()))
    .bind(commit.and_then(|commit| commit.message.as_deref()))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(Some(number))
}

/// Says why the last edit could not be applied, or that it could.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_stale(
    tx: &mut Tx,
    organization: &str,
    name: &str,
    reason: Option<&str>,
) -> Result<(), DbError> {
    sqlx::query("UPDATE campaigns SET stale_reason = $3 WHERE organization_id = $1 AND name = $2")
        .bind(organization)
        .bind(name)
        .bind(reason.map(kept))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The plan of a revision.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn plan(
    conn: &mut Conn,
    organization: &str,
    name: &str,
    number: u64,
) -> Result<Option<Plan>, DbError> {
    let row = sqlx::query(
        "SELECT plan, packed_plan FROM revisions WHERE organization_id = $1 AND campaign = $2 AND number = $3",
    )
    .bind(organization)
    .bind(name)
    .bind(number.cast_signed())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let row = Columns(&row);
    // Revisions of before migration 9 are not packed.
    row.opt_packed("packed_plan")?.map_or_else(|| row.json("plan"), Ok).map(Some)
}

/// The revisions of a campaign, newest first.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn history(conn: &mut Conn, organization: &str, name: &str) -> Result<Vec<Revision>, DbError> {
    let rows = sqlx::query(
        "SELECT number, base, digest, applied_by, git_commit, git_author, git_message, applied_at FROM revisions \
         WHERE organization_id = $1 AND campaign = $2 ORDER BY number DESC",
    )
    .bind(organization)
    .bind(name)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            let (author, message) = (row.opt_text("git_author")?, row.opt_text("git_message")?);
            Ok(Revision {
                number: row.count("number")?,
                base: row.count("base")?,
                digest: row.text("digest")?,
                applied_by: row.text("applied_by")?,
                git_commit: row.opt_text("git_commit")?.map(|id| GitCommit { id, author, message }),
                applied_at: row.instant("applied_at")?,
            })
        })
        .collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Campaign, DbError> {
    let row = Columns(row);
    Ok(Campaign {
        organization: row.text("organization_id")?,
        name: row.text("name")?,
        title: row.opt_text("title")?,
        timezone: row.text("timezone")?,
        revision: row.count("revision")?,
        stale_reason: row.opt_text("stale_reason")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
