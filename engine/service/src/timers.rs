//! Deadlines. Those of the next minute are in memory, all others on disk, where an index finds them in
//! time. A skipping clock is pushed from here when nothing moves.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine_history::{Input, Refusal};
use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};

use crate::runs::Undone;
use crate::schedules;
use crate::service::{Service, fresh_id};

/// How far ahead deadlines are in memory, nanoseconds.
const NEAR_NS: i64 = 60_000_000_000;
/// Deadlines in memory, at most: about 15 MB. With more, memory reaches less far ahead.
const NEAR_MAX: usize = 100_000;
/// Rows of one read of the index.
const READ_MAX: usize = 5_000;
/// Runs whose deadlines are carried out at the same time.
const FIRING_MAX: usize = 256;
/// After a failure, e.g. a full disk, a deadline is tried again this much later, nanoseconds.
pub(crate) const AGAIN_NS: i64 = 1_000_000_000;
/// How long nothing must move before a skipping clock is pushed: callers in this process then have had
/// their turn to ask for more.
const QUIET_FOR: Duration = Duration::from_millis(3);
/// How often a skipping clock's horizon is looked at while nothing moves.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct Near {
    by_due: BTreeSet<(i64, Arc<str>)>,
    by_run: HashMap<Arc<str>, i64>,
    /// Every deadline before this is in memory.
    until_ns: i64,
    /// When to look on disk again; there is nothing to find before.
    look_ns: i64,
}

/// The deadlines in memory.
#[derive(Debug)]
pub(crate) struct Timers {
    near: Mutex<Near>,
    /// The earliest deadline changed.
    changed: Notify,
}

impl Timers {
    pub(crate) fn new(now_ns: i64) -> Self {
        // Nothing is in memory until it has been read.
        let near =
            Near { by_due: BTreeSet::new(), by_run: HashMap::new(), until_ns: now_ns, look_ns: now_ns };
        Self { near: Mutex::new(near), changed: Notify::new() }
    }

    /// Takes note of a run's next deadline.
    pub(crate) fn set(&self, run_id: &str, due_ns: Option<i64>) {
        let mut near = self.lock();
        let before = (near.first(), near.look_ns);
        near.remove(run_id);
        match due_ns {
            Some(due_ns) if due_ns < near.until_ns => near.insert(run_id.into(), due_ns),
            Some(due_ns) => near.look_ns = near.look_ns.min(due_ns - NEAR_NS / 2),
            None => {}
        }
        if (near.first(), near.look_ns) != before {
            self.changed.notify_one();
        }
    }

