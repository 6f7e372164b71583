//! What is written: commits of one or more runs.

use crate::fault::Fault;
use crate::run::{RunKey, Summary};

/// The largest event id: an event's place in the history's table is the run's number and this many bits.
///
/// Twenty times what the engine allows a history to have (51,200 events), and far from 2^63 with as many
/// runs as a disk can hold.
pub const EVENT_ID_MAX: i64 = (1 << crate::history::EVENT_BITS) - 1;

/// Runs in one [`Commit`]: a run with the children that it starts and signals at once.
pub const RUNS_PER_COMMIT_MAX: usize = 4_096;

/// Changes of one or more runs that take place together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Applied in this order; a later one sees what an earlier one did.
    pub runs: Vec<RunWrite>,
}

/// A run's new state and what was appended to its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunWrite {
    pub key: RunKey,
    pub expect: Expect,
    /// The encoded state; opaque here.
    pub state: Vec<u8>,
    pub summary: Summary,
    /// The next instant at which the run has something to do, unix nanoseconds.
    pub next_due: Option<i64>,
    /// Whether the run has tasks that a worker may take now: they are queued again after a restart.
    pub has_tasks: bool,
    pub events: Option<EventBatch>,
}

/// What must be true for a [`RunWrite`] to take place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The run is new (its version becomes 1) and becomes its workflow id's current run.
    New {
        /// The run that must be current, and is so no longer; `None`: the workflow id has no current run.
        current: Option<String>,
    },
    /// The run is stored with this version, which becomes one more.
    Version(i64),
}

/// Consecutive events of one history in encoded form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBatch {
    /// From 1.
    pub first_event_id: i64,
    /// Inclusive, at most [`EVENT_ID_MAX`].
    pub last_event_id: i64,
    /// Opaque here.
    pub data: Vec<u8>,
}

/// Why a commit did not take place. Nothing of it is stored then, with one exception, see
/// [`CommitError::Unavailable`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// An [`Expect`] was not met: load the run and decide again.
    #[error("run `{run_id}` of workflow `{workflow_id}` is not as expected")]
    Conflict { workflow_id: String, run_id: String },
    /// The commit can never be stored: a mistake of the caller's.
    #[error("the commit can't be stored: {reason}")]
    Invalid { reason: String },
    /// The disk is full or does not work, or the store is closed. The same commit may succeed later.
    ///
    /// If the disk failed while it made the commit durable, the commit may be found after the next start of
    /// the process, though not before. It was not acknowledged, so both are right; who needs to know
    /// compares versions.
    #[error("the engine's database refuses work")]
    Unavailable { source: Fault },
}
