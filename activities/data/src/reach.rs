//! Whether a database's server is there. Who listens to it knows first that it is gone; while it stays away, nobody
//! waits for it, because those who ask have better things to do and come again.

use std::future::Future;

use tokio::sync::watch;

/// Whether a server is known to be away; clones share it. A server that nobody listens to counts as there.
#[derive(Clone, Debug)]
pub(crate) struct Reach(watch::Sender<bool>);

impl Default for Reach {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Reach {
    pub(crate) fn is_away(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.0.send_if_modified(|known| std::mem::replace(known, away) != away);
    }

    /// What `work` comes to, unless the server is away or turns out to be. Drops `work` then.
    ///
    /// # Errors
    /// Those of `work`; [`sqlx::Error::PoolTimedOut`] without waiting.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let mut away = self.0.subscribe();
        tokio::select! {
            biased;
            _ = away.wait_for(|away| *away) => Err(sqlx::Error::PoolTimedOut),
            done = work => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_a_server_that_is_away() {
        let reach = Reach::default();
        assert_eq!(reach.within(async { Ok(1) }).await.unwrap(), 1);
        let mut waiting = Box::pin(reach.within(std::future::pending::<Result<(), sqlx::Error>>()));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        reach.set_away(true);
        assert!(waiting.await.is_err(), "who waits already is told");
        assert!(reach.within(async { Ok(1) }).now_or_never().unwrap().is_err());
        reach.set_away(false);
        assert_eq!(reach.within(async { Ok(1) }).await.unwrap(), 1);
    }
}
