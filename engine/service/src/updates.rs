//! Clients that wait for updates. What is accepted and completed is in the runs; a rejection is only told
//! to those who wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine_history::RunState;
use temporalio_protos::temporal::api::update::v1::Outcome;
use tokio::sync::watch;

/// What there is to know of an update.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// Nothing yet.
    None,
    Accepted,
    Outcome(Box<Outcome>),
    /// The run closed before there was an outcome; `continues` says whether another run follows.
    RunClosed {
        continues: bool,
    },
}

#[derive(Debug, Default)]
struct Inner {
    /// By run, then by update.
    waiting: HashMap<String, HashMap<String, watch::Sender<News>>>,
}

/// All who wait.
#[derive(Debug, Default)]
pub(crate) struct Updates(Mutex<Inner>);

impl Updates {
    /// Waits for news of an update from now on.
    pub(crate) fn watch(&self, run_id: &str, update_id: &str) -> watch::Receiver<News> {
        let mut inner = self.lock();
        inner.sweep(run_id);
        let run = inner.waiting.entry(run_id.to_owned()).or_default();
        run.entry(update_id.to_owned()).or_insert_with(|| watch::channel(News::None).0).subscribe()
    }

    pub(crate) fn moved(&self, run_id: &str, update_id: &str, outcome: Option<Box<Outcome>>) {
        let inner = self.lock();
        let Some(sender) = inner.waiting.get(run_id).and_then(|run| run.get(update_id)) else { return };
        sender.send_replace(outcome.map_or(News::Accepted, News::Outcome));
    }

    pub(crate) fn closed(&self, state: &RunState) {
        let continues = !state.successor_run_id.is_empty();
        let Some(run) = self.lock().waiting.remove(&state.run_id) else { return };
        for sender in run.into_values() {
            sender.send_if_modified(|news| {
                let is_open = !matches!(news, News::Outcome(_));
                if is_open {
                    *news = News::RunClosed { continues };
                }
                is_open
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Forgets what nobody waits for any more.
    fn sweep(&mut self, run_id: &str) {
        if let Some(run) = self.waiting.get_mut(run_id) {
            run.retain(|_, sender| sender.receiver_count() > 0);
        }
        if self.waiting.len() > 1_000 {
            self.waiting.retain(|_, run| run.values().any(|sender| sender.receiver_count() > 0));
        }
    }
}
