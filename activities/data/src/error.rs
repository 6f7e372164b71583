//! Why the ledger could not do something.

use std::path::PathBuf;

use crate::postgres;
use crate::publications::State;

/// Failures of the ledger. Nothing was changed by the call that returns one, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the ledger in `{}` can't be opened", path.display())]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("the ledger's database `{database}` does not answer")]
    Unreachable { database: String, source: sqlx::Error },
    /// It may hold a password, so that it is not repeated.
    #[error("the address of the database is not understood: {0}")]
    Address(String),
    /// Not a database, another application's, or damaged. It is left as it is.
    #[error("`{}` is not a usable ledger: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the database to copy to is not empty: there are rows in `{table}`")]
    NotEmpty { table: String },
    #[error("the copy of `{table}` is not what was copied; nothing of it was kept")]
    CopyDiffers { table: String },
    #[error("there is no ledger in `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("the ledger has version {found}, and this program knows versions up to {known}")]
    Newer { found: i64, known: i64 },
    #[error("the ledger has version {found}, and reading it needs {known}: let `tidings up` migrate it")]
    Older { found: i64, known: i64 },
    #[error("migration {version} of the ledger is not the one that was applied to it")]
    MigrationChanged { version: i64 },
    #[error("migration {version} of the ledger failed")]
    Migration { version: i64, source: sqlx::Error },
    #[error("the ledger refused a statement")]
    Sql(#[from] sqlx::Error),
    #[error("the ledger holds `{value}` in `{column}`, which this program doesn't understand")]
    Corrupt { column: String, value: String },
    #[error("publication `{id}` was changed by someone else at the same moment")]
    Stale { id: String },
    #[error("publication `{id}` can't go from `{from}` to `{to}`")]
    Forbidden { id: String, from: State, to: State },
    #[error("there is no {what} `{id}`")]
    NotFound { what: &'static str, id: String },
    #[error("`{name}` is connected as another identity on its platform (`{subject}`)")]
    HandleTaken { name: String, subject: String },
    #[error("the ledger was opened for reading only")]
    ReadOnly,
    #[error("the ledger is closed")]
    Closed,
    #[error("a write to the ledger failed inside the program")]
    Panicked,
    #[error("the ledger could not make a change durable: {0}")]
    Commit(String),
}

impl DbError {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "ledger/open",
            Self::Unreachable { .. } => "ledger/unreachable",
            Self::Address(_) => "ledger/address",
            Self::Damaged { .. } => "ledger/damaged",
            Self::NotEmpty { .. } => "ledger/not-empty",
            Self::CopyDiffers { .. } => "ledger/copy-differs",
            Self::Missing { .. } => "ledger/missing",
            Self::Newer { .. } => "ledger/newer",
            Self::Older { .. } => "ledger/older",
            Self::MigrationChanged { .. } | Self::Migration { .. } => "ledger/migration",
            Self::Sql(_) | Self::Commit(_) | Self::Closed | Self::Panicked => "ledger/failed",
            Self::Corrupt { .. } => "ledger/corrupt",
            Self::Stale { .. } => "ledger/stale",
            Self::Forbidden { .. } => "ledger/forbidden",
            Self::NotFound { .. } => "ledger/not-found",
            Self::HandleTaken { .. } => "account/handle-taken",
            Self::ReadOnly => "ledger/read-only",
        }
    }

    /// Whether the database can't be reached, or is too busy, for the moment.
    #[must_use]
    pub fn is_out_of_reach(&self) -> bool {
        /// SQLite: busy, locked, an input or output error, a full disk, a file that can't be opened.
        const SQLITE: [i64; 5] = [5, 6, 10, 13, 14];
        let error = match self {
            Self::Sql(error) => error,
            Self::Unreachable { .. } => return true,
            _ => return false,
        };
        match error.as_database_error().map(sqlx::error::DatabaseError::code) {
            // SQLSTATEs have five characters: also busy, cancelled for taking long, or out of something.
            Some(Some(code)) if code.len() == 5 => {
                postgres::is_away(&code)
                    || code.starts_with("53")
                    || matches!(&*code, "55P03" | "57014" | "40001" | "40P01")
            }
            // The low byte is the kind, the rest says more.
            Some(code) => code
                .and_then(|code| code.parse::<i64>().ok())
                .is_some_and(|code| SQLITE.contains(&(code & 0xff))),
            None => postgres::is_lost(error),
        }
    }

    /// Whether a text holds what the database does not keep: PostgreSQL takes no NUL.
    #[must_use]
    pub fn is_refused_text(&self) -> bool {
        const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";
        match self {
            Self::Sql(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code == CHARACTER_NOT_IN_REPERTOIRE)
            }
            _ => false,
        }
    }

    /// Whether a unique rule of the schema refused the statement: the row is there already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error.is_unique_violation(),
            _ => false,
        }
    }
}
