//! A look at a file before anything is done with it: what is not a ledger of ours stays as it is, byte by
//! byte.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Row as _};

use crate::db::options;
use crate::{DbError, migrations};

/// What every SQLite file starts with: <https://www.sqlite.org/fileformat.html>.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// What a rollback journal starts with that the next program has to roll back, from the same page.
const JOURNAL_MAGIC: &[u8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

/// Refuses what this program can't work with, and writes nothing. The caller holds the lock of the data
/// folder: nobody else writes meanwhile.
///
/// # Errors
/// [`DbError::Damaged`], [`DbError::Newer`], [`DbError::MigrationChanged`], [`DbError::Open`].
pub(crate) async fn inspect(path: &Path) -> Result<(), DbError> {
    let mode = match (beginning(path, MAGIC.len())?.as_slice(), has_journal(path)) {
        ([], _) => return Ok(()),
        // A start was cut off before the ledger had a log. Only who may write can look at that.
        (_, true) => "rw",
        (beginning, false) if beginning != MAGIC => {
            return Err(damaged(path, "it is not a database".to_owned()));
        }
        // Even who only reads leaves files beside a database with a log, unless told that nobody writes.
        (_, false) if has_log(path) => "ro",
        (_, false) => "ro&immutable=true",
    };
    let open = |source| DbError::Open { path: path.to_owned(), source };
    let mut conn = options(path, mode)?.connect().await.map_err(open)?;
    let verdict = judge(path, &mut conn).await;
    // Nothing was written: an error here says nothing about the file.
    let _ = conn.close().await;
    verdict.map_err(|error| explained(path, error))
}

async fn judge(path: &Path, conn: &mut AnyConnection) -> Result<(), DbError> {
    if migrations::version(conn).await? == 0 {
        let others = "SELECT COUNT(*) AS others FROM sqlite_master WHERE tbl_name <> 'schema_migrations'";
        let others: i64 = sqlx::query(others).fetch_one(&mut *conn).await?.try_get("others")?;
        if others > 0 {
            return Err(damaged(path, "it belongs to another application".to_owned()));
        }
    }
    migrations::refuse_newer(conn).await?;
    migrations::refuse_changed(conn).await
}

/// Tells a file that is no database, or a damaged one, from a disk that does not work.
pub(crate) fn explained(path: &Path, error: DbError) -> DbError {
    const CORRUPT: i32 = 11;
    const NOT_A_DATABASE: i32 = 26;
    let DbError::Sql(error) = error else { return error };
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<i32>().ok()).map(|extended| extended & 0xff);
    match code {
        Some(CORRUPT | NOT_A_DATABASE) => damaged(path, error.to_string()),
        // It has other tables or columns than a ledger.
        None if matches!(error, sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. }) => {
            damaged(path, error.to_string())
        }
        _ => DbError::Open { path: path.to_owned(), source: error },
    }
}

fn damaged(path: &Path, reason: String) -> DbError {
    DbError::Damaged { path: path.to_owned(), reason }
}

/// The first bytes of a file, at most `len`; none where there is no file.
fn beginning(path: &Path, len: usize) -> Result<Vec<u8>, DbError> {
    let open = |error| DbError::Open { path: path.to_owned(), source: sqlx::Error::Io(error) };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(open(error)),
    };
    let mut bytes = Vec::with_capacity(len);
    file.take(len as u64).read_to_end(&mut bytes).map_err(open)?;
    Ok(bytes)
}

/// Whether there is a write-ahead log with anything in it: a program ended without closing.
fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

fn has_journal(path: &Path) -> bool {
    beginning(&beside(path, "-journal"), JOURNAL_MAGIC.len()).is_ok_and(|start| start == JOURNAL_MAGIC)
}

/// SQLite's name for a file that goes with the database's.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}
