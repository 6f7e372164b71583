//! The one writer: runs writes one after the other and commits several together (group commit), so that
//! many publications share one wait for the disk. A write that fails takes nothing else with it.

use std::panic::AssertUnwindSafe;

use engine_clock::Clock;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::{mpsc, watch};

use crate::db::Tx;
use crate::session::Session;
use crate::{DbError, instant};

/// A write that waits for its turn. It is run in any case: without a transaction it is told why.
pub(crate) type Job = Box<dyn for<'t> FnOnce(Result<&'t mut Tx, DbError>) -> BoxFuture<'t, Finished> + Send>;

/// A write that has run and waits for its commit.
pub(crate) struct Finished {
    /// Whether what it did is to stay.
    pub(crate) keep: bool,
    /// Tells the caller; the argument says whether the commit succeeded.
    pub(crate) answer: Box<dyn FnOnce(Result<(), DbError>) + Send>,
}

/// Writes in one commit: bounds how long the first of them waits for its answer.
const WRITES_PER_COMMIT_MAX: usize = 128;

pub(crate) struct Writer {
    tx: Tx,
    session: Session,
    jobs: mpsc::Receiver<Job>,
    clock: Clock,
}

impl Writer {
    /// Starts the writer's task; it ends when every sender is gone, then says so.
    pub(crate) fn start(
        conn: AnyConnection,
        session: Session,
        jobs: mpsc::Receiver<Job>,
        clock: Clock,
    ) -> watch::Receiver<bool> {
        let (stopped, receiver) = watch::channel(false);
        let now = instant::whole_ms(clock.now());
        let mut writer = Self { tx: Tx { conn, now }, session, jobs, clock };
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while writer.jobs.recv_many(&mut batch, WRITES_PER_COMMIT_MAX).await > 0 {
                writer.commit(std::mem::take(&mut batch)).await;
            }
            if let Err(error) = writer.tx.conn.close().await {
                tracing::warn!(error = %error, "the ledger did not close cleanly");
            }
            // Nobody may be waiting to hear it.
            let _ = stopped.send(true);
        });
        receiver
    }

    async fn commit(&mut self, batch: Vec<Job>) {
        let (begun, mut failure) = match self.session.begin(&mut self.tx.conn).await {
            Ok(begun) => (Some(begun), None),
            Err(error) => (None, Some(error)),
        };
        let mut finished = Vec::with_capacity(batch.len());
        let mut savepoint = "SAVEPOINT one_write";
        for job in batch {
            let done = match &failure {
                None => match self.run(job, savepoint).await {
                    Ok(done) => done,
                    Err((error, done)) => {
                        failure = Some(error);
                        done
                    }
                },
                Some(error) => without_transaction(job, error).await,
            };
            finished.extend(done);
            // One way to the connection's thread and back for both; the last one's end is the commit.
            savepoint = "RELEASE one_write; SAVEPOINT one_write";
        }
        if let (Some(begun), None) = (begun, &failure) {
            failure = self.session.commit(&mut self.tx.conn, begun).await.err();
        }
        if let Some(error) = &failure {
            tracing::error!(error = %error, writes = finished.len(), "the ledger could not be written");
            // Where no transaction is left this fails, which changes nothing.
            let _ = self.statement("ROLLBACK").await;
        }
        for done in finished {
            (done.answer)(failure.as_ref().map_or(Ok(()), |error| Err(DbError::Commit(error.to_string()))));
        }
    }

    /// Runs one write inside its own savepoint. An error means that the whole transaction is lost, as
    /// SQLite does on a full disk; then nothing more may run in it.
    async fn run(
        &mut self,
        job: Job,
        savepoint: &'static str,
    ) -> Result<Option<Finished>, (sqlx::Error, Option<Finished>)> {
        self.tx.now = instant::whole_ms(self.clock.now());
        if let Err(error) = self.statement(savepoint).await {
            let done = without_transaction(job, &error).await;
            return Err((error, done));
        }
        let done = match AssertUnwindSafe(job(Ok(&mut self.tx))).catch_unwind().await {
            Ok(done) => Some(done),
            Err(_) => {
                tracing::error!("a write of the ledger panicked");
                None
            }
        };
        let keep = done.as_ref().is_some_and(|done| done.keep);
        if !keep && let Err(error) = self.statement("ROLLBACK TO one_write").await {
            return Err((error, done));
        }
        Ok(done)
    }

    async fn statement(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut self.tx.conn).await.map(|_| ())
    }
}

async fn without_transaction(job: Job, error: &sqlx::Error) -> Option<Finished> {
    AssertUnwindSafe(job(Err(DbError::Commit(error.to_string())))).catch_unwind().await.ok()
}
