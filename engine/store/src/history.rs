//! The table of histories: encoded batches of events, appended and read in order.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Row as _, SqlStr};

use crate::commit::EventBatch;
use crate::fault::ReadError;
use crate::portion::{Sized, tuples};
use crate::stored_id::Id;
use crate::together::Question;

/// Bits of a batch's key that hold its first event id; the run's number is above them.
pub(crate) const EVENT_BITS: u32 = 20;

/// Batches that one read looks at, at most. A history has at most 51,200 events in at least as large
/// batches; what is beyond is the next read.
const BATCHES_PER_READ_MAX: i64 = 4_096;

/// The key of the batch of the run with number `run` that begins with `event_id`.
pub(crate) fn batch_key(run: i64, event_id: i64) -> i64 {
    (run << EVENT_BITS) | event_id
}

/// The writer's statement on histories.
#[derive(Debug)]
pub(crate) struct HistoryStatements {
    append: Sized,
}

impl HistoryStatements {
    pub(crate) fn new() -> Self {
        let append = Sized::new(|rows| {
            format!("INSERT INTO history (batch, last_event_id, data) VALUES {}", tuples(3, rows))
        });
        Self { append }
    }

    /// Appends batches to the histories of the runs with these numbers.
    pub(crate) async fn append(
        &self,
        connection: &mut SqliteConnection,
        batches: &[(i64, &EventBatch)],
    ) -> Result<(), sqlx::Error> {
        for (sql, portion) in self.append.portions(batches) {
            let query = portion.iter().fold(sqlx::query(sql), |query, (run, batch)| {
                let EventBatch { first_event_id, last_event_id, data } = batch;
                query.bind(batch_key(*run, *first_event_id)).bind(last_event_id).bind(data.as_slice())
            });
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// First sizes, then what fits: SQLite knows a blob's length without reading it.
const READ: &str = "SELECT history.batch, last_event_id, data FROM (
        SELECT batch, bytes, sum(bytes) OVER (ORDER BY batch) AS total FROM (
            SELECT batch, length(data) AS bytes
            FROM history, (SELECT run FROM runs WHERE run_id = ?1) AS wanted
            WHERE batch >= max(wanted.run << ?4, coalesce(
                (SELECT max(batch) FROM history WHERE batch <= ((wanted.run << ?4) | ?2)), 0))
              AND batch < ((wanted.run + 1) << ?4) AND last_event_id >= ?2
            ORDER BY batch LIMIT ?3)
    ) AS found JOIN history ON history.batch = found.batch
    WHERE total <= ?5 OR total = bytes ORDER BY history.batch";

/// A history's batches from the one that contains an event on; see [`read`].
#[derive(Debug)]
pub(crate) struct ReadHistory {
    pub(crate) run_id: String,
    pub(crate) from_event_id: i64,
    pub(crate) max_bytes: usize,
}

/// Histories up to this size, in bytes, are read together with others, whole: 64 of them are 1 MB.
const TOGETHER_BYTES_MAX: i64 = 16 << 10;

const READ_TOGETHER_ASKED: &str = "WITH asked (place, run_id, from_event_id) AS (VALUES ";
const READ_TOGETHER: &str = ") SELECT place, batch, last_event_id, data
    FROM asked CROSS JOIN runs ON runs.run_id = asked.run_id CROSS JOIN history
        ON batch >= (run << ?1) AND batch < ((run + 1) << ?1)
    WHERE history_bytes <= ?2 AND last_event_id >= from_event_id ORDER BY place, batch";

static TOGETHER: LazyLock<Sized> = LazyLock::new(|| Sized::new(read_together));

fn read_together(rows: usize) -> String {
    let asked: Vec<_> = (0..rows).map(|row| format!("({row},?{},?{})", row * 2 + 3, row * 2 + 4)).collect();
    format!("{READ_TOGETHER_ASKED}{}{READ_TOGETHER}", asked.join(","))
}

impl Question for ReadHistory {
    type Answer = Vec<EventBatch>;

    async fn read(pool: &SqlitePool, asked: Vec<Self>) -> Vec<Result<Self::Answer, ReadError>> {
        let mut answers = Vec::with_capacity(asked.len());
        for (sql, portion) in TOGETHER.portions(&asked) {
            let found =
                if portion.len() == 1 { Ok(HashMap::new()) } else { together(pool, sql, portion).await };
            let mut found = match found {
                Ok(found) => found,
                Err(error) => {
                    answers.extend(portion.iter().map(|_| Err(error.clone())));
                    continue;
                }
            };
            for (place, one) in portion.iter().enumerate() {
                answers.push(match found.remove(&place) {
                    Some(batches) => Ok(batches),
                    // It is alone, long, or has nothing there.
                    None => read(pool, &one.run_id, one.from_event_id, one.max_bytes).await,
                });
            }
        }
        answers
    }
}

/// The batches of short histories, by the place of the question.
async fn together(
    pool: &SqlitePool,
    sql: SqlStr,
    asked: &[ReadHistory],
) -> Result<HashMap<usize, Vec<EventBatch>>, ReadError> {
    let max_bytes = asked.iter().map(|one| i64::try_from(one.max_bytes).unwrap_or(i64::MAX)).min();
    let max_bytes = max_bytes.unwrap_or(0).min(TOGETHER_BYTES_MAX);
    let query = sqlx::query(sql).bind(i64::from(EVENT_BITS)).bind(max_bytes);
    let query = asked.iter().fold(query, |query, one| query.bind(Id(&one.run_id)).bind(one.from_event_id));
    let mut found: HashMap<usize, Vec<EventBatch>> = HashMap::new();
    for row in query.fetch_all(pool).await? {
        let place: i64 = row.try_get(0)?;
        let place = usize::try_from(place).map_err(|_| ReadError::Corrupt { field: "place" })?;
        found.entry(place).or_default().push(batch(&row, 1)?);
    }
    Ok(found)
}

/// A batch from a row's columns from `first` on.
fn batch(row: &SqliteRow, first: usize) -> Result<EventBatch, ReadError> {
    let batch: i64 = row.try_get(first)?;
    Ok(EventBatch {
        first_event_id: batch & ((1 << EVENT_BITS) - 1),
        last_event_id: row.try_get(first + 1)?,
        data: row.try_get(first + 2)?,
    })
}

/// The batches of a history from the one that contains `from_event_id` on: as many as fit into `max_bytes`,
/// but at least one. Empty when there are none, or no such run.
async fn read(
    pool: &SqlitePool,
    run_id: &str,
    from_event_id: i64,
    max_bytes: usize,
) -> Result<Vec<EventBatch>, ReadError> {
    let rows = sqlx::query(READ)
        .bind(Id(run_id))
        .bind(from_event_id)
        .bind(BATCHES_PER_READ_MAX)
        .bind(i64::from(EVENT_BITS))
        .bind(i64::try_from(max_bytes).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| batch(row, 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    #[tokio::test]
    async fn histories_are_read_together_by_their_keys() {
        let plan = plan::of(&read_together(4)).await;
        assert!(plan.contains("runs_by_run_id (run_id=?)"), "{plan}");
        assert!(plan.contains("history USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"), "{plan}");
    }
}
