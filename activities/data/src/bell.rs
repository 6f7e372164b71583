//! Tells that another process may have put something into the outbox: on a PostgreSQL server who writes there
//! is often not who carries it to the engine. Its connection is always open, so that it also knows first when the
//! server is gone.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::postgres::{Postgres, is_down};

/// What is told in the transaction that writes; the server passes it on with the commit.
pub(crate) const RING: &str = "SELECT pg_notify('tidings_outbox', '')";
const CHANNEL: &str = "tidings_outbox";
/// After the server went away. Who carries the outbox looks by itself from time to time, too.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// A server that is started again is there within a second or two: until then its callers wait and notice nothing.
/// One that does not answer for longer is away.
const RESTART_MAX: Duration = Duration::from_secs(3);

/// Rings with every commit of any process that wrote into the outbox; stops when it is dropped.
pub(crate) struct Bell {
    rung: Arc<Notify>,
    listening: AbortHandle,
}

impl Bell {
    pub(crate) fn of(postgres: &Postgres) -> Self {
        let rung = Arc::new(Notify::new());
        let (rings, postgres) = (Arc::clone(&rung), postgres.clone());
        let listening = tokio::spawn(async move {
            loop {
                let mut listener = connected(&postgres).await;
                if let Err(error) = listen(&mut listener, &rings).await {
                    tracing::debug!(%error, "the bell of the outbox is silent");
                }
            }
        });
        Self { rung, listening: listening.abort_handle() }
    }

    /// Returns when it rang since the last return. Cancel-safe.
    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A connection, as soon as there is one to be had; the server counts as away when it is not there for long.
async fn connected(postgres: &Postgres) -> PgListener {
    loop {
        match connect(postgres).await {
            Ok(listener) => {
                postgres.reach().set_away(false);
                return listener;
            }
            Err(error) => tracing::debug!(%error, "the bell of the outbox is silent"),
        }
        // A server that takes no more connections still answers on those that there are.
        if let Err(error) = postgres.session().await
            && is_down(&error)
        {
            if !postgres.reach().is_away() {
                tracing::warn!(%error, "the ledger's database is away; what needs it is refused until it is back");
            }
            postgres.reach().set_away(true);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// A connection, asked for again and again as long as a restart may take.
async fn connect(postgres: &Postgres) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let pool = pool.acquire_timeout(RESTART_MAX).connect_lazy(postgres.url())?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    // It would wait for the server without telling us.
    listener.eager_reconnect(false);
    Ok(listener)
}

async fn listen(listener: &mut PgListener, rings: &Notify) -> Result<(), sqlx::Error> {
    listener.listen(CHANNEL).await?;
    loop {
        // What was told before, or while nobody listened.
        rings.notify_one();
        if listener.try_recv().await?.is_none() {
            return Ok(());
        }
    }
}
