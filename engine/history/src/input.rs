//! What can happen to a run from outside.

use std::sync::Arc;

use crate::proto::{
    Command, Failure, Header, Link, Memo, Payloads, Priority, RetryPolicy, SearchAttributes, UserMetadata,
    WorkflowExecution,
};
use crate::search_attributes::KnownAttributes;
use crate::state::Parent;
use temporalio_protos::temporal::api::enums::v1::WorkflowTaskFailedCause;
use temporalio_protos::temporal::api::protocol::v1::Message as ProtocolMessage;
use temporalio_protos::temporal::api::sdk::v1::WorkflowTaskCompletedMetadata;
use temporalio_protos::temporal::api::update::v1::Request as UpdateRequest;

/// How a run begins. Spans are nanoseconds, 0 for none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartRun {
    pub namespace: String,
    pub workflow_id: String,
    pub run_id: String,
    pub workflow_type: String,
    pub task_queue: String,
    pub input: Option<Payloads>,
    pub header: Option<Header>,
    pub memo: Option<Memo>,
    pub search_attributes: Option<SearchAttributes>,
    pub execution_timeout_ns: i64,
    pub run_timeout_ns: i64,
    pub task_timeout_ns: i64,
    /// Delay of the first workflow task.
    pub start_delay_ns: i64,
    pub identity: String,
    pub request_id: String,
    pub retry_policy: Option<RetryPolicy>,
    pub cron_schedule: String,
    pub user_metadata: Option<UserMetadata>,
    pub links: Vec<Link>,
    pub priority: Option<Priority>,
    pub parent: Option<Parent>,
    pub root: Option<WorkflowExecution>,
    pub last_completion_result: Option<Payloads>,
    pub continued_failure: Option<Failure>,
    /// A signal that comes with the start, before the first workflow task.
    pub signal: Option<SignalInput>,
    /// An update that comes with the start: the first workflow task carries it.
    pub update: Option<UpdateRequest>,
}

/// A signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalInput {
    pub name: String,
    pub input: Option<Payloads>,
    pub header: Option<Header>,
    pub identity: String,
    /// Empty when the sender doesn't care about repeats.
    pub request_id: String,
    pub links: Vec<Link>,
    /// The run that sent it, when a run did.
    pub sender: Option<WorkflowExecution>,
    /// Only a child of the sender takes it.
    pub child_only: bool,
}

/// Who takes a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Poller {
    pub identity: String,
    pub request_id: String,
    /// The process, when the worker lives in the engine's own; else empty.
    pub holder: String,
    /// The poll came through the queue of a worker with the run in its cache.
    pub is_sticky: bool,
}

/// Names a workflow task as its token does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkflowTaskKey {
    pub scheduled_event_id: i64,
    pub started_event_id: i64,
    pub attempt: i32,
    pub started_ns: i64,
}

/// Names an attempt of an activity as its token does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityKey {
    Attempt {
        scheduled_event_id: i64,
        attempt: i32,
        started_ns: i64,
    },
    /// Whatever attempt runs.
    Id(String),
}

/// A worker's answer to a workflow task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompleteWorkflowTask {
    pub key: WorkflowTaskKey,
    pub commands: Vec<Command>,
    pub messages: Vec<ProtocolMessage>,
    pub identity: String,
    /// Queue and schedule-to-start time-out (nanoseconds) of the worker that keeps the run in its cache.
    pub sticky: Option<(String, i64)>,
    /// The worker wants the next task in the answer.
    pub return_new: bool,
    /// The worker needs another task: a heartbeat.
    pub force_new: bool,
    pub sdk_metadata: Option<WorkflowTaskCompletedMetadata>,
    pub holder: String,
    /// The search attributes that commands may name.
    pub known_attributes: Arc<KnownAttributes>,
    /// A fresh id for the run that may follow.
    pub successor_run_id: String,
    /// What the run began with, when it may be retried.
    pub began_with: Option<Box<StartRun>>,
}

/// What became of a request to another run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalOutcome {
    Delivered,
    NotFound,
    NamespaceNotFound,
    LimitReached,
}

