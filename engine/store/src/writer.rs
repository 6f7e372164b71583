//! The one writer: takes what waits, writes it in one transaction, makes it durable, answers all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{Mutex, Notify, mpsc, oneshot, watch};

use crate::commit::CommitError;
use crate::deletion;
use crate::fault::{Cause, Fault};
use crate::group::{Done, Scribe, Work, Written};
use crate::opening::Connector;
use crate::recorder::Recorder;
use crate::stats::{Counters, add};

/// Bytes of states and events in one transaction, about: more waits for the next one. SQLite keeps a
/// transaction's pages in memory until they exceed its cache, and this is what a disk takes in a moment.
const GROUP_BYTES_MAX: usize = 32 << 20;

/// A group of so many says that more are on their way.
const CROWD_MIN: usize = 8;
/// The timer's finest step. One that brings nobody ends the gathering.
const GATHERING_TURN: Duration = Duration::from_millis(1);
/// One or two milliseconds in all, about what making a group durable takes: with four turns at 100 in flight a
/// third of every group's time was waiting, and callers were fewer than the processor could serve.
const GATHERING_TURNS_MAX: usize = 1;

/// A work with the place for its answer. Whoever asked may be gone: the work is done all the same.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) work: Work,
    pub(crate) answer: oneshot::Sender<Result<Done, CommitError>>,
}

/// What the writer shares with the store's handle and the checkpointer.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) counters: Arc<Counters>,
    /// The largest size of the file in bytes; `u64::MAX`: any.
    pub(crate) size_max: Arc<AtomicU64>,
    /// Held while a transaction is open, and while the log is started again from its beginning.
    pub(crate) turn: Arc<Mutex<()>>,
    pub(crate) checkpoint_due: Arc<Notify>,
}

/// The task that owns the only connection that writes rows.
#[derive(Debug)]
pub(crate) struct Writer {
    connector: Connector,
    /// `None` after a fault: the next group begins with a new one, whatever state the old one was in.
    connection: Option<SqliteConnection>,
    requests: mpsc::Receiver<Request>,
    closing: watch::Receiver<bool>,
    scribe: Scribe,
    shared: Shared,
    group_max: usize,
    checkpoint_bytes: u64,
    /// What the log grew by since the last checkpoint was asked for.
    log_bytes: u64,
    /// The size limit that the connection knows.
    size_max: u64,
    /// Whether deleted runs still have histories.
    erasing: bool,
    recorder: Option<Recorder>,
    /// How many were in the last group.
    last_group: usize,
}

/// What a writer is made with.
#[derive(Debug)]
pub(crate) struct Equipment {
    pub(crate) connector: Connector,
    pub(crate) connection: SqliteConnection,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) closing: watch::Receiver<bool>,
    pub(crate) shared: Shared,
    pub(crate) group_max: usize,
    pub(crate) checkpoint_bytes: u64,
    pub(crate) recorder: Option<Recorder>,
}

impl Writer {
    pub(crate) async fn new(equipment: Equipment) -> Result<Self, sqlx::Error> {
        let Equipment {
            connector,
            mut connection,
            requests,
            closing,
            shared,
            group_max,
            checkpoint_bytes,
            recorder,
        } = equipment;
        let next_run = crate::rows::next_run(&mut connection).await?;
        let erasing = deletion::is_due(&mut connection).await?;
        Ok(Self {
            connector,
            connection: Some(connection),
            requests,
            closing,
            scribe: Scribe::new(next_run),
            shared,
            group_max: group_max.max(1),
            checkpoint_bytes,
            log_bytes: 0,
            size_max: u64::MAX,
            erasing,
            recorder,
            last_group: 0,
        })
    }

