//! Opens the file: looks first, and touches nothing that it can't work with.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::fault::Fault;
use crate::migration::{self, APPLICATION_ID, VERSION};
use crate::options::{Durability, StoreOptions};

/// What every SQLite file starts with: <https://www.sqlite.org/fileformat.html>.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What a rollback journal starts with that a start has to roll back, from the same page.
const JOURNAL_MAGIC: &[u8; 8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

/// How long a connection waits for another's lock. Within the process locks are held for milliseconds; this
/// is for another program that has the file open, such as a backup.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// How long a checkpoint that wants the log from its start waits for reads to end: the writer waits, too.
const RESTART_WAIT: Duration = Duration::from_millis(50);

/// How long a read waits for one of the readers' connections.
const READER_WAIT: Duration = Duration::from_secs(30);

/// Rows that a reader fetches ahead of its consumer.
const PREPARED_MAX: usize = 64;

/// Why a store can't be opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A later release wrote this file: use that release, or restore a backup made before.
    #[error("the engine's database `{}` has version {found}, and this release knows versions up to {known}", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// Not a database, not the engine's, or damaged.
    #[error("`{}` is not a usable engine database: {reason}", path.display())]
    Corrupt { path: PathBuf, reason: String },
    /// The file or its folder can't be read or written.
    #[error("the engine's database `{}` can't be opened", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// SQLite can't work with the file: no space, no permission, locked by another program.
    #[error("the engine's database `{}` can't be opened", path.display())]
    Unavailable {
        path: PathBuf,
        #[source]
        source: Fault,
    },
}

/// Makes connections to one file, each kind with its settings.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    path: PathBuf,
    synchronous: SqliteSynchronous,
    log_bytes_max: u64,
}

