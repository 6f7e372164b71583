//! Lists and counts of runs.

use sqlx::sqlite::{Sqlite, SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Row as _};

use crate::fault::ReadError;
use crate::run::{ListedRun, RunKey, STATUS_RUNNING, Summary};
use crate::stored_id::{Id, StoredId};

/// Runs of one namespace that meet all filters, the newest first (in the order in which they were started).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ListQuery {
    pub namespace: String,
    pub filters: Vec<Filter>,
    /// Where the last page ended.
    pub page: Option<PageToken>,
    /// At most [`PAGE_MAX`]; more is cut to that.
    pub limit: usize,
}

/// Lines on one page of a list: a page then stays below gRPC's usual 4 MB with memos of 4 KB.
pub const PAGE_MAX: usize = 1_000;

/// One condition of a list. Times are unix nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    WorkflowId(String),
    WorkflowIdPrefix(String),
    RunId(String),
    WorkflowType(String),
    TaskQueue(String),
    /// Any of these.
    Status(Vec<i32>),
    ParentWorkflowId(String),
    StartTime(TimeRange),
    ExecutionTime(TimeRange),
    /// Open runs have no close time and are in no range.
    CloseTime(TimeRange),
}

/// Both ends are inclusive; a missing end is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TimeRange {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// Where a page ended. Lists go on correctly when runs come and go between two pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageToken(i64);

impl PageToken {
    /// For a client to bring back.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// What [`PageToken::to_bytes`] gave; `None` for anything that it can't have given.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = i64::from_be_bytes(bytes.try_into().ok()?);
        (number > 0).then_some(Self(number))
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    pub runs: Vec<ListedRun>,
    /// `None` on the last page.
    pub next: Option<PageToken>,
}

pub(crate) async fn list(pool: &SqlitePool, query: &ListQuery) -> Result<ListPage, ReadError> {
    let limit = query.limit.clamp(1, PAGE_MAX);
    let rows = page(query, limit).build().fetch_all(pool).await?;
    let mut runs = Vec::with_capacity(rows.len().min(limit));
    for row in rows.iter().take(limit) {
        runs.push(listed(row, &query.namespace)?);
    }
    let next = match rows.get(limit - 1) {
        Some(last) if rows.len() > limit => Some(PageToken(last.try_get(0)?)),
        _ => None,
    };
    Ok(ListPage { runs, next })
}

fn page(query: &ListQuery, limit: usize) -> QueryBuilder<Sqlite> {
    let ListQuery { namespace, filters, page, limit: _ } = query;
    let mut sql = QueryBuilder::new(
        "SELECT run, run_id, workflow_id, workflow_types.name, task_queues.name, status, start_time,
            execution_time, close_time, history_length, history_bytes, memo, search_attributes,
            parent_workflow_id, parent_run_id, start_request_id, first_run_id
         FROM runs
         JOIN names AS workflow_types ON workflow_types.id = runs.workflow_type
         JOIN names AS task_queues ON task_queues.id = runs.task_queue",
    );
    conditions(&mut sql, namespace, filters);
    if let Some(PageToken(run)) = page {
        sql.push(" AND run < ").push_bind(run);
    }
    // One more than asked for tells whether this is the last page.
    sql.push(" ORDER BY run DESC LIMIT ").push_bind(limit as i64 + 1);
    sql
}

pub(crate) async fn count(pool: &SqlitePool, namespace: &str, filters: &[Filter]) -> Result<u64, ReadError> {
    let mut sql = QueryBuilder::new("SELECT count(*) FROM runs");
    conditions(&mut sql, namespace, filters);
    let count: i64 = sql.build().fetch_one(pool).await?.try_get(0)?;
    u64::try_from(count).map_err(|_| ReadError::Corrupt { field: "count" })
}

fn conditions(sql: &mut QueryBuilder<Sqlite>, namespace: &str, filters: &[Filter]) {
    name(sql, " WHERE runs.namespace", namespace);
    for filter in filters {
        match filter {
            Filter::WorkflowId(id) => text(sql, " AND workflow_id = ", id),
            Filter::WorkflowIdPrefix(prefix) => {
                text(sql, " AND workflow_id >= ", prefix);
                if let Some(end) = after_prefix(prefix) {
                    text(sql, " AND workflow_id < ", &end);
                }
            }
            Filter::RunId(id) => {
                sql.push(" AND run_id = ").push_bind(Id(id));
            }
            Filter::WorkflowType(of) => name(sql, " AND workflow_type", of),
            Filter::TaskQueue(of) => name(sql, " AND task_queue", of),
            Filter::Status(any) => statuses(sql, any),
            Filter::ParentWorkflowId(id) => text(sql, " AND parent_workflow_id = ", id),
            Filter::StartTime(range) => within(sql, " AND start_time", *range),
            Filter::ExecutionTime(range) => within(sql, " AND execution_time", *range),
            Filter::CloseTime(range) => {
                sql.push(" AND close_time IS NOT NULL");
                within(sql, " AND close_time", *range);
            }
        }
    }
}