/// How a child ended, as its close event says.
#[derive(Clone, Debug, PartialEq)]
pub enum CloseOutcome {
    Completed(Option<Payloads>),
    Failed { failure: Option<Box<Failure>>, retry_state: i32 },
    Canceled(Option<Payloads>),
    TimedOut { retry_state: i32 },
    Terminated,
}

/// A child's end, told to its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildClosed {
    pub initiated_event_id: i64,
    pub run_id: String,
    pub outcome: CloseOutcome,
}

/// One thing that happens to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Signal(SignalInput),
    /// Temporal cancels by asking; the workflow decides.
    RequestCancel {
        reason: String,
        identity: String,
        request_id: String,
        sender: Option<WorkflowExecution>,
        sender_initiated_event_id: i64,
        child_only: bool,
    },
    Terminate {
        reason: String,
        details: Option<Payloads>,
        identity: String,
    },
    /// Another run takes its workflow id: this one ends and that one begins in one commit.
    Replace {
        reason: String,
        details: Option<Payloads>,
        identity: String,
        by: Box<StartRun>,
    },
    /// A start request that is answered with this run.
    AttachStart {
        request_id: String,
    },

    StartWorkflowTask {
        scheduled_event_id: i64,
        attempt: i32,
        poller: Poller,
    },
    CompleteWorkflowTask(Box<CompleteWorkflowTask>),
    FailWorkflowTask {
        key: WorkflowTaskKey,
        cause: WorkflowTaskFailedCause,
        failure: Option<Failure>,
        identity: String,
    },
    /// Nobody polls the queue of the worker that had the run in its cache.
    StickyWorkerGone {
        scheduled_event_id: i64,
    },
    /// The worker drops the run from its cache for good.
    ForgetSticky {
        queue: String,
    },

    StartActivity {
        scheduled_event_id: i64,
        attempt: i32,
        poller: Poller,
    },
    CompleteActivity {
        key: ActivityKey,
        result: Option<Payloads>,
        identity: String,
    },
    FailActivity {
        key: ActivityKey,
        failure: Option<Failure>,
        identity: String,
        heartbeat_details: Option<Payloads>,
    },
    CancelActivity {
        key: ActivityKey,
        details: Option<Payloads>,
        identity: String,
    },
    HeartbeatActivity {
        key: ActivityKey,
        details: Option<Payloads>,
    },

    /// Time has passed: everything that is due happens.
    Due {
        /// A fresh id for the run that may follow.
        successor_run_id: String,
        /// What the run began with, when it may be retried.
        began_with: Option<Box<StartRun>>,
    },
    /// A process died; what its own workers held counts as timed out.
    ProcessDied {
        /// The process that lives now; whatever others held is lost.
        alive: String,
    },

    ChildStarted {
        initiated_event_id: i64,
        run_id: String,
    },
    ChildStartFailed {
        initiated_event_id: i64,
        /// Temporal's `StartChildWorkflowExecutionFailedCause`.
        cause: i32,
    },
    ChildClosed(Box<ChildClosed>),
    ExternalSignalDone {
        initiated_event_id: i64,
        outcome: ExternalOutcome,
    },
    ExternalCancelDone {
        initiated_event_id: i64,
        outcome: ExternalOutcome,
    },
    /// The parent knows of the close.
    ParentTold,
    /// A child was dealt with as its close policy says.
    ChildDealtWith {
        /// The child's run.
        run_id: String,
    },

    AdmitUpdate {
        request: UpdateRequest,
    },
}

impl Input {
    /// Whether a run that refuses it forgets that it tried to close, so that news hold it up again. A real
    /// server keeps that in mind only, and reads the run anew after such a request; signals spare it that.
    #[must_use]
    pub fn forgets_when_refused(&self) -> bool {
        matches!(
            self,
            Self::AdmitUpdate { .. }
                | Self::CompleteWorkflowTask(_)
                | Self::FailWorkflowTask { .. }
                | Self::CompleteActivity { .. }
                | Self::FailActivity { .. }
                | Self::CancelActivity { .. }
                | Self::HeartbeatActivity { .. }
        )
    }
}
