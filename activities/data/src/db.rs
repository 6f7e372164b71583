//! Opening the ledger, reading from it, and handing writes to its one writer. On PostgreSQL every process has a
//! writer, and a lock of the database lets one of them write at a time.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine_clock::Clock;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::any::AnyConnectOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, ConnectOptions as _, Connection as _, Pool};
use tokio::sync::{mpsc, oneshot};

use crate::bell::Bell;
use crate::postgres::Postgres;
use crate::readers::{Reader, Readers};
use crate::session::Session;
use crate::writer::{Finished, Job, Writer};
use crate::{DbError, inspection, instant, migrations};

/// A connection that reads.
pub type Conn = AnyConnection;
/// Writes that may wait for the writer; more callers wait for a place.
const WRITES_WAITING_MAX: usize = 1024;
/// How long a lock of another program on the file (a backup, a person with `sqlite3`) is waited for.
pub(crate) const BUSY_MS: u32 = 5_000;

/// What a commit outlives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Power loss: `synchronous=FULL` (I-3). The only choice for a real ledger.
    PowerLoss,
    /// The end of the process only. For tests that end processes thousands of times.
    ProcessEnd,
}

/// A handle on the ledger; clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    readers: Readers,
    writer: Option<mpsc::Sender<Job>>,
    stopped: Option<tokio::sync::watch::Receiver<bool>>,
    clock: Clock,
    server: Option<Server>,
}

/// What there is beside readers and writer where the ledger is on a server.
struct Server {
    postgres: Postgres,
    aside: Pool<Any>,
    /// Only who writes waits for what others write.
    bell: Option<Bell>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("read_only", &self.0.writer.is_none()).finish_non_exhaustive()
    }
}

/// A write under way: everything done through it is committed together or not at all.
pub struct Tx {
    pub(crate) conn: AnyConnection,
    pub(crate) now: Timestamp,
}

impl Tx {
    /// The instant of this write, to the millisecond. One write has one instant.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Db {
    /// Opens the ledger file, creates it where there is none, and migrates it. The caller holds the lock
    /// of the data folder: two programs must not write one file.
    ///
    /// # Errors
    /// [`DbError::Newer`] when a newer program made it, [`DbError::Damaged`] when it is no ledger or a
    /// damaged one: nothing is touched then. [`DbError::Open`], [`DbError::Migration`].
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, DbError> {
        Self::open_with(path, clock, Durability::PowerLoss).await
    }

