//! What a start finds: tasks to offer again, tasks that died with the last process, work on other runs
//! that was not finished. Only runs that need it are touched; histories are not read.

use std::sync::Arc;
use std::time::Duration;

use engine_history::Input;
use futures_util::StreamExt;

use crate::runs::Undone;
use crate::schedules;
use crate::service::Service;

/// Runs of one read.
const READ_MAX: usize = 1_000;
/// Runs looked at at the same time: enough to fill groups of commits.
const AT_ONCE: usize = 256;
/// Pause after a failed read.
const PAUSE: Duration = Duration::from_secs(1);
/// How often queues that overflowed are looked at.
const REFILL_AFTER: Duration = Duration::from_secs(1);
/// How often old runs are looked for: they may be kept a little longer than promised.
const RETENTION_EVERY: Duration = Duration::from_secs(600);
/// Old runs deleted before others are read: deletions share the writer with commits.
const DELETED_AT_ONCE: usize = 100;

impl Service {
    /// Brings back what a dead process left. The engine serves meanwhile: who asks for a run gets it.
    pub(crate) async fn recover(self: Arc<Self>) {
        let moving = self.quiet.begin();
        self.offer_all(true).await;
        drop(moving);
        self.keep_house().await;
    }

    /// Looks at every run that has tasks.
    async fn offer_all(self: &Arc<Self>, after_restart: bool) {
        let mut after: Option<String> = None;
        while !self.stopping.is_cancelled() {
            let runs = match self.store.with_tasks(after.as_deref(), READ_MAX).await {
                Ok(runs) => runs,
                Err(error) => {
                    tracing::error!(%error, "engine: runs with tasks can't be read");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let Some(last) = runs.last().cloned() else { return };
            let is_all = runs.len() < READ_MAX;
            futures_util::stream::iter(runs)
                .for_each_concurrent(
                    AT_ONCE,
                    |run_id| async move { self.revive(&run_id, after_restart).await },
                )
                .await;
            if is_all {
                return;
            }
            after = Some(last);
        }
    }

    /// Gives up what the dead process held of a run and offers what is ready.
    async fn revive(self: &Arc<Self>, run_id: &str, after_restart: bool) {
        if schedules::is_schedule(run_id) {
            if after_restart {
                self.revive_schedule(run_id).await;
            }
            return;
        }
        if after_restart {
            match self.transition(run_id, Input::ProcessDied { alive: self.process.clone() }).await {
                Ok(_) | Err(Undone::Refused(_)) => {}
                Err(error) => {
                    tracing::error!(?error, run_id, "engine: a run could not be brought back");
                    return;
                }
            }
        }
        match self.state(run_id).await {
            Ok(state) => {
                self.quiet.note(&state);
                for effect in state.ready() {
                    self.offer(run_id, effect);
                }
                if !state.cross_run_work().is_empty() {
                    self.carry_out_cross_run(run_id);
                }
            }
            Err(error) => tracing::error!(?error, run_id, "engine: a run could not be brought back"),
        }
    }

    /// Fills queues that had turned tasks away, deletes closed runs whose time is over. Wakes for nothing
    /// else.
    async fn keep_house(self: &Arc<Self>) {
        let mut overflows = false;
        loop {
            let pause = if overflows { REFILL_AFTER } else { RETENTION_EVERY };
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.matching.overflowed() => overflows = true,
                () = tokio::time::sleep(pause) => {
                    if overflows {
                        let room = self.matching.take_overflow();
                        if room == Some(true) {
                            self.offer_all(false).await;
                        }
                        overflows = room.is_some();
                    } else {
                        self.delete_old_runs().await;
                    }
                }
            }
        }
    }

    /// Deletes runs that closed longer ago than they are kept, a few at a time.
    async fn delete_old_runs(self: &Arc<Self>) {
        let retention_ns = i64::try_from(self.options.retention.as_nanos()).unwrap_or(i64::MAX);
        let before_ns = self.now_ns().saturating_sub(retention_ns);
        while !self.stopping.is_cancelled() {
            let old = match self.store.closed(before_ns, DELETED_AT_ONCE).await {
                Ok(old) => old,
                Err(error) => {
                    tracing::error!(%error, "engine: old runs can't be read");
                    return;
                }
            };
            let is_all = old.len() < DELETED_AT_ONCE;
            for run_id in old {
                if let Err(error) = self.forget(&run_id).await {
                    tracing::warn!(%error, run_id, "engine: an old run could not be deleted");
                    return;
                }
            }
            if is_all {
                return;
            }
        }
    }
}
