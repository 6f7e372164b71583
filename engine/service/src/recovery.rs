//! What a start finds: tasks to offer again, tasks that died with the last process, work on other runs
//! that was not finished. Only runs that need it are touched; histories are not read.

use std::sync::Arc;
use std::time::Duration;

use engine_history::{Input, PendingActivity, RunState};
use engine_store::RunWithTasks;
use futures_util::StreamExt;
use prost::Message;
use tokio::time::Instant;

use crate::retention::LOOK_EVERY;
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
            let Some(last) = runs.last().map(|run| run.run_id.clone()) else { return };
            let is_all = runs.len() < READ_MAX;
            futures_util::stream::iter(runs)
                .for_each_concurrent(AT_ONCE, |run| async move {
                    if !self.offer_again(&run) {
                        self.revive(&run.run_id, after_restart).await;
                    }
                })
                .await;
            if is_all {
                return;
            }
            after = Some(last);
        }
    }

    /// Offers the tasks of a run that nothing else happened to: without loading it, most runs are like this.
    /// Says whether it was one. What it was read as may be old by now: an offer that is stale is refused.
    fn offer_again(self: &Arc<Self>, run: &RunWithTasks) -> bool {
        let RunWithTasks { run_id, state: Some(state) } = run else { return false };
        if schedules::is_schedule(run_id) {
            return false;
        }
        let Ok(state) = RunState::decode(state.as_slice()) else { return false };
        let is_held =
            state.workflow_task_runs() || state.activities.values().any(PendingActivity::is_started);
        if is_held || !state.cross_run_work().is_empty() {
            return false;
        }
        for effect in state.ready() {
            self.offer(run_id, effect);
        }
        true
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

    /// Deletes closed runs whose time is over, at the start and then now and again; fills queues that had
    /// turned tasks away. Wakes for nothing else.
    async fn keep_house(self: &Arc<Self>) {
        let mut overflows = false;
        let mut look_at = Instant::now();
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.matching.overflowed() => overflows = true,
                () = tokio::time::sleep(REFILL_AFTER), if overflows => {
                    let room = self.matching.take_overflow();
                    if room == Some(true) {
                        self.offer_all(false).await;
                    }
                    overflows = room.is_some();
                }
                () = tokio::time::sleep_until(look_at) => {
                    self.delete_old_runs().await;
                    look_at = Instant::now() + LOOK_EVERY;
                }
            }
        }
    }
}