fn text(sql: &mut QueryBuilder<Sqlite>, condition: &str, value: &str) {
    sql.push(condition).push_bind(value);
}

fn name(sql: &mut QueryBuilder<Sqlite>, column: &str, name: &str) {
    sql.push(column).push(" = (SELECT id FROM names WHERE name = ").push_bind(name).push(")");
}

fn statuses(sql: &mut QueryBuilder<Sqlite>, any: &[i32]) {
    // The open runs have an index of their own, which SQLite takes only for a constant.
    if any == [STATUS_RUNNING] {
        sql.push(" AND status = 1");
        return;
    }
    sql.push(" AND status IN (");
    let mut list = sql.separated(",");
    for status in any {
        list.push_bind(status);
    }
    sql.push(")");
}

fn within(sql: &mut QueryBuilder<Sqlite>, column: &str, range: TimeRange) {
    let TimeRange { from, to } = range;
    if let Some(from) = from {
        sql.push(column).push(" >= ").push_bind(from);
    }
    if let Some(to) = to {
        sql.push(column).push(" <= ").push_bind(to);
    }
}

/// The first text that is greater than all texts with this prefix; `None` if there is none.
///
/// SQLite compares the bytes, and UTF-8 keeps the order of the characters.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut text: Vec<char> = prefix.chars().collect();
    while let Some(last) = text.pop() {
        let mut above = last..=char::MAX;
        above.next();
        if let Some(next) = above.next() {
            text.push(next);
            return Some(text.into_iter().collect());
        }
    }
    None
}

fn listed(row: &SqliteRow, namespace: &str) -> Result<ListedRun, sqlx::Error> {
    let run_id = row.try_get::<StoredId, _>(1)?.into_string();
    let id =
        |column: usize| row.try_get::<Option<StoredId>, _>(column).map(|id| id.map(StoredId::into_string));
    Ok(ListedRun {
        summary: Summary {
            workflow_type: row.try_get(3)?,
            task_queue: row.try_get(4)?,
            status: row.try_get(5)?,
            start_time: row.try_get(6)?,
            execution_time: row.try_get(7)?,
            close_time: row.try_get(8)?,
            history_length: row.try_get(9)?,
            history_bytes: row.try_get(10)?,
            memo: row.try_get(11)?,
            search_attributes: row.try_get(12)?,
            parent_workflow_id: row.try_get(13)?,
            parent_run_id: id(14)?,
            start_request_id: id(15)?.unwrap_or_default(),
            first_run_id: id(16)?.unwrap_or_else(|| run_id.clone()),
        },
        key: RunKey { namespace: namespace.to_owned(), workflow_id: row.try_get(2)?, run_id },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    #[test]
    fn the_text_after_a_prefix_is_above_all_that_begin_with_it() {
        assert_eq!(after_prefix("ab").as_deref(), Some("ac"));
        assert_eq!(after_prefix("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{10ffff}"), None);
        assert_eq!(after_prefix(""), None);
    }

    #[tokio::test]
    async fn lists_use_the_index_of_their_filters() {
        let filters = |filters: &[Filter]| ListQuery { filters: filters.to_vec(), ..ListQuery::default() };
        let open = || Filter::Status(vec![STATUS_RUNNING]);
        let of_type = || Filter::WorkflowType("Campaign".to_owned());
        for (query, index) in [
            (filters(&[open()]), "runs_open"),
            (filters(&[Filter::WorkflowId("w".to_owned())]), "runs_by_workflow"),
            (filters(&[Filter::RunId("r".to_owned())]), "runs_by_run_id"),
            (filters(&[of_type()]), "runs_by_type (namespace=? AND workflow_type=?)"),
            (filters(&[of_type(), open()]), "runs_by_type (namespace=? AND workflow_type=? AND status=?)"),
        ] {
            let plan = plan::of(page(&query, 10).sql().as_str()).await;
            assert!(plan.contains(index), "{query:?}\n{plan}");
        }
    }

    #[test]
    fn a_page_token_comes_back_as_it_was() {
        assert_eq!(PageToken::from_bytes(&PageToken(77).to_bytes()), Some(PageToken(77)));
        for forged in [&b""[..], b"1234567", b"\xff\xff\xff\xff\xff\xff\xff\xff", &[0; 8]] {
            assert_eq!(PageToken::from_bytes(forged), None);
        }
    }
}
