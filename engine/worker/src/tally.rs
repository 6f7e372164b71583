//! What this process did of each queue, counted here and told in the ledger, where every server reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use activities_data::DbError;
use activities_data::workers::{self, Report};
use activities_delivery::Delivery;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::limits;

/// Activities of one queue since the process started. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    running: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    changed: Notify,
}

impl Tally {
    /// Counts an activity while it runs, and how it ends. One that is dropped half way has failed.
    pub(crate) async fn of<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut running = Running::begin(&self.0);
        let done = work.await;
        running.completed = done.is_ok();
        done
    }

    fn seen(&self) -> [u64; 3] {
        let Counts { running, completed, failed, .. } = &*self.0;
        [running, completed, failed].map(|count| count.load(Ordering::Relaxed))
    }
}

struct Running<'t> {
    counts: &'t Counts,
    completed: bool,
}

impl<'t> Running<'t> {
    fn begin(counts: &'t Counts) -> Self {
        counts.running.fetch_add(1, Ordering::Relaxed);
        counts.changed.notify_one();
        Self { counts, completed: false }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.counts.running.fetch_sub(1, Ordering::Relaxed);
        let ended = if self.completed { &self.counts.completed } else { &self.counts.failed };
        ended.fetch_add(1, Ordering::Relaxed);
        self.counts.changed.notify_one();
    }
}

/// Who tells what was done.
pub(crate) struct Teller {
    pub(crate) delivery: Delivery,
    pub(crate) identity: String,
    pub(crate) started_at: Timestamp,
    pub(crate) tallies: [(&'static str, Tally); 2],
}

impl Teller {
    /// Tells what changed, until `stop`. A process that has nothing to do sleeps.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut told = [None; 2];
        loop {
            let ends = stop.is_cancelled();
            for ((queue, tally), told) in self.tallies.iter().zip(&mut told) {
                let seen = tally.seen();
                if *told == Some(seen) {
                    continue;
                }
                match self.tell(queue, seen).await {
                    Ok(()) => *told = Some(seen),
                    Err(error) => {
                        tracing::debug!(%error, queue, "what was done could not be told");
                        // Next time, then.
                        tally.0.changed.notify_one();
                    }
                }
            }
            if ends {
                return;
            }
            let [(_, one), (_, other)] = &self.tallies;
            let next = async {
                tokio::time::sleep(limits::TELL_EVERY).await;
                tokio::select! {
                    () = one.0.changed.notified() => {}
                    () = other.0.changed.notified() => {}
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = next => {}
            }
        }
    }

    async fn tell(&self, queue: &str, [running, completed, failed]: [u64; 3]) -> Result<(), DbError> {
        let (identity, queue, started_at) = (self.identity.clone(), queue.to_owned(), self.started_at);
        let report = Report { identity, queue, started_at, running, completed, failed };
        let kept =
            self.delivery.db().write(move |tx| Box::pin(async move { workers::keep(tx, &report).await }));
        kept.await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn an_activity_runs_and_then_it_is_done_or_has_failed() {
        let tally = Tally::default();
        tally.of(async { Ok::<_, ()>(()) }).await.unwrap();
        tally.of(async { Err::<(), _>(()) }).await.unwrap_err();
        assert_eq!(tally.seen(), [0, 1, 1]);
        let mut given_up = Box::pin(tally.of(std::future::pending::<Result<(), ()>>()));
        assert!(poll!(given_up.as_mut()).is_pending());
        assert_eq!(tally.seen(), [1, 1, 1]);
        drop(given_up);
        assert_eq!(tally.seen(), [0, 1, 2]);
    }
}
