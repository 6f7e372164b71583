//! Moves the write-ahead log into the database, on a connection of its own.
//!
//! A passive checkpoint runs beside writer and readers. While commits never pause, it never catches up with
//! the log's end, and the log grows; past a limit the writer is stopped for the moment that the rest takes,
//! so that the log starts again from its beginning.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};
use tokio::sync::oneshot;

use crate::stats::add;
use crate::writer::Shared;

/// Bytes of a page in the log, about: its content and a header.
const PAGE_BYTES: u64 = 4_096;

/// The task that checkpoints when the writer says so.
///
/// Its connection stays open whatever fails. When the last connection of a process goes, the next one reads
/// the log from the file, and finds commits there that were refused because the disk did not make them
/// durable: that must not happen before the next start. At the end it closes after the writer's, and moves
/// what is left: if both closed at once, each would see the other open and leave the log to it.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    connection: SqliteConnection,
    /// Ends when the writer has closed its connection.
    writing: oneshot::Receiver<()>,
    shared: Shared,
    log_bytes_max: u64,
}

impl Checkpointer {
    pub(crate) fn new(
        connection: SqliteConnection,
        writing: oneshot::Receiver<()>,
        shared: Shared,
        log_bytes_max: u64,
    ) -> Self {
        Self { connection, writing, shared, log_bytes_max }
    }

    /// Works until the writer has ended: the store was closed or dropped.
    pub(crate) async fn run(mut self) {
        loop {
            // Both branches are cancel-safe.
            tokio::select! {
                () = self.shared.checkpoint_due.notified() => {}
                _ = &mut self.writing => break,
            }
            if let Err(error) = self.checkpoint().await {
                // The log keeps what was committed; a full disk is met again by the writer.
                tracing::warn!(%error, "engine database: checkpoint failed");
            }
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "engine database not closed cleanly");
        }
    }

    async fn checkpoint(&mut self) -> Result<(), sqlx::Error> {
        let mut log_pages = move_pages(&mut self.connection, "PRAGMA wal_checkpoint(PASSIVE)").await?;
        if log_pages.unsigned_abs() > self.log_bytes_max / PAGE_BYTES {
            let _turn = self.shared.turn.lock().await;
            log_pages = move_pages(&mut self.connection, "PRAGMA wal_checkpoint(RESTART)").await?;
        }
        add(&self.shared.counters.checkpoints, 1);
        tracing::debug!(log_pages, "engine database: checkpoint");
        Ok(())
    }
}

/// Returns the log's size in pages. That readers were in the way is no error: the next one does the rest.
async fn move_pages(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query(sql).fetch_one(connection).await?.try_get("log")
}
