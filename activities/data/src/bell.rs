//! Tells that another process may have put something into the outbox: on a PostgreSQL server who writes there
//! is often not who carries it to the engine.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::postgres::Postgres;

/// What is told in the transaction that writes; the server passes it on with the commit.
pub(crate) const RING: &str = "SELECT pg_notify('tidings_outbox', '')";
const CHANNEL: &str = "tidings_outbox";
/// After the server went away. Who carries the outbox looks by itself from time to time, too.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

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
                if let Err(error) = listen(&postgres, &rings).await {
                    tracing::debug!(%error, "the bell of the outbox is silent");
                }
                tokio::time::sleep(AGAIN_AFTER).await;
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

async fn listen(postgres: &Postgres, rings: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(postgres.url()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // What was told before, or while nobody listened.
        rings.notify_one();
        if listener.try_recv().await?.is_none() {
            return Ok(());
        }
    }
}
