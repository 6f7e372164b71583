//! Workflow tasks that a worker of this process has taken: that it did is stored with its answer.
//!
//! A task that a worker held when its process died is offered again. Where engine and worker die together,
//! that somebody had the task is nothing that a restart needs: the stored run offers the task, and that is
//! right. So the transition waits in memory for the next one of its run, usually the task's completion,
//! and both are one commit. An activity is another matter: how often it was tried is a promise.
//!
//! Who looks at a run from outside sees only what is stored (I-3): readers have it written first, and a run
//! that somebody reads doesn't wait ([`Service::read_along`]).

use std::sync::Arc;
use std::time::Duration;

use engine_history::{Input, Transition};
use engine_store::{Commit, Expect};
use tonic::Status;

use super::{Cell, Done, Follower, Loaded, Progress, Undone};
use crate::service::Service;
use crate::status;
use crate::stored::stored_run;

/// After a commit that failed, the run is looked at again this much later.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs that may be ahead of the store at a time, about 4 KB each. Workers hold a few hundred tasks; beyond
/// this, that they took them is stored at once and the runs may leave memory.
const AHEAD_MAX: usize = 4_096;

/// Whether the input may be stored with the run's next one.
pub(super) fn may_wait(input: &Input, ahead: usize) -> bool {
    ahead < AHEAD_MAX && matches!(input, Input::StartWorkflowTask { poller, .. } if !poller.holder.is_empty())
}

/// Whether nothing but a worker depends on the transition.
pub(super) fn only_takes_a_task(transition: &Transition) -> bool {
    let Transition { state, effects, successor, .. } = transition;
    state.is_open() && effects.is_empty() && successor.is_none()
}

impl Service {
    /// Takes a transition into memory only.
    pub(super) fn take_unwritten(&self, cell: &Cell, run: &mut Loaded, transition: Transition) -> Done {
        let Transition { state, events, answer, .. } = transition;
        let state = Arc::new(state);
        run.state = state.clone();
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        run.tail.extend(events.iter().cloned());
        run.unwritten.extend(events);
        self.runs.set_ahead(cell, true);
        self.quiet.note(&state);
        self.timers.set_unwritten(&state.run_id, state.next_due());
        self.counters.count_transition();
        Done { state, answer }
    }

    /// Forgets a run whose commit failed: what is stored is not known for certain and is read again. The
    /// task that only memory knew as taken is offered again.
    pub(super) fn unlearn(self: &Arc<Self>, cell: &Cell, slot: &mut Option<Loaded>, run_id: &Arc<str>) {
        *slot = None;
        if !cell.is_ahead() {
            return;
        }
        self.runs.set_ahead(cell, false);
        let (service, run_id) = (self.clone(), run_id.clone());
        self.work.spawn(async move {
            loop {
                tokio::select! {
                    () = service.stopping.cancelled() => return,
                    () = tokio::time::sleep(AGAIN) => {}
                }
                match service.state(&run_id).await {
                    Ok(state) => {
                        service.timers.set(&run_id, state.next_due());
                        for effect in state.ready() {
                            service.offer(&run_id, effect);
                        }
                        return;
                    }
                    Err(Undone::Failed(error)) => {
                        tracing::warn!(%error, run_id = %run_id, "engine: a run can't be read and is tried again");
                    }
                    Err(Undone::NoSuchRun | Undone::Refused(_)) => return,
                }
            }
        });
    }

    /// For somebody outside who looks at a run: while the result lives, memory knows no more of it than the
    /// store.
    pub(crate) async fn read_along(self: &Arc<Self>, run_id: &str) -> Result<Follower, Status> {
        let run_id = Arc::<str>::from(run_id);
        let cell = self.runs.cell(&run_id);
        let follower = cell.follow();
        // The lock: a transition that did not see the follower is done then.
        let is_ahead = {
            let _slot = cell.lock().await;
            cell.is_ahead()
        };
        if is_ahead {
            self.write_down(cell, run_id.clone()).await.map_err(|undone| undone.into_status(&run_id))?;
        }
        Ok(follower)
    }

    /// Stores what only memory knows of a run.
    async fn write_down(self: &Arc<Self>, cell: Arc<Cell>, run_id: Arc<str>) -> Result<(), Undone> {
        let service = self.clone();
        let moving = self.quiet.begin();
        // In a task of its own: a reader that goes away leaves nothing half done.
        let written = self.work.spawn(async move {
            let _moving = moving;
            let mut slot = cell.lock().await;
            let Some(run) = slot.as_mut().filter(|_| cell.is_ahead()) else { return Ok(()) };
            let write = stored_run(&run.state, run.unwritten(), Expect::Version(run.version));
            if let Err(error) = service.store.commit(Commit { runs: vec![write] }).await {
                service.unlearn(&cell, &mut slot, &run_id);
                return Err(Undone::Failed(status::uncommitted(&error)));
            }
            run.version += 1;
            run.unwritten.clear();
            service.runs.set_ahead(&cell, false);
            service.timers.set(&run_id, run.state.next_due());
            cell.announce(Progress { last_event_id: run.state.last_event_id, is_open: run.state.is_open() });
            Ok(())
        });
        written.await.unwrap_or_else(|_| Err(Undone::Failed(Status::internal("the commit failed"))))
    }
}