    /// Works until the store is closed and all that was accepted is answered.
    pub(crate) async fn run(mut self) {
        let mut group = Vec::new();
        while self.take(&mut group).await {
            self.gather(&mut group).await;
            for part in parts(std::mem::take(&mut group)) {
                self.answer(part).await;
            }
            if self.erasing {
                self.erase().await;
            }
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "engine database not closed cleanly");
        }
    }

    /// Takes what waits, at most a group; waits for the first only when nothing else is to be done.
    /// Returns whether to go on.
    async fn take(&mut self, group: &mut Vec<Request>) -> bool {
        loop {
            let closed = *self.closing.borrow_and_update();
            if closed {
                self.requests.close();
            }
            // All branches are cancel-safe: what `recv_many` did not give stays in the queue.
            tokio::select! {
                biased;
                taken = self.requests.recv_many(group, self.group_max) => return taken > 0,
                () = std::future::ready(()), if self.erasing && !closed => return true,
                Ok(()) = self.closing.changed(), if !closed => {}
            }
        }
    }

    /// Lets those join the group who are about to ask: an fsync, and the way to SQLite's thread, cost as much
    /// for one as for many. Whoever can run gets a turn, which takes microseconds when nobody can; after a
    /// group of many it is a little time. It ends with the first turn that brings nobody.
    async fn gather(&mut self, group: &mut Vec<Request>) {
        let is_busy = self.last_group >= CROWD_MIN;
        for _ in 0..GATHERING_TURNS_MAX {
            if group.is_empty() || group.len() >= self.group_max {
                break;
            }
            if is_busy {
                tokio::time::sleep(GATHERING_TURN).await;
            } else {
                tokio::task::yield_now().await;
            }
            let before = group.len();
            while group.len() < self.group_max
                && let Ok(request) = self.requests.try_recv()
            {
                group.push(request);
            }
            if group.len() == before {
                break;
            }
        }
        self.last_group = group.len();
    }

    async fn answer(&mut self, requests: Vec<Request>) {
        let works: Vec<&Work> = requests.iter().map(|request| &request.work).collect();
        let outcomes = match self.transact(&works).await {
            Ok(outcomes) => outcomes,
            // One of them can't be stored: each alone shows which.
            Err(fault) if fault.cause() == Cause::Data && works.len() > 1 => self.one_by_one(&works).await,
            Err(fault) => vec![Err(refusal(fault)); works.len()],
        };
        self.count(&works, &outcomes);
        for (request, outcome) in requests.into_iter().zip(outcomes) {
            // A caller that no longer waits is no reason to stop.
            let _ = request.answer.send(outcome);
        }
    }

    async fn one_by_one(&mut self, works: &[&Work]) -> Vec<Result<Done, CommitError>> {
        let mut outcomes = Vec::with_capacity(works.len());
        for work in works {
            outcomes.push(match self.transact(&[work]).await {
                Ok(mut outcome) => outcome.pop().unwrap_or_else(|| Err(refusal(Fault::closed()))),
                Err(fault) => Err(refusal(fault)),
            });
        }
        outcomes
    }

    /// One transaction, durable when this returns `Ok`. After an `Err` nothing of it is visible.
    async fn transact(&mut self, works: &[&Work]) -> Result<Vec<Result<Done, CommitError>>, Fault> {
        let turn = Arc::clone(&self.shared.turn).lock_owned().await;
        let mut connection = self.connected().await?;
        let written = write(&mut connection, &mut self.scribe, works).await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                self.scribe.forget();
                self.recover(connection, &error).await;
                return Err(error.into());
            }
        };
        self.connection = Some(connection);
        drop(turn);
        let Written { outcomes, log_bytes } = written;
        add(&self.shared.counters.commits, 1);
        if let Some(recorder) = &self.recorder {
            recorder.note(works, &outcomes);
        }
        self.erasing |= outcomes.iter().any(|outcome| matches!(outcome, Ok(Done::Deleted(true))));
        self.logged(log_bytes);
        Ok(outcomes)
    }

    /// A connection that works and knows the size limit.
    async fn connected(&mut self) -> Result<SqliteConnection, Fault> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                self.size_max = u64::MAX;
                self.connector.writer().await?
            }
        };
        let size_max = self.shared.size_max.load(Ordering::Relaxed);
        if size_max != self.size_max {
            limit(&mut connection, size_max).await?;
            self.size_max = size_max;
        }
        Ok(connection)
    }

    /// Keeps the connection if the rows were at fault and it rolls back; gives it up otherwise.
    async fn recover(&mut self, mut connection: SqliteConnection, error: &sqlx::Error) {
        let rolled_back = sqlx::query("ROLLBACK").execute(&mut connection).await;
        match rolled_back {
            Ok(_) => self.connection = Some(connection),
            Err(_) => {
                tracing::warn!(%error, "engine database: transaction failed, connecting again");
                // Closing rolls back what is open, and has nobody to tell of an error.
                let _ = connection.close().await;
            }
        }
    }

    /// A little of what deleted runs left. On a fault it is tried again after the next request.
    async fn erase(&mut self) {
        let turn = Arc::clone(&self.shared.turn).lock_owned().await;
        let Ok(mut connection) = self.connected().await else {
            self.erasing = false;
            return;
        };
        match erase(&mut connection).await {
            Ok(more) => {
                self.connection = Some(connection);
                self.erasing = more;
                drop(turn);
                self.logged(ERASE_LOG_BYTES);
            }
            Err(error) => {
                self.recover(connection, &error).await;
                self.erasing = false;
            }
        }
    }

    fn logged(&mut self, bytes: u64) {
        self.log_bytes += bytes;
        if self.log_bytes >= self.checkpoint_bytes {
            self.log_bytes = 0;
            self.shared.checkpoint_due.notify_one();
        }
    }

    fn count(&self, works: &[&Work], outcomes: &[Result<Done, CommitError>]) {
        let counters = &self.shared.counters;
        for (work, outcome) in works.iter().zip(outcomes) {
            match (work, outcome) {
                (Work::Commit(commit), Ok(_)) => {
                    add(&counters.members, 1);
                    add(&counters.transitions, commit.runs.len());
                }
                (Work::Delete(_), Ok(done)) => {
                    add(&counters.deleted, usize::from(*done == Done::Deleted(true)))
                }
                (_, Err(_)) => add(&counters.refused, 1),
            }
        }
    }
}

