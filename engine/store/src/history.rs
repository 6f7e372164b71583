//! The table of histories: encoded batches of events, appended and read in order.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use crate::commit::{EVENT_ID_MAX, EventBatch};
use crate::fault::ReadError;
use crate::portion::{Sized, tuples};
use crate::stored_id::Id;

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

/// The batches of a history from the one that contains `from_event_id` on: as many as fit into `max_bytes`,
/// but at least one. Empty when there are none, or no such run.
pub(crate) async fn read(
    pool: &SqlitePool,
    run_id: &str,
    from_event_id: i64,
    max_bytes: usize,
) -> Result<Vec<EventBatch>, ReadError> {
    let rows = sqlx::query(READ)
        .bind(Id(run_id))
        .bind(from_event_id.clamp(0, EVENT_ID_MAX))
        .bind(BATCHES_PER_READ_MAX)
        .bind(i64::from(EVENT_BITS))
        .bind(i64::try_from(max_bytes).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| {
            let batch: i64 = row.try_get(0)?;
            Ok(EventBatch {
                first_event_id: batch & ((1 << EVENT_BITS) - 1),
                last_event_id: row.try_get(1)?,
                data: row.try_get(2)?,
            })
        })
        .collect()
}
