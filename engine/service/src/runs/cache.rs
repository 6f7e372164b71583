//! Which runs are in memory. Idle ones leave, the longest unused first; those that somebody uses or waits
//! for stay.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as RunLock, MutexGuard as RunGuard, watch};

use super::Loaded;

/// Candidates looked at when one has to leave: those in use are passed over.
const LOOKS_MAX: usize = 16;

/// How far a run has come, for those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) last_event_id: i64,
    pub(crate) is_open: bool,
}

/// A run's place in memory; empty until somebody loads it.
#[derive(Debug, Default)]
pub(crate) struct Cell {
    slot: RunLock<Option<Loaded>>,
    progress: watch::Sender<Option<Progress>>,
    /// Memory knows more of the run than the store: it stays here.
    is_ahead: AtomicBool,
    /// Those who look at it from outside.
    followers: AtomicUsize,
}

/// Somebody who looks at a run from outside, while this lives.
#[derive(Debug)]
pub(crate) struct Follower(Arc<Cell>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Cell {
    /// Waits for the run's turn.
    pub(crate) async fn lock(&self) -> RunGuard<'_, Option<Loaded>> {
        self.slot.lock().await
    }

    pub(crate) fn announce(&self, progress: Progress) {
        self.progress.send_replace(Some(progress));
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Option<Progress>> {
        self.progress.subscribe()
    }

    pub(crate) fn follow(self: &Arc<Self>) -> Follower {
        self.followers.fetch_add(1, Ordering::AcqRel);
        Follower(self.clone())
    }

    pub(crate) fn is_followed(&self) -> bool {
        self.followers.load(Ordering::Acquire) > 0
    }

    pub(super) fn is_ahead(&self) -> bool {
        self.is_ahead.load(Ordering::Acquire)
    }
}

/// The runs in memory.
#[derive(Debug)]
pub(crate) struct Runs {
    cache: Mutex<Cache>,
    max: usize,
    /// Runs of which memory knows more than the store.
    ahead: AtomicUsize,
}

#[derive(Debug, Default)]
struct Cache {
    cells: HashMap<Arc<str>, (Arc<Cell>, u64)>,
    /// By when they were used last.
    by_use: BTreeMap<u64, Arc<str>>,
    clock: u64,
}

impl Runs {
    pub(crate) fn new(max: usize) -> Self {
        Self { cache: Mutex::default(), max: max.max(1), ahead: AtomicUsize::new(0) }
    }

    /// The run's place, new and empty if it had none.
    pub(crate) fn cell(&self, run_id: &Arc<str>) -> Arc<Cell> {
        let mut cache = self.lock();
        cache.clock += 1;
        let now = cache.clock;
        let (cell, before) = match cache.cells.get_mut(run_id) {
            Some((cell, last_use)) => (cell.clone(), Some(std::mem::replace(last_use, now))),
            None => {
                let cell = Arc::new(Cell::default());
                cache.cells.insert(run_id.clone(), (cell.clone(), now));
                (cell, None)
            }
        };
        let name = before.and_then(|before| cache.by_use.remove(&before)).unwrap_or_else(|| run_id.clone());
        cache.by_use.insert(now, name);
        if cache.cells.len() > self.max + self.ahead() {
            cache.evict_one();
        }
        cell
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().cells.len()
    }

    /// Runs of which memory knows more than the store.
    pub(super) fn ahead(&self) -> usize {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Notes whether memory knows more of a run than the store.
    pub(super) fn set_ahead(&self, cell: &Cell, is_ahead: bool) {
        match (cell.is_ahead.swap(is_ahead, Ordering::AcqRel), is_ahead) {
            (false, true) => self.ahead.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.ahead.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        // Nothing in here panics halfway through a change.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    /// Lets the longest unused run go. A cell that nobody else holds is idle: everything in it is stored.
    /// One in use, or ahead of the store, counts as used now.
    fn evict_one(&mut self) {
        for _ in 0..LOOKS_MAX {
            let Some((_, run_id)) = self.by_use.pop_first() else { return };
            let Some((cell, last_use)) = self.cells.get_mut(&run_id) else { continue };
            if Arc::strong_count(cell) == 1 && !cell.is_ahead() {
                self.cells.remove(&run_id);
                return;
            }
            self.clock += 1;
            *last_use = self.clock;
            self.by_use.insert(self.clock, run_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_runs_leave_and_used_ones_stay() {
        let runs = Runs::new(2);
        let used = runs.cell(&"a".into());
        for name in ["b", "c", "d"] {
            runs.cell(&name.into());
        }
        assert!(runs.len() <= 3);
        assert!(Arc::ptr_eq(&used, &runs.cell(&"a".into())));
    }

    #[test]
    fn a_run_that_is_ahead_of_the_store_stays() {
        let runs = Runs::new(1);
        let ahead = runs.cell(&"a".into());
        runs.set_ahead(&ahead, true);
        let address = Arc::as_ptr(&ahead);
        drop(ahead);
        for name in ["b", "c", "d"] {
            runs.cell(&name.into());
        }
        assert_eq!(Arc::as_ptr(&runs.cell(&"a".into())), address);
    }
}
