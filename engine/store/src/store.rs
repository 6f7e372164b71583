//! The handle on the engine's database.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::SqlitePool;
use tokio::sync::{Mutex, Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::checkpoint::Checkpointer;
use crate::commit::{Commit, CommitError, EVENT_ID_MAX, EventBatch, RUNS_PER_COMMIT_MAX, RunWrite};
use crate::fault::{Fault, ReadError};
use crate::group::{Done, Work};
use crate::history::ReadHistory;
use crate::migration;
use crate::opening::{Connector, OpenError};
use crate::options::StoreOptions;
use crate::reading::{self, Load};
use crate::run::{CurrentRun, RunWithTasks, StoredRun};
use crate::stats::{Counters, Stats};
use crate::together::Together;
use crate::visibility::{self, Filter, ListPage, ListQuery};
use crate::writer::{Equipment, Request, Shared, Writer};

/// The largest state, and the largest batch of events, bytes: above the 50 MB that a whole history may have.
const BLOB_BYTES_MAX: usize = 64 << 20;

/// The engine's database, open. Clones are handles on the same one.
///
/// All methods are cancel-safe: a caller that stops waiting stops nothing that was accepted.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    requests: mpsc::Sender<Request>,
    readers: SqlitePool,
    loads: Together<Load>,
    histories: Together<ReadHistory>,
    shared: Shared,
    closing: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Store {
    /// Opens the database at `path`, makes it if there is none, and brings it to this release's version.
    ///
    /// One process at a time may hold it; the data folder's lock sees to that.
    ///
    /// # Errors
    /// [`OpenError`]: the file is as it was.
    pub async fn open(path: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let connector = Connector::new(path).with(&options);
        connector.inspect().await?;
        Self::start(connector.clone(), options).await.map_err(|error| connector.unusable(error))
    }

    async fn start(connector: Connector, options: StoreOptions) -> Result<Self, sqlx::Error> {
        let StoreOptions {
            readers,
            queue_max,
            group_max,
            checkpoint_bytes,
            log_bytes_max,
            size_max,
            durability: _,
            recorder,
        } = options;
        let mut connection = connector.writer().await?;
        migration::migrate(&mut connection).await?;
        let shared = Shared {
            counters: Arc::new(Counters::default()),
            size_max: Arc::new(AtomicU64::new(size_max.unwrap_or(u64::MAX))),
            turn: Arc::new(Mutex::new(())),
            checkpoint_due: Arc::new(Notify::new()),
        };
        let checkpoints = connector.checkpointer().await?;
        let readers = connector.readers(readers.max(1)).await?;
        let (requests, queue) = mpsc::channel(queue_max.max(1));
        let (closing, closing_seen) = watch::channel(false);
        let writer = Writer::new(Equipment {
            connector,
            connection,
            requests: queue,
            closing: closing_seen.clone(),
            shared: shared.clone(),
            group_max,
            checkpoint_bytes,
            recorder,
        })
        .await?;
        let (written, writing) = oneshot::channel();
        let write = async move {
            writer.run().await;
            drop(written);
        };
        let checkpointer = Checkpointer::new(checkpoints, writing, shared.clone(), log_bytes_max);
        let (loads, loading) = Together::start(readers.clone(), closing_seen.clone());
        let (histories, reading) = Together::start(readers.clone(), closing_seen);
        let tasks = vec![tokio::spawn(write), tokio::spawn(checkpointer.run()), loading, reading];
        let tasks = Mutex::new(tasks);
        Ok(Self(Arc::new(Inner { requests, readers, loads, histories, shared, closing, tasks })))
    }

    /// Makes `commit` durable, together with whatever else waits. `Ok` means: it is on the disk.
    ///
    /// Waits for a place in the queue while that is full. A caller that drops this future before it is
    /// accepted has written nothing; after that the commit takes place.
    ///
    /// # Errors
    /// [`CommitError`]: nothing of it took place.
    pub async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        validate(&commit)?;
        if commit.runs.is_empty() {
            return Ok(());
        }
        self.request(Work::Commit(commit)).await.map(|_| ())
    }

    /// Deletes a run with its history. Returns whether there was one. If it was current, its workflow id has
    /// no current run afterwards.
    ///
    /// # Errors
    /// [`CommitError::Unavailable`].
    pub async fn delete(&self, run_id: &str) -> Result<bool, CommitError> {
        Ok(self.request(Work::Delete(run_id.to_owned())).await? == Done::Deleted(true))
    }

    async fn request(&self, work: Work) -> Result<Done, CommitError> {
        let closed = || CommitError::Unavailable { source: Fault::closed() };
        let (answer, answered) = oneshot::channel();
        self.0.requests.send(Request { work, answer }).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// The run's state.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn load(&self, run_id: &str) -> Result<Option<StoredRun>, ReadError> {
        self.0.loads.ask(Load(run_id.to_owned())).await
    }

    /// The run that a workflow id means: the latest, open or closed.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn current(&self, namespace: &str, workflow_id: &str) -> Result<Option<CurrentRun>, ReadError> {
        reading::current(&self.0.readers, namespace, workflow_id).await
    }

    /// The batches of a history from the one that contains `from_event_id` on, as many as fit into
    /// `max_bytes` but at least one; empty at the history's end, and for a run that is not stored.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn history(
        &self,
        run_id: &str,
        from_event_id: i64,
        max_bytes: usize,
    ) -> Result<Vec<EventBatch>, ReadError> {
        let from_event_id = from_event_id.clamp(0, EVENT_ID_MAX);
        self.0.histories.ask(ReadHistory { run_id: run_id.to_owned(), from_event_id, max_bytes }).await
    }

    /// Up to `limit` runs that are due before `before` (unix nanoseconds), the earliest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn due(&self, before: i64, limit: usize) -> Result<Vec<(String, i64)>, ReadError> {
        reading::due(&self.0.readers, before, limit).await
    }

    /// Up to `limit` runs that have tasks, in an order of the store's own, those after `after`.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn with_tasks(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RunWithTasks>, ReadError> {
        reading::with_tasks(&self.0.readers, after, limit).await
    }

    /// Up to `limit` runs that were closed before `before` (unix nanoseconds), the earliest first: what
    /// retention deletes.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn closed(&self, before: i64, limit: usize) -> Result<Vec<String>, ReadError> {
        reading::closed(&self.0.readers, before, limit).await
    }

    /// A page of the runs that meet a query.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn list(&self, query: &ListQuery) -> Result<ListPage, ReadError> {
        visibility::list(&self.0.readers, query).await
    }

    /// How many runs of a namespace meet all filters.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn count(&self, namespace: &str, filters: &[Filter]) -> Result<u64, ReadError> {
        visibility::count(&self.0.readers, namespace, filters).await
    }

    /// Sets the largest size of the database file, in bytes; `None`: what the disk holds. Commits that need
    /// more are refused as [`CommitError::Unavailable`]. What is stored already stays.
    pub fn set_size_max(&self, bytes: Option<u64>) {
        self.0.shared.size_max.store(bytes.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    #[must_use]
    pub fn stats(&self) -> Stats {
        let queued = self.0.requests.max_capacity() - self.0.requests.capacity();
        self.0.shared.counters.read(queued)
    }

    /// Finishes what was accepted, refuses what comes later, and closes the file. Without it nothing is lost,
    /// but the next start finds a write-ahead log.
    pub async fn close(&self) {
        // Whoever closes last moves the log into the file, which those who only read can't.
        self.0.readers.close().await;
        self.0.closing.send_replace(true);
        let mut tasks = self.0.tasks.lock().await;
        for task in tasks.drain(..) {
            if let Err(error) = task.await {
                tracing::error!(%error, "engine database: a task failed");
            }
        }
    }
}

/// Refuses what can't be stored before it meets others in a group.
fn validate(commit: &Commit) -> Result<(), CommitError> {
    let invalid = |reason: String| Err(CommitError::Invalid { reason });
    if commit.runs.len() > RUNS_PER_COMMIT_MAX {
        return invalid(format!("`{}` runs in one commit, at most {RUNS_PER_COMMIT_MAX}", commit.runs.len()));
    }
    for RunWrite { key, state, events, .. } in &commit.runs {
        let run_id = &key.run_id;
        if state.len() > BLOB_BYTES_MAX {
            return invalid(format!("the state of run `{run_id}` has `{}` bytes", state.len()));
        }
        let Some(EventBatch { first_event_id, last_event_id, data }) = events else { continue };
        if *first_event_id < 1 || last_event_id < first_event_id || *last_event_id > EVENT_ID_MAX {
            return invalid(format!("events `{first_event_id}` to `{last_event_id}` of run `{run_id}`"));
        }
        if data.len() > BLOB_BYTES_MAX {
            return invalid(format!("a batch of events of run `{run_id}` has `{}` bytes", data.len()));
        }
    }
    Ok(())
}
