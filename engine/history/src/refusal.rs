//! Why a run doesn't take an input. The texts are Temporal's: clients match some of them.

/// A refused input; the run stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run has closed.
    #[error("workflow execution already completed")]
    RunClosed,
    /// The workflow task that is answered is not the one that runs.
    #[error("Workflow task not found.")]
    WorkflowTaskNotFound,
    /// The activity that is answered has closed, or another attempt runs.
    #[error("invalid activityID or activity already timed out or invoking workflow is completed")]
    ActivityNotFound,
    /// Only a child of the sender would take it.
    #[error("workflow parent does not match")]
    OtherParent,
    /// A task handed out by a queue that the run no longer offers; nothing is lost.
    #[error("the task is no longer offered")]
    TaskStale,
    /// Nothing is due yet.
    #[error("nothing is due")]
    NothingDue,
    /// The same request was taken before; the answer is that of the first time.
    #[error("the request was taken before")]
    Repeated,
    /// The run is about to close, if only news would stop: later.
    #[error("workflow operation can not be applied because workflow is closing")]
    Closing,
    /// The request itself is wrong.
    #[error("{0}")]
    InvalidArgument(String),
    /// The run is in a state that doesn't allow it.
    #[error("{0}")]
    FailedPrecondition(String),
    /// Its workflow task fails again and again: nobody would answer.
    #[error("{0}")]
    NotReady(&'static str),
    /// A limit of the run is reached.
    #[error("{0}")]
    LimitReached(String),
}
