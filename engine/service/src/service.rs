//! What all RPCs and background tasks share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine_clock::Clock;
use engine_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::errands::Errands;
use crate::matching::Matching;
use crate::options::EngineOptions;
use crate::queries::Queries;
use crate::quiet::Quiet;
use crate::runs::Runs;
use crate::schedules::Schedules;
use crate::search_attributes::Registry;
use crate::timers::Timers;
use crate::updates::Updates;

/// The engine's parts.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) options: EngineOptions,
    /// Names this process: what its own workers hold is lost with it.
    pub(crate) process: String,
    pub(crate) runs: Runs,
    pub(crate) matching: Matching,
    pub(crate) timers: Timers,
    pub(crate) queries: Queries,
    pub(crate) updates: Updates,
    pub(crate) errands: Errands,
    pub(crate) schedules: Schedules,
    pub(crate) search_attributes: Registry,
    pub(crate) quiet: Arc<Quiet>,
    pub(crate) counters: Counters,
    /// Every task that was spawned; joined at shutdown.
    pub(crate) work: TaskTracker,
    /// The engine stops: polls end, background loops leave.
    pub(crate) stopping: CancellationToken,
}

/// What was done since the engine was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicU64,
    transitions: AtomicU64,
}

impl Counters {
    pub(crate) fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_transition(&self) {
        self.transitions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn transitions(&self) -> u64 {
        self.transitions.load(Ordering::Relaxed)
    }
}

impl Service {
    pub(crate) fn new(clock: Clock, store: Store, options: EngineOptions) -> Self {
        let now_ns = nanos(&clock);
        Self {
            runs: Runs::new(options.cached_runs_max),
            timers: Timers::new(now_ns),
            clock,
            store,
            options,
            process: fresh_id(),
            matching: Matching::default(),
            queries: Queries::default(),
            updates: Updates::default(),
            errands: Errands::default(),
            schedules: Schedules::default(),
            search_attributes: Registry::default(),
            quiet: Arc::default(),
            counters: Counters::default(),
            work: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// The clock's time, unix nanoseconds.
    pub(crate) fn now_ns(&self) -> i64 {
        nanos(&self.clock)
    }

    /// The process, for a task that a worker in it takes.
    pub(crate) fn holder(&self, in_process: bool) -> String {
        if in_process { self.process.clone() } else { String::new() }
    }
}

fn nanos(clock: &Clock) -> i64 {
    // Until the year 2262.
    i64::try_from(clock.now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// A new run's or request's id.
pub(crate) fn fresh_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