impl Connector {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            synchronous: SqliteSynchronous::Full,
            log_bytes_max: StoreOptions::default().log_bytes_max,
        }
    }

    pub(crate) fn with(self, options: &StoreOptions) -> Self {
        let synchronous = match options.durability {
            Durability::PowerLoss => SqliteSynchronous::Full,
            Durability::Checkpoint => SqliteSynchronous::Normal,
            Durability::ProcessEnd => SqliteSynchronous::Off,
        };
        Self { synchronous, log_bytes_max: options.log_bytes_max, ..self }
    }

    fn base(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .busy_timeout(BUSY_WAIT)
            .statement_cache_capacity(PREPARED_MAX)
            // Values never reach the log, and statements say nothing there.
            .disable_statement_logging()
    }

    fn writing(&self) -> SqliteConnectOptions {
        self.base().journal_mode(SqliteJournalMode::Wal).synchronous(self.synchronous)
    }

    /// The writer's connection: it never checkpoints.
    pub(crate) async fn writer(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.writing()
            .create_if_missing(true)
            .pragma("wal_autocheckpoint", "0")
            // A log that starts again gives back what it had grown to.
            .pragma("journal_size_limit", self.log_bytes_max.to_string())
            .connect()
            .await
    }

    pub(crate) async fn checkpointer(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.writing().busy_timeout(RESTART_WAIT).connect().await
    }

    pub(crate) async fn readers(&self, count: u32) -> Result<SqlitePool, sqlx::Error> {
        SqlitePoolOptions::new()
            .max_connections(count)
            .acquire_timeout(READER_WAIT)
            // They are files: nothing ages, nothing hangs up.
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(self.base().read_only(true))
            .await
    }

    /// Refuses what this release can't work with, without writing.
    pub(crate) async fn inspect(&self) -> Result<(), OpenError> {
        // A database of ours has a rollback journal only until its first start makes it one with a log. What
        // the journal holds is the file's content as of the last commit, whoever's it is: only a connection
        // that may write can look at that.
        let options = match (content(&self.path)?, self.has_journal()) {
            (Content::Nothing, _) => return Ok(()),
            (_, true) => self.base(),
            (Content::Database, false) => self.reading_only(),
            (Content::Other, false) => return Err(self.corrupt("it is not a database".to_owned())),
        };
        let mut connection = options.connect().await.map_err(|error| self.unusable(error))?;
        let verdict = self.judge(&mut connection).await;
        // Nothing was written: an error here says nothing about the file.
        let _ = connection.close().await;
        verdict
    }

    /// For a whole look at a file that others may have open.
    pub(crate) fn copying(&self) -> SqliteConnectOptions {
        self.base().read_only(true)
    }

    fn reading_only(&self) -> SqliteConnectOptions {
        // Even a connection that only reads leaves files beside a database in WAL mode, unless it is told
        // that nobody writes. With a log that holds commits it has to see them.
        self.base().read_only(true).immutable(!self.has_log())
    }

    /// Whether there is a write-ahead log with anything in it: a process ended without closing.
    fn has_log(&self) -> bool {
        std::fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0)
    }

    /// Whether a transaction was cut off before the database had a log.
    fn has_journal(&self) -> bool {
        let start = std::fs::File::open(self.beside("-journal")).and_then(|journal| {
            let mut start = Vec::with_capacity(JOURNAL_MAGIC.len());
            journal.take(JOURNAL_MAGIC.len() as u64).read_to_end(&mut start)?;
            Ok(start)
        });
        start.is_ok_and(|start| start == JOURNAL_MAGIC)
    }

    /// SQLite's name for a file that goes with the database's.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    async fn judge(&self, connection: &mut SqliteConnection) -> Result<(), OpenError> {
        let unusable = |error| self.unusable(error);
        let found = migration::version(connection).await.map_err(unusable)?;
        let application: i64 = pragma(connection, "PRAGMA application_id").await.map_err(unusable)?;
        let schema: i64 = pragma(connection, "PRAGMA schema_version").await.map_err(unusable)?;
        if schema == 0 && found == 0 {
            return Ok(()); // An empty database: a start that was cut off before its first migration.
        }
        if application != APPLICATION_ID {
            return Err(self.corrupt("it belongs to another application".to_owned()));
        }
        if found > VERSION {
            return Err(OpenError::Newer { path: self.path.clone(), found, known: VERSION });
        }
        match migration::altered(connection).await.map_err(unusable)? {
            None => Ok(()),
            Some(name) => Err(self.corrupt(format!("migration `{name}` was another one when it ran"))),
        }
    }

    /// Tells a damaged file from a disk that does not work.
    pub(crate) fn unusable(&self, error: sqlx::Error) -> OpenError {
        const CORRUPT: i32 = 11;
        const NOT_A_DATABASE: i32 = 26;
        let code = error
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse::<i32>().ok())
            .map(|extended| extended & 0xff);
        match (code, &error) {
            (Some(CORRUPT | NOT_A_DATABASE), _) => self.corrupt(error.to_string()),
            (Some(_), _) => OpenError::Unavailable { path: self.path.clone(), source: error.into() },
            (None, sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound) => {
                self.corrupt(error.to_string())
            }
            (None, _) => OpenError::Unavailable { path: self.path.clone(), source: error.into() },
        }
    }

    pub(crate) fn corrupt(&self, reason: String) -> OpenError {
        OpenError::Corrupt { path: self.path.clone(), reason }
    }
}

async fn pragma(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query(sql).fetch_one(connection).await?.try_get(0)
}

/// What a file seems to be, by its first bytes.
enum Content {
    /// There is no file, or an empty one.
    Nothing,
    Database,
    Other,
}

fn content(path: &Path) -> Result<Content, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Content::Nothing),
        Err(error) => return Err(io(error)),
    };
    let mut start = Vec::with_capacity(MAGIC.len());
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(io)?;
    Ok(match start.as_slice() {
        [] => Content::Nothing,
        start if start == MAGIC => Content::Database,
        _ => Content::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_writer_makes_commits_durable_and_leaves_checkpoints_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let connector = Connector::new(&folder.path().join("engine.db"));
        let mut writer = connector.writer().await.unwrap();
        const FULL: i64 = 2;
        assert_eq!(pragma(&mut writer, "PRAGMA synchronous").await.unwrap(), FULL);
        assert_eq!(pragma(&mut writer, "PRAGMA wal_autocheckpoint").await.unwrap(), 0);
        let mode: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut writer).await.unwrap().get(0);
        assert_eq!(mode, "wal");
    }

    #[tokio::test]
    async fn readers_can_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let connector = Connector::new(&folder.path().join("engine.db"));
        let mut writer = connector.writer().await.unwrap();
        migration::migrate(&mut writer).await.unwrap();
        let readers = connector.readers(1).await.unwrap();
        assert!(sqlx::query("DELETE FROM runs").execute(&readers).await.is_err());
    }
}