/// What erasing a little adds to the log, about: 256 batches of 1 KB on their pages.
const ERASE_LOG_BYTES: u64 = 1 << 19;

async fn write(
    connection: &mut SqliteConnection,
    scribe: &mut Scribe,
    works: &[&Work],
) -> Result<Written, sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let written = scribe.write(connection, works).await?;
    sqlx::query("COMMIT").execute(connection).await?;
    Ok(written)
}

async fn erase(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let more = deletion::erase(connection).await?;
    sqlx::query("COMMIT").execute(connection).await?;
    Ok(more)
}

/// Tells SQLite the largest size of the file.
async fn limit(connection: &mut SqliteConnection, size_max: u64) -> Result<(), sqlx::Error> {
    /// SQLite's own limit: <https://www.sqlite.org/limits.html>.
    const PAGES_MAX: u64 = 4_294_967_294;
    const PAGE_BYTES: u64 = 4_096;
    let pages = (size_max / PAGE_BYTES).clamp(1, PAGES_MAX);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
        .execute(connection)
        .await?;
    Ok(())
}

fn refusal(fault: Fault) -> CommitError {
    match fault.cause() {
        Cause::Data => CommitError::Invalid { reason: fault.to_string() },
        Cause::Environment => CommitError::Unavailable { source: fault },
    }
}

/// Cuts a group where it gets too large for one transaction.
fn parts(requests: Vec<Request>) -> Vec<Vec<Request>> {
    let mut parts: Vec<Vec<Request>> = Vec::new();
    let mut room = 0;
    for request in requests {
        let bytes = bytes(&request.work);
        match parts.last_mut() {
            Some(part) if bytes <= room => {
                room -= bytes;
                part.push(request);
            }
            _ => {
                room = GROUP_BYTES_MAX.saturating_sub(bytes);
                parts.push(vec![request]);
            }
        }
    }
    parts
}

fn bytes(work: &Work) -> usize {
    match work {
        Work::Delete(_) => 0,
        Work::Commit(commit) => commit
            .runs
            .iter()
            .map(|write| write.state.len() + write.events.as_ref().map_or(0, |events| events.data.len()))
            .sum(),
    }
}
