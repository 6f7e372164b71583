//! Closed runs leave with their histories when the namespace's retention is over: a few at a time, with
//! pauses in which the writer is everybody else's.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::service::Service;

/// How often old runs are looked for: they may be kept a little longer than promised.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Old runs deleted together: their rows go in one transaction, their histories in others of 256 batches.
const DELETED_AT_ONCE: usize = 64;
/// Between two of those: with commits of a few milliseconds the writer has nine tenths for the others, and a
/// million old runs are gone in half an hour.
const PAUSE: Duration = Duration::from_millis(100);

impl Service {
    /// Deletes runs that closed longer ago than they are kept.
    pub(crate) async fn delete_old_runs(self: &Arc<Self>) {
        let retention_ns = i64::try_from(self.options.retention.as_nanos()).unwrap_or(i64::MAX);
        let before_ns = self.now_ns().saturating_sub(retention_ns);
        loop {
            let old = match self.store.closed(before_ns, DELETED_AT_ONCE).await {
                Ok(old) => old,
                Err(error) => {
                    tracing::error!(%error, "engine: old runs can't be read");
                    return;
                }
            };
            let deletions = old.iter().map(|run_id| self.forget(run_id));
            for (deleted, run_id) in join_all(deletions).await.into_iter().zip(&old) {
                if let Err(error) = deleted {
                    tracing::warn!(%error, run_id, "engine: an old run could not be deleted");
                    return;
                }
            }
            if old.len() < DELETED_AT_ONCE {
                return;
            }
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}
