//! Failures of the database beneath.

use std::sync::Arc;

/// What SQLite or the disk said. Shared by all members of the group that it concerned.
#[derive(Clone, Debug)]
pub struct Fault(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Closed,
    Database(sqlx::Error),
}

/// Who must act on a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The rows themselves: no repetition helps.
    Data,
    /// Disk, memory, locks: the same may work later.
    Environment,
}

impl Fault {
    /// The store was closed before or while it was asked.
    pub(crate) fn closed() -> Self {
        Self(Arc::new(Kind::Closed))
    }

    pub(crate) fn cause(&self) -> Cause {
        match &*self.0 {
            Kind::Closed => Cause::Environment,
            Kind::Database(error) => cause(error),
        }
    }
}

/// Reads SQLite's primary result code: <https://www.sqlite.org/rescode.html>.
fn cause(error: &sqlx::Error) -> Cause {
    const TOO_BIG: i32 = 18;
    const CONSTRAINT: i32 = 19;
    const MISMATCH: i32 = 20;
    match error {
        sqlx::Error::Database(error) => {
            let extended = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
            match extended & 0xff {
                TOO_BIG | CONSTRAINT | MISMATCH => Cause::Data,
                _ => Cause::Environment,
            }
        }
        sqlx::Error::Encode(_) => Cause::Data,
        _ => Cause::Environment,
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.0 {
            Kind::Closed => f.write_str("the store is closed"),
            Kind::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Closed => None,
            Kind::Database(error) => error.source(),
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(Kind::Database(error)))
    }
}

/// Why a read gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk does not work, or the store is closed.
    #[error("the engine's database can't be read")]
    Unavailable {
        #[from]
        source: Fault,
    },
    /// What is stored can't be: somebody else wrote into the file, or the disk did.
    #[error("the engine's database holds an impossible `{field}`")]
    Corrupt { field: &'static str },
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable { source: error.into() }
    }
}
