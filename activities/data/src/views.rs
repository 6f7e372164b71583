//! What people and the API read: publications with their attempts, filtered and paged.

use campaigns_limits::Platform;
use campaigns_plan::PublicationId;
use jiff::Timestamp;

use crate::attempts::Attempt;
use crate::audit::Entry;
use crate::instant::to_ms;
use crate::row::Columns;
use crate::segments::Segment;
use crate::statement::Statement;
use crate::uploads::{self, UploadBegun};
use crate::{Conn, DbError, Publication, State, attempts, audit, publications, segments};

/// Rows in one answer, at most: callers page.
pub const PAGE_MAX: u32 = 1_000;

/// By due time, those behind a closed gate last (the index `publications_listed` begins so).
const ORDER: &str =
    " ORDER BY COALESCE(p.due_at, 9223372036854775807), p.campaign NULLS FIRST, p.position, p.id";

/// Which publications to list; the default is all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub organization: Option<String>,
    pub campaign: Option<String>,
    /// Any of these; empty for any at all.
    pub states: Vec<State>,
    pub platform: Option<Platform>,
    pub account_id: Option<String>,
    /// Due at or after.
    pub from: Option<Timestamp>,
    /// Due before.
    pub to: Option<Timestamp>,
    /// Unchanged since.
    pub untouched_since: Option<Timestamp>,
}

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub limit: u32,
    pub offset: u64,
}

impl Page {
    /// The first page, as large as they come.
    pub const FIRST: Self = Self { limit: PAGE_MAX, offset: 0 };
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub publication: Publication,
    /// Send attempts so far, over all segments.
    pub attempts: u32,
    pub segments: u32,
    /// How the last attempt that was not accepted failed.
    pub last_error: Option<String>,
    /// The text of the first segment.
    pub text: String,
}

/// A page and the number of rows on all pages.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    pub rows: Vec<Listed>,
    pub total: u64,
}

/// Everything about one publication.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub publication: Publication,
    pub segments: Vec<Segment>,
    pub attempts: Vec<Attempt>,
    pub audit: Vec<Entry>,
    /// Large files on their way to the platform.
    pub uploads: Vec<UploadBegun>,
}

/// Publications by due time, those behind a closed gate last.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn list(conn: &mut Conn, filter: &Filter, page: Page) -> Result<List, DbError> {
    let mut count = Statement::new("SELECT COUNT(*) AS total");
    push_filter(&mut count, filter);
    let total = Columns(&count.build().fetch_one(&mut *conn).await?).count("total")?;
    // The page is found first: what is counted per row is counted for its rows only.
    let mut query = Statement::new(
        "SELECT p.*, a.platform, a.handle, \
         (SELECT COUNT(*) FROM attempts t WHERE t.publication_id = p.id) AS attempts, \
         (SELECT COUNT(*) FROM segments s WHERE s.publication_id = p.id) AS segments, \
         (SELECT t.message FROM attempts t WHERE t.publication_id = p.id AND t.outcome IS NOT NULL \
          AND t.outcome <> 'accepted' ORDER BY t.id DESC LIMIT 1) AS last_message, \
         (SELECT s.text FROM segments s WHERE s.publication_id = p.id AND s.number = 0) AS text \
         FROM (SELECT p.id",
    );
    push_filter(&mut query, filter);
    query.push(ORDER).push(" LIMIT ");
    query.push_bind(i64::from(page.limit.min(PAGE_MAX)));
    query.push(" OFFSET ");
    query.push_bind(i64::try_from(page.offset).unwrap_or(i64::MAX));
    query.push(") page JOIN publications p ON p.id = page.id JOIN accounts a ON a.id = p.account_id");
    query.push(ORDER);
    let rows = query.build().fetch_all(conn).await?;
    let rows = rows.iter().map(listed).collect::<Result<_, _>>()?;
    Ok(List { rows, total })
}

/// Every publication that fits, page by page.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn list_all(conn: &mut Conn, filter: &Filter) -> Result<Vec<Listed>, DbError> {
    let mut rows = Vec::new();
    loop {
        let page = Page { limit: PAGE_MAX, offset: rows.len() as u64 };
        let mut list = list(conn, filter, page).await?;
        let last = list.rows.len() < PAGE_MAX as usize;
        rows.append(&mut list.rows);
        if last {
            return Ok(rows);
        }
    }
}

/// # Errors
/// [`DbError::NotFound`] when there is no such publication.
pub async fn story(conn: &mut Conn, id: &PublicationId) -> Result<Story, DbError> {
    Ok(Story {
        publication: publications::get(conn, id).await?,
        segments: segments::of(conn, id).await?,
        attempts: attempts::of(conn, id).await?,
        audit: audit::of_publication(conn, id).await?,
        uploads: uploads::of_publication(conn, id).await?,
    })
}

/// How many publications are in each state.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn counts(conn: &mut Conn, organization: Option<&str>) -> Result<Vec<(State, u64)>, DbError> {
    let mut query = Statement::new("SELECT state, COUNT(*) AS total FROM publications");
    if let Some(organization) = organization {
        query.push(" WHERE organization_id = ").push_bind(organization.to_owned());
    }
    query.push(" GROUP BY state ORDER BY state");
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(|row| Ok((Columns(row).word("state")?, Columns(row).count("total")?))).collect()
}

fn push_filter(query: &mut Statement, filter: &Filter) {
    let Filter { organization, campaign, states, platform, account_id, from, to, untouched_since } = filter;
    // Of publications alone: an index then has all that counting and skipping look at.
    query.push(" FROM publications p WHERE 1 = 1");
    if let Some(organization) = organization {
        query.push(" AND p.organization_id = ").push_bind(organization.clone());
    }
    if let Some(campaign) = campaign {
        query.push(" AND p.campaign = ").push_bind(campaign.clone());
    }
    if !states.is_empty() {
        query.push(" AND p.state IN (");
        query.push_list(states.iter().map(|state| state.as_str())).push(")");
    }
    if let Some(platform) = platform {
        query.push(" AND p.account_id IN (SELECT id FROM accounts WHERE platform = ");
        query.push_bind(platform.as_str()).push(")");
    }
    if let Some(account_id) = account_id {
        query.push(" AND p.account_id = ").push_bind(account_id.clone());
    }
    if let Some(from) = from {
        query.push(" AND p.due_at >= ").push_bind(to_ms(*from));
    }
    if let Some(to) = to {
        query.push(" AND p.due_at < ").push_bind(to_ms(*to));
    }
    if let Some(since) = untouched_since {
        query.push(" AND p.updated_at <= ").push_bind(to_ms(*since));
    }
}

fn listed(row: &sqlx::any::AnyRow) -> Result<Listed, DbError> {
    let publication = Publication::from_row(row)?;
    let row = Columns(row);
    let reason = publication.reason.as_ref().map(|reason| reason.text.clone());
    let last_error = match publication.state {
        State::Published | State::Deleted | State::Gone => None,
        _ => reason.or(row.opt_text("last_message")?),
    };
    Ok(Listed {
        attempts: row.small("attempts")?,
        segments: row.small("segments")?,
        last_error,
        text: row.opt_text("text")?.unwrap_or_default(),
        publication,
    })
}