    /// Takes note of a deadline that the disk doesn't know: it is kept however far it is.
    pub(crate) fn set_unwritten(&self, run_id: &str, due_ns: Option<i64>) {
        let mut near = self.lock();
        let before = near.first();
        near.remove(run_id);
        if let Some(due_ns) = due_ns {
            near.insert(run_id.into(), due_ns);
        }
        if near.first() != before {
            self.changed.notify_one();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().by_run.len()
    }

    /// The earliest deadline in memory, and when to look on disk.
    fn outlook(&self) -> (Option<i64>, i64) {
        let near = self.lock();
        (near.first(), near.look_ns)
    }

    fn take_due(&self, now_ns: i64) -> Vec<Arc<str>> {
        let mut near = self.lock();
        let mut due = Vec::new();
        while let Some((at_ns, run_id)) = near.by_due.first().cloned()
            && at_ns <= now_ns
            && due.len() < READ_MAX
        {
            near.remove(&run_id);
            due.push(run_id);
        }
        due
    }

    fn lock(&self) -> MutexGuard<'_, Near> {
        // Nothing in here panics halfway through a change.
        self.near.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Near {
    fn first(&self) -> Option<i64> {
        self.by_due.first().map(|(due_ns, _)| *due_ns)
    }

    fn insert(&mut self, run_id: Arc<str>, due_ns: i64) {
        self.by_due.insert((due_ns, run_id.clone()));
        self.by_run.insert(run_id, due_ns);
    }

    fn remove(&mut self, run_id: &str) {
        if let Some((run_id, due_ns)) = self.by_run.remove_entry(run_id) {
            self.by_due.remove(&(due_ns, run_id));
        }
    }
}

impl Service {
    /// Carries out deadlines until the engine stops.
    pub(crate) async fn run_timers(self: Arc<Self>) {
        let firing = Arc::new(Semaphore::new(FIRING_MAX));
        while !self.stopping.is_cancelled() {
            let now_ns = self.now_ns();
            if self.timers.outlook().1 <= now_ns {
                self.look_ahead(now_ns).await;
            }
            for run_id in self.timers.take_due(self.now_ns()) {
                let Ok(permit) = firing.clone().acquire_owned().await else { return };
                let service = self.clone();
                let moving = self.quiet.begin();
                self.work.spawn(async move {
                    let _held = (permit, moving);
                    service.pass_time(&run_id).await;
                });
            }
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.wait_for_time() => {}
            }
        }
    }

    /// Brings the deadlines of the next minute into memory and finds out when to look again.
    async fn look_ahead(&self, now_ns: i64) {
        let until_ns = now_ns.saturating_add(NEAR_NS);
        {
            // From now on commits bring theirs themselves; what was committed before is read below.
            let mut near = self.timers.lock();
            (near.until_ns, near.look_ns) = (until_ns, i64::MAX);
        }
        let mut known = 0;
        loop {
            let limit = known + READ_MAX;
            let due = match self.store.due(i64::MAX, limit).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(%error, "engine: deadlines can't be read");
                    let mut near = self.timers.lock();
                    (near.until_ns, near.look_ns) = (now_ns, now_ns.saturating_add(AGAIN_NS));
                    return;
                }
            };
            let is_all = due.len() < limit;
            let mut near = self.timers.lock();
            for (run_id, due_ns) in due.into_iter().skip(known) {
                if due_ns >= until_ns || near.by_run.len() >= NEAR_MAX {
                    // What follows is later still; with memory full it reaches only up to here.
                    near.until_ns = until_ns.min(due_ns.max(now_ns + 1));
                    near.look_ns = near.look_ns.min(due_ns - NEAR_NS / 2).max(now_ns + 1);
                    return;
                }
                if !near.by_run.contains_key(run_id.as_str()) {
                    near.insert(run_id.into(), due_ns);
                }
            }
            if is_all {
                return;
            }
            known = limit;
        }
    }

    /// Waits until the next deadline, or until there is an earlier one.
    async fn wait_for_time(&self) {
        let (first, look_ns) = self.timers.outlook();
        // The system's clock may be set: a late look finds out.
        let latest_ns = self.now_ns().saturating_add(NEAR_NS);
        let next_ns = first.unwrap_or(i64::MAX).min(look_ns).min(latest_ns);
        if self.clock.is_skipping() && self.push_clock().await {
            return;
        }
        tokio::select! {
            () = self.clock.sleep_until(instant(next_ns)) => {}
            () = self.timers.changed.notified() => {}
            () = self.look_again() => {}
        }
    }

    /// Comes back when a skipping clock may be pushed; never with a real one.
    async fn look_again(&self) {
        if !self.clock.is_skipping() {
            return std::future::pending().await;
        }
        if self.quiet.is_quiet() {
            tokio::time::sleep(LOOK_AGAIN).await;
        } else {
            self.quiet.changed().await;
        }
    }

    /// Pushes a skipping clock to the earliest deadline if nothing moves; says whether it did.
    async fn push_clock(&self) -> bool {
        if !self.nothing_moves() {
            return false;
        }
        tokio::time::sleep(QUIET_FOR).await;
        if !self.nothing_moves() {
            return false;
        }
        let earliest = match self.timers.outlook() {
            (Some(first), _) => Some(first),
            (None, _) => match self.store.due(i64::MAX, 1).await {
                Ok(due) => due.first().map(|(_, due_ns)| *due_ns),
                Err(error) => {
                    tracing::error!(%error, "engine: deadlines can't be read");
                    None
                }
            },
        };
        let Some(due_ns) = earliest.filter(|_| self.nothing_moves()) else { return false };
        match self.clock.skip_to(instant(due_ns)) {
            Ok(pushed) => pushed,
            Err(error) => {
                tracing::error!(%error, "engine: the clock can't be pushed");
                false
            }
        }
    }

    fn nothing_moves(&self) -> bool {
        self.quiet.is_quiet() && self.matching.len() == 0
    }

    /// Lets a run's deadlines happen.
    async fn pass_time(self: &Arc<Self>, run_id: &str) {
        if schedules::is_schedule(run_id) {
            return self.pass_schedule_time(run_id).await;
        }
        let input = Input::Due { successor_run_id: fresh_id(), began_with: None };
        match self.transition(run_id, input).await {
            Ok(_) | Err(Undone::NoSuchRun) => {}
            Err(Undone::Refused(Refusal::NothingDue)) => {
                // It was early, or the deadline moved.
                if let Ok(state) = self.state(run_id).await {
                    self.timers.set(run_id, state.next_due());
                }
            }
            Err(error) => {
                tracing::warn!(?error, run_id, "engine: a deadline could not be carried out");
                self.timers.set(run_id, Some(self.now_ns() + AGAIN_NS));
            }
        }
    }
}

/// An instant in nanoseconds as the clock takes it.
fn instant(unix_ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(unix_ns)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_deadlines_are_in_memory() {
        let timers = Timers::new(0);
        timers.lock().until_ns = 100;
        timers.set("near", Some(50));
        timers.set("far", Some(100));
        assert_eq!(timers.len(), 1);
        timers.set("near", Some(200));
        assert_eq!(timers.len(), 0);
        assert!(timers.outlook().1 <= 200, "a far deadline is looked for in time");
    }

    #[test]
    fn a_deadline_that_the_disk_does_not_know_is_kept_however_far_it_is() {
        let timers = Timers::new(0);
        timers.set_unwritten("far", Some(i64::MAX));
        assert_eq!(timers.len(), 1);
        timers.set("far", None);
        assert_eq!(timers.len(), 0);
    }

    #[test]
    fn due_runs_come_earliest_first_and_once() {
        let timers = Timers::new(0);
        timers.lock().until_ns = 100;
        for (run, due) in [("b", 20), ("a", 10), ("c", 30)] {
            timers.set(run, Some(due));
        }
        let due: Vec<_> = timers.take_due(25).iter().map(ToString::to_string).collect();
        assert_eq!(due, ["a", "b"]);
        assert!(timers.take_due(25).is_empty());
    }
}
