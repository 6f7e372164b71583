//! Connections that read, lent to one caller at a time.
//!
//! On a file they are no pool of sqlx: that asks a connection for a sign of life whenever it is given back. A file
//! does not go away, and the way to a connection's thread and back costs more than most reads.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use sqlx::any::AnyConnectOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, ConnectOptions as _, Connection as _, Pool};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::DbError;
use crate::db::{BUSY_MS, Conn, options};
use crate::postgres::Postgres;

/// SQLite's readers don't block each other, and two cores gain nothing from more.
const READERS_MAX: u32 = 4;

pub(crate) enum Readers {
    File(OfFile),
    Server(Pool<Any>),
}

/// A connection lent from the readers; dropping it gives it back.
#[derive(Debug)]
pub struct Reader(Lent);

#[derive(Debug)]
enum Lent {
    File { conn: OwnedMappedMutexGuard<Option<Conn>, Conn>, _permit: OwnedSemaphorePermit },
    Server(PoolConnection<Any>),
}

impl Readers {
    /// Connections are made when they are needed.
    pub(crate) fn of_file(path: &Path) -> Result<Self, DbError> {
        Ok(Self::File(OfFile {
            options: options(path, "ro")?,
            permits: Arc::new(Semaphore::new(READERS_MAX as usize)),
            places: std::array::from_fn(|_| Arc::default()),
        }))
    }

    pub(crate) fn of_server(postgres: &Postgres) -> Self {
        Self::Server(postgres.readers())
    }

    /// # Errors
    /// [`sqlx::Error::PoolClosed`], and why a connection could not be made.
    pub(crate) async fn lend(&self) -> Result<Reader, sqlx::Error> {
        Ok(Reader(match self {
            Self::File(file) => file.lend().await?,
            Self::Server(pool) => Lent::Server(pool.acquire().await?),
        }))
    }

    /// Waits until all are given back, and closes them.
    pub(crate) async fn close(&self) {
        match self {
            Self::File(file) => file.close().await,
            Self::Server(pool) => pool.close().await,
        }
    }
}

pub(crate) struct OfFile {
    options: AnyConnectOptions,
    /// Who has one of these finds a place that is free.
    permits: Arc<Semaphore>,
    places: [Arc<Mutex<Option<Conn>>>; READERS_MAX as usize],
}

impl OfFile {
    async fn lend(&self) -> Result<Lent, sqlx::Error> {
        let closed = |_| sqlx::Error::PoolClosed;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        // The first free place: what one caller after the other needs is one connection.
        let free = self.places.iter().find_map(|place| Arc::clone(place).try_lock_owned().ok());
        let mut place = free.ok_or(sqlx::Error::PoolTimedOut)?;
        if place.is_none() {
            // Rare, and large: not part of every caller's future.
            *place = Some(Box::pin(self.connect()).await?);
        }
        let conn = OwnedMutexGuard::try_map(place, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)?;
        Ok(Lent::File { conn, _permit: permit })
    }

    async fn connect(&self) -> Result<Conn, sqlx::Error> {
        let mut conn = self.options.connect().await?;
        let pragmas = format!("PRAGMA busy_timeout = {BUSY_MS}; PRAGMA query_only = ON");
        sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas)).execute(&mut conn).await?;
        Ok(conn)
    }

    async fn close(&self) {
        let all = self.permits.acquire_many(READERS_MAX).await;
        self.permits.close();
        drop(all);
        for place in &self.places {
            if let Some(conn) = place.lock().await.take()
                && let Err(error) = conn.close().await
            {
                tracing::warn!(%error, "a reader of the ledger did not close cleanly");
            }
        }
    }
}

impl Deref for Reader {
    type Target = Conn;
    fn deref(&self) -> &AnyConnection {
        match &self.0 {
            Lent::File { conn, .. } => conn,
            Lent::Server(conn) => conn,
        }
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match &mut self.0 {
            Lent::File { conn, .. } => conn,
            Lent::Server(conn) => conn,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    async fn answer(reader: &mut Reader) -> i64 {
        sqlx::query_scalar("SELECT 42").fetch_one(&mut **reader).await.unwrap()
    }

    #[tokio::test]
    async fn as_many_as_there_are_read_at_once_and_closing_waits_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.db");
        options(&path, "rwc").unwrap().connect().await.unwrap().close().await.unwrap();
        let readers = Readers::of_file(&path).unwrap();
        let mut lent = Vec::new();
        for _ in 0..READERS_MAX {
            lent.push(readers.lend().await.unwrap());
            assert_eq!(answer(lent.last_mut().unwrap()).await, 42);
        }
        let mut next = Box::pin(readers.lend());
        assert!(futures_util::poll!(next.as_mut()).is_pending(), "there are no more");
        drop(lent.pop());
        let mut next = next.await.unwrap();
        let half = sqlx::query("SELECT 1 UNION SELECT 2").fetch_one(&mut *next).now_or_never();
        assert!(half.is_none_or(|row| row.is_ok()), "a read that nobody waits for any longer");
        drop(next);
        let mut closing = Box::pin(readers.close());
        assert!(futures_util::poll!(closing.as_mut()).is_pending(), "some are lent");
        assert_eq!(answer(&mut lent[0]).await, 42);
        drop(lent);
        closing.await;
        assert!(matches!(readers.lend().await, Err(sqlx::Error::PoolClosed)));
    }
}
