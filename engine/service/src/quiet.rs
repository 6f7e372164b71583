//! Whether anything moves. A skipping clock is pushed only when nothing does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine_history::RunState;
use tokio::sync::Notify;

/// Counts what moves: requests that change something, tasks that workers hold, work in the background.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    moving: AtomicUsize,
    /// Tasks that workers hold, by run.
    held: Mutex<HashMap<String, usize>>,
    changed: Notify,
}

/// Something moves while this lives.
#[derive(Debug)]
pub(crate) struct Moving(Arc<Quiet>);

impl Quiet {
    pub(crate) fn begin(self: &Arc<Self>) -> Moving {
        self.moving.fetch_add(1, Ordering::SeqCst);
        Moving(self.clone())
    }

    /// Takes note of the tasks of a run that workers hold.
    pub(crate) fn note(&self, state: &RunState) {
        let held = usize::from(state.workflow_task_runs())
            + state.activities.values().filter(|activity| activity.is_started()).count();
        let mut runs = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held > 0 {
            runs.insert(state.run_id.clone(), held);
        } else if runs.remove(&state.run_id).is_some() {
            self.changed.notify_one();
        }
    }

    /// How much moves, tasks that workers hold left out.
    pub(crate) fn moving(&self) -> usize {
        self.moving.load(Ordering::SeqCst)
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.moving() == 0 && self.held.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Waits until something stopped to move. Cancel-safe.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        if self.0.moving.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.changed.notify_one();
        }
    }
}
