//! The writer's session: how a transaction begins and ends on a file, and on a server that may go away.
//!
//! On a server every transaction begins with the writers' lock. Writes of all processes are one after the other
//! then, as on a file: whoever reads in a transaction reads what nobody changes until its end, rows are numbered
//! in the order of their commits, and nothing deadlocks or has to be tried again.

use std::time::Duration;

use sqlx::{AnyConnection, Connection as _, Row as _};
use tokio::time::Instant;

use crate::db::Durability;
use crate::migrations::LOCK_WRITERS;
use crate::postgres::{Postgres, is_lost};

/// How long a server that went away is waited for before writes are refused, where nobody knows yet that it stays
/// away.
const BEGIN_MAX: Duration = Duration::from_secs(5);
/// How long is asked what became of a commit whose answer was lost.
const OUTCOME_MAX: Duration = Duration::from_secs(30);
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Where the writer's connection leads.
pub(crate) enum Session {
    File,
    Server { postgres: Postgres, durability: Durability },
}

/// A transaction that has begun.
pub(crate) struct Begun {
    /// The server's number for it, by which it can be asked later whether it was committed.
    xid: Option<String>,
}

impl Session {
    /// Begins a transaction; connects anew where the connection was lost, because nothing was done yet.
    pub(crate) async fn begin(&self, conn: &mut AnyConnection) -> Result<Begun, sqlx::Error> {
        let Self::Server { postgres, .. } = self else {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(conn).await?;
            return Ok(Begun { xid: None });
        };
        let deadline = Instant::now() + BEGIN_MAX;
        loop {
            match begin_locked(conn).await {
                Ok(begun) => return Ok(begun),
                Err(error) if !is_lost(&error) || Instant::now() >= deadline => {
                    // The lock was not to be had, for example: the session goes on.
                    let _ = sqlx::raw_sql("ROLLBACK").execute(conn).await;
                    return Err(error);
                }
                Err(_) => postgres.reach().within(self.connect(conn, deadline)).await?,
            }
        }
    }

    /// Commits. A commit whose answer was lost with the connection is asked for: it is told as done only
    /// when it is, and as failed only when it is not, unless the server stays away.
    pub(crate) async fn commit(&self, conn: &mut AnyConnection, begun: Begun) -> Result<(), sqlx::Error> {
        let Err(error) = sqlx::raw_sql("COMMIT").execute(&mut *conn).await else { return Ok(()) };
        let Some(xid) = begun.xid.filter(|_| is_lost(&error)) else { return Err(error) };
        tracing::warn!(%error, "the answer to a commit was lost; asking what became of it");
        let deadline = Instant::now() + OUTCOME_MAX;
        loop {
            self.connect(conn, deadline).await?;
            match outcome(conn, &xid).await {
                Ok(word) if word.as_deref() == Some("committed") => return Ok(()),
                Ok(word) if word.as_deref() != Some("in progress") => return Err(error),
                _ if Instant::now() >= deadline => return Err(error),
                _ => tokio::time::sleep(AGAIN_AFTER).await,
            }
        }
    }

    async fn connect(&self, conn: &mut AnyConnection, deadline: Instant) -> Result<(), sqlx::Error> {
        let Self::Server { postgres, durability } = self else { return Ok(()) };
        loop {
            match postgres.writer(*durability).await {
                Ok(new) => {
                    let old = std::mem::replace(conn, new);
                    // It is broken; saying goodbye could wait for the network.
                    drop(old.close_hard());
                    return Ok(());
                }
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => tokio::time::sleep(AGAIN_AFTER).await,
            }
        }
    }
}

async fn begin_locked(conn: &mut AnyConnection) -> Result<Begun, sqlx::Error> {
    sqlx::raw_sql("BEGIN").execute(&mut *conn).await?;
    sqlx::raw_sql(LOCK_WRITERS).execute(&mut *conn).await?;
    let row = sqlx::query("SELECT pg_current_xact_id()::text AS xid").fetch_one(conn).await?;
    Ok(Begun { xid: Some(row.try_get("xid")?) })
}

async fn outcome(conn: &mut AnyConnection, xid: &str) -> Result<Option<String>, sqlx::Error> {
    let row =
        sqlx::query("SELECT pg_xact_status($1::text::xid8) AS outcome").bind(xid).fetch_one(conn).await?;
    row.try_get("outcome")
}
