//! The turn of one process among all to carry the outbox. It ends with its connection, so that a process that
//! dies leaves it to the others.

use sqlx::Any;
use sqlx::pool::PoolConnection;

use crate::row::Columns;
use crate::{Db, DbError};

/// The number of a lock that nothing else takes.
const LOCK: i64 = 7_310_581;

/// Held until [`Turn::end`], or until it is dropped.
#[derive(Debug)]
pub struct Turn {
    /// `None` where there are no other processes.
    conn: Option<PoolConnection<Any>>,
}

impl Turn {
    /// The turn, or `None` while another process has it.
    ///
    /// # Errors
    /// [`DbError`] when the database can't be asked.
    pub async fn take(db: &Db) -> Result<Option<Self>, DbError> {
        if db.postgres().is_none() {
            return Ok(Some(Self { conn: None }));
        }
        // Made before it is asked for: if this is dropped meanwhile, so is what was taken.
        let mut turn = Self { conn: Some(db.aside().await?) };
        let Some(conn) = turn.conn.as_mut() else { return Ok(None) };
        let asked =
            sqlx::query("SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END::bigint AS taken")
                .bind(LOCK)
                .fetch_one(&mut **conn)
                .await?;
        if Columns(&asked).flag("taken")? {
            return Ok(Some(turn));
        }
        // Nothing to give back.
        turn.conn = None;
        Ok(None)
    }

    /// Ends it and keeps the connection for others.
    pub async fn end(mut self) {
        let Some(conn) = self.conn.as_mut() else { return };
        let given = sqlx::query("SELECT pg_advisory_unlock($1)").bind(LOCK).fetch_one(&mut **conn).await;
        if given.is_ok() {
            self.conn = None;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            // Closed, not given back: what it holds ends with it.
            drop(conn.detach());
        }
    }
}
