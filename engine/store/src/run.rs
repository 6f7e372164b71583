//! What is stored of a run.

/// The status number of a run that is open, as in Temporal's `WorkflowExecutionStatus`.
pub const STATUS_RUNNING: i32 = 1;

/// Names a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RunKey {
    pub namespace: String,
    pub workflow_id: String,
    pub run_id: String,
}

/// What lists and descriptions of runs show, without touching the run's state. Times are unix nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Summary {
    pub workflow_type: String,
    pub task_queue: String,
    /// Temporal's `WorkflowExecutionStatus`; [`STATUS_RUNNING`] while the run is open.
    pub status: i32,
    pub start_time: i64,
    /// When the first workflow task may run: later than `start_time` with a start delay or a backoff.
    pub execution_time: i64,
    /// `None` while the run is open.
    pub close_time: Option<i64>,
    /// Events in the history.
    pub history_length: i64,
    pub history_bytes: i64,
    /// An encoded `Memo`; opaque here.
    pub memo: Vec<u8>,
    /// Encoded `SearchAttributes`; opaque here.
    pub search_attributes: Vec<u8>,
    pub parent_workflow_id: Option<String>,
    pub parent_run_id: Option<String>,
    /// The request that started the run, by which a repeated start is recognised.
    pub start_request_id: String,
    /// The first run of the chain that continue-as-new (or retry) made.
    pub first_run_id: String,
}

/// A run's state as the last commit left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    pub key: RunKey,
    /// Counts the commits of this run, from 1.
    pub version: i64,
    pub state: Vec<u8>,
    /// The next instant at which the run has something to do, unix nanoseconds.
    pub next_due: Option<i64>,
    pub has_tasks: bool,
    pub status: i32,
}

/// The run that a workflow id means when no run id is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentRun {
    pub run_id: String,
    pub version: i64,
    pub status: i32,
    pub start_time: i64,
    pub close_time: Option<i64>,
    pub start_request_id: String,
    pub first_run_id: String,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRun {
    pub key: RunKey,
    pub summary: Summary,
}

/// A run that has tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunWithTasks {
    pub run_id: String,
    /// The encoded state; `None` for a large one, which is loaded by itself.
    pub state: Option<Vec<u8>>,
}