    /// As [`Db::open`], with the durability to choose.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_with(path: &Path, clock: Clock, durability: Durability) -> Result<Self, DbError> {
        let open = |source| DbError::Open { path: path.to_owned(), source };
        inspection::inspect(path).await?;
        let mut conn = options(path, "rwc")?.connect().await.map_err(open)?;
        let synchronous = match durability {
            Durability::PowerLoss => "FULL",
            Durability::ProcessEnd => "OFF",
        };
        for pragma in [
            format!("PRAGMA busy_timeout = {BUSY_MS}"),
            "PRAGMA journal_mode = WAL".to_owned(),
            format!("PRAGMA synchronous = {synchronous}"),
            "PRAGMA foreign_keys = ON".to_owned(),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(pragma)).execute(&mut conn).await.map_err(open)?;
        }
        let migrated = migrations::apply(&mut conn, instant::whole_ms(clock.now())).await;
        migrated.map_err(|error| inspection::explained(path, error))?;
        let (sender, jobs) = mpsc::channel(WRITES_WAITING_MAX);
        let stopped = Writer::start(conn, Session::File, jobs, clock.clone());
        let readers = Readers::of_file(path)?;
        let (writer, stopped) = (Some(sender), Some(stopped));
        Ok(Self(Arc::new(Inner { readers, writer, stopped, clock, server: None })))
    }

    /// Opens the ledger of a PostgreSQL database, makes it where there is none, and migrates it. Any number of
    /// processes may have it open.
    ///
    /// # Errors
    /// [`DbError::Unreachable`]; [`DbError::Newer`], [`DbError::Damaged`], [`DbError::Migration`]: nothing
    /// is touched then.
    pub async fn open_postgres(
        postgres: &Postgres,
        clock: Clock,
        durability: Durability,
    ) -> Result<Self, DbError> {
        postgres.look().await?;
        let connected = postgres.writer(durability).await;
        let mut conn = connected.map_err(|source| postgres.unreachable(source))?;
        migrations::refuse_newer(&mut conn).await?;
        migrations::refuse_changed(&mut conn).await?;
        migrations::apply(&mut conn, instant::whole_ms(clock.now())).await?;
        let (sender, jobs) = mpsc::channel(WRITES_WAITING_MAX);
        let session = Session::Server { postgres: postgres.clone(), durability };
        let stopped = Some(Writer::start(conn, session, jobs, clock.clone()));
        let (readers, writer) = (Readers::of_server(postgres), Some(sender));
        let server =
            Server { postgres: postgres.clone(), aside: postgres.aside(), bell: Some(Bell::of(postgres)) };
        Ok(Self(Arc::new(Inner { readers, writer, stopped, clock, server: Some(server) })))
    }

    /// Opens the migrated ledger of a PostgreSQL database for reading only.
    ///
    /// # Errors
    /// [`DbError::Unreachable`], [`DbError::Older`], [`DbError::Newer`], [`DbError::Damaged`].
    pub async fn read_postgres(postgres: &Postgres, clock: Clock) -> Result<Self, DbError> {
        refuse_other_version(postgres.look().await?.version)?;
        let readers = Readers::of_server(postgres);
        let server = Some(Server { postgres: postgres.clone(), aside: postgres.aside(), bell: None });
        Ok(Self(Arc::new(Inner { readers, writer: None, stopped: None, clock, server })))
    }

    /// The server's database, where the ledger is not a file.
    #[must_use]
    pub fn postgres(&self) -> Option<&Postgres> {
        self.0.server.as_ref().map(|server| &server.postgres)
    }

    /// A connection that writes beside the writer, on a server: for what needs no order.
    pub(crate) async fn aside(&self) -> Result<PoolConnection<Any>, DbError> {
        let server = self.0.server.as_ref().ok_or(DbError::ReadOnly)?;
        Ok(server.postgres.reach().within(server.aside.acquire()).await?)
    }

    /// Returns when another process may have written into the outbox since the last return; never where there
    /// are no other processes. Cancel-safe.
    pub async fn outbox_rang(&self) {
        match self.0.server.as_ref().and_then(|server| server.bell.as_ref()) {
            Some(bell) => bell.rung().await,
            None => std::future::pending().await,
        }
    }

    /// Opens an existing ledger for reading only, also while another program writes to it.
    ///
    /// # Errors
    /// [`DbError::Missing`], [`DbError::Older`], [`DbError::Newer`], [`DbError::Damaged`], [`DbError::Open`].
    pub async fn open_read_only(path: &Path, clock: Clock) -> Result<Self, DbError> {
        if !path.is_file() {
            return Err(DbError::Missing { path: path.to_owned() });
        }
        let open = |source| DbError::Open { path: path.to_owned(), source };
        let mut conn = options(path, "ro")?.connect().await.map_err(open)?;
        let found = migrations::version(&mut conn).await;
        // It only read.
        let _ = conn.close().await;
        refuse_other_version(found.map_err(|error| inspection::explained(path, error))?)?;
        let readers = Readers::of_file(path)?;
        Ok(Self(Arc::new(Inner { readers, writer: None, stopped: None, clock, server: None })))
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Now, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        instant::whole_ms(self.0.clock.now())
    }

    /// A connection that sees every committed write.
    ///
    /// # Errors
    /// [`DbError::Sql`] when there is none to be had: without waiting while the server is known to be away.
    pub async fn reader(&self) -> Result<Reader, DbError> {
        let lent = self.0.readers.lend();
        Ok(match &self.0.server {
            Some(server) => server.postgres.reach().within(lent).await?,
            None => lent.await?,
        })
    }

    /// Runs `work` in a transaction of its own and returns when it is durable. When `work` fails, nothing
    /// of it stays. Writes run one after the other in the order they come, several to a commit.
    ///
    /// Dropping the returned future abandons the answer, never the write: it runs on the writer.
    ///
    /// # Errors
    /// What `work` returns; [`DbError::ReadOnly`], [`DbError::Closed`], [`DbError::Commit`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let writer = self.0.writer.as_ref().ok_or_else(|| E::from(DbError::ReadOnly))?;
        let (sender, receiver) = oneshot::channel();
        let job = job(move |tx| {
            Box::pin(async move {
                let result = match tx {
                    Ok(tx) => work(tx).await,
                    Err(error) => Err(E::from(error)),
                };
                let keep = result.is_ok();
                let answer = Box::new(move |committed: Result<(), DbError>| {
                    // A caller that went away is not an error: its write stands all the same.
                    let _ = sender.send(match committed {
                        Ok(()) => result,
                        Err(error) => result.and(Err(E::from(error))),
                    });
                });
                Finished { keep, answer }
            })
        });
        writer.send(job).await.map_err(|_| E::from(DbError::Closed))?;
        receiver.await.map_err(|_| E::from(DbError::Panicked))?
    }

    /// Waits until the writer has finished what was handed to it and has closed the file. Other handles
    /// must be gone by then, or this waits for them, at most `deadline`.
    pub async fn close(self, deadline: Duration) {
        let stopped = self.0.stopped.clone();
        self.0.readers.close().await;
        if let Some(server) = &self.0.server {
            server.aside.close().await;
        }
        drop(self);
        if let Some(mut stopped) = stopped {
            let _ = tokio::time::timeout(deadline, stopped.wait_for(|stopped| *stopped)).await;
        }
    }
}

fn refuse_other_version(found: i64) -> Result<(), DbError> {
    let known = migrations::KNOWN;
    match found.cmp(&known) {
        std::cmp::Ordering::Greater => Err(DbError::Newer { found, known }),
        std::cmp::Ordering::Less => Err(DbError::Older { found, known }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

/// Gives a closure the type of a job; the compiler finds its lifetimes only this way.
fn job<F>(run: F) -> Job
where
    F: for<'t> FnOnce(Result<&'t mut Tx, DbError>) -> BoxFuture<'t, Finished> + Send + 'static,
{
    Box::new(run)
}

pub(crate) fn options(path: &Path, mode: &str) -> Result<AnyConnectOptions, DbError> {
    // Twice is harmless: it keeps the first list.
    sqlx::any::install_default_drivers();
    let open = |source| DbError::Open { path: path.to_owned(), source };
    let absolute = std::path::absolute(path).map_err(|error| open(sqlx::Error::Io(error)))?;
    let mut url = String::from("sqlite://");
    for byte in absolute.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(char::from(*byte))
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=");
    url.push_str(mode);
    let options: AnyConnectOptions = url.parse().map_err(open)?;
    Ok(options.disable_statement_logging())
}
