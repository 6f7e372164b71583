//! The state of a run.

use std::collections::BTreeMap;

use super::{Closing, Parent, PendingActivity, PendingChild, PendingExternal, Sticky, Update, WorkflowTask};
use crate::proto::{
    HistoryEvent, Memo, Priority, RetryPolicy, SearchAttributes, UserMetadata, WorkflowExecution,
    WorkflowExecutionStatus,
};

/// A run between two transitions. Instants are unix nanoseconds (0: never), spans are nanoseconds.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunState {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    pub workflow_id: String,
    #[prost(string, tag = "3")]
    pub run_id: String,
    #[prost(string, tag = "4")]
    pub workflow_type: String,
    /// The queue of its workflow tasks when no worker has the run in its cache.
    #[prost(string, tag = "5")]
    pub task_queue: String,
    /// Temporal's `WorkflowExecutionStatus`.
    #[prost(enumeration = "WorkflowExecutionStatus", tag = "6")]
    pub status: i32,
    #[prost(int64, tag = "7")]
    pub start_ns: i64,
    /// When its first workflow task is offered: the start plus delay or backoff.
    #[prost(int64, tag = "8")]
    pub execution_ns: i64,
    #[prost(int64, tag = "9")]
    pub close_ns: i64,
    #[prost(int64, tag = "10")]
    pub execution_timeout_ns: i64,
    #[prost(int64, tag = "11")]
    pub run_timeout_ns: i64,
    #[prost(int64, tag = "12")]
    pub task_timeout_ns: i64,
    #[prost(int64, tag = "13")]
    pub execution_expires_ns: i64,
    #[prost(int64, tag = "14")]
    pub run_expires_ns: i64,
    /// First run of the chain that continue-as-new, retries and schedules make.
    #[prost(string, tag = "15")]
    pub first_run_id: String,
    /// The run that follows this one in its chain.
    #[prost(string, tag = "16")]
    pub successor_run_id: String,
    /// Names the request that started it; the same one again gets the same answer.
    #[prost(string, tag = "17")]
    pub start_request_id: String,
    /// Counts the retries of the workflow, from 1.
    #[prost(int32, tag = "18")]
    pub attempt: i32,
    #[prost(message, optional, tag = "19")]
    pub retry_policy: Option<RetryPolicy>,
    #[prost(string, tag = "20")]
    pub cron_schedule: String,
    #[prost(message, optional, tag = "21")]
    pub parent: Option<Parent>,
    #[prost(message, optional, tag = "22")]
    pub root: Option<WorkflowExecution>,
    #[prost(message, optional, tag = "23")]
    pub memo: Option<Memo>,
    #[prost(message, optional, tag = "24")]
    pub search_attributes: Option<SearchAttributes>,
    #[prost(message, optional, tag = "25")]
    pub user_metadata: Option<UserMetadata>,
    #[prost(message, optional, tag = "26")]
    pub priority: Option<Priority>,
    #[prost(int64, tag = "27")]
    pub last_event_id: i64,
    #[prost(int64, tag = "28")]
    pub history_bytes: i64,
    /// The workflow task that is offered or runs; at most one.
    #[prost(message, optional, tag = "29")]
    pub workflow_task: Option<WorkflowTask>,
    /// The attempt that the next workflow task is; more than 1 after a failure.
    #[prost(int32, tag = "30")]
    pub workflow_task_attempt: i32,
    /// Started event of the last completed workflow task: what the worker's cache knows.
    #[prost(int64, tag = "31")]
    pub previous_started_event_id: i64,
    #[prost(message, optional, tag = "32")]
    pub sticky: Option<Sticky>,
    /// Events that wait until the running workflow task closes, not numbered yet.
    #[prost(message, repeated, tag = "33")]
    pub buffered: Vec<HistoryEvent>,
    /// By scheduled event.
    #[prost(btree_map = "int64, message", tag = "34")]
    pub activities: BTreeMap<i64, PendingActivity>,
    /// By timer id.
    #[prost(btree_map = "string, message", tag = "35")]
    pub timers: BTreeMap<String, PendingTimer>,
    /// By initiated event.
    #[prost(btree_map = "int64, message", tag = "36")]
    pub children: BTreeMap<i64, PendingChild>,
    /// By initiated event.
    #[prost(btree_map = "int64, message", tag = "37")]
    pub external_signals: BTreeMap<i64, PendingExternal>,
    /// By initiated event.
    #[prost(btree_map = "int64, message", tag = "38")]
    pub external_cancels: BTreeMap<i64, PendingExternal>,
    #[prost(bool, tag = "39")]
    pub cancel_requested: bool,
    #[prost(string, tag = "40")]
    pub cancel_request_id: String,
    /// The latest request ids of signals, oldest first.
    #[prost(string, repeated, tag = "41")]
    pub signal_request_ids: Vec<String>,
    #[prost(int64, tag = "42")]
    pub signal_count: i64,
    /// By update id.
    #[prost(btree_map = "string, message", tag = "43")]
    pub updates: BTreeMap<String, Update>,
    /// Until then no workflow task is offered; 0 when nothing delays it.
    #[prost(int64, tag = "44")]
    pub first_task_due_ns: i64,
    /// What others must still learn of its close.
    #[prost(message, optional, tag = "45")]
    pub closing: Option<Closing>,
    /// The run before this one in its chain.
    #[prost(string, tag = "46")]
    pub continued_run_id: String,
    /// Requests that were attached to this run after its start, by `use existing`.
    #[prost(message, repeated, tag = "47")]
    pub start_links: Vec<StartLink>,
    #[prost(int64, tag = "48")]
    pub update_count: i64,
    /// Identity of the worker that completed the last workflow task.
    #[prost(string, tag = "49")]
    pub last_worker: String,
    /// The last workflow task would have closed the run, had there not been news, and nothing was refused since.
    #[prost(bool, tag = "50")]
    pub close_attempted: bool,
    /// Activities that were pending when the run closed: shown to those who ask, and nothing else.
    #[prost(message, repeated, tag = "51")]
    pub left_activities: Vec<PendingActivity>,
    /// Children that were open when the run closed, by initiated event: shown to those who ask.
    #[prost(btree_map = "int64, message", tag = "52")]
    pub left_children: BTreeMap<i64, PendingChild>,
}

/// A timer of the workflow that has not fired.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PendingTimer {
    #[prost(int64, tag = "1")]
    pub started_event_id: i64,
    #[prost(int64, tag = "2")]
    pub fire_ns: i64,
}

/// A start request that was answered with this run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StartLink {
    #[prost(string, tag = "1")]
    pub request_id: String,
}

impl RunState {
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status() == WorkflowExecutionStatus::Running
    }

    /// Whether a worker holds its workflow task; then events are buffered.
    #[must_use]
    pub fn workflow_task_runs(&self) -> bool {
        self.workflow_task.as_ref().is_some_and(WorkflowTask::is_started)
    }

    /// Whether its workflow task failed so often that questions would not be answered.
    #[must_use]
    pub fn fails_again_and_again(&self) -> bool {
        self.workflow_task_attempt >= crate::limits::WORKFLOW_TASK_ATTEMPTS_BEFORE_REFUSAL
    }

    /// Whether a worker has completed a workflow task of it.
    #[must_use]
    pub fn completed_a_workflow_task(&self) -> bool {
        self.previous_started_event_id > 0
    }

    /// Whether its first workflow task is still to come, after delay or backoff.
    #[must_use]
    pub fn waits_for_first_task(&self) -> bool {
        self.first_task_due_ns > 0
    }

    /// Whether a restart has to look at it before anybody asks: tasks to offer, tasks that workers of the
    /// dead process held, work on other runs.
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        self.workflow_task.is_some()
            || self.activities.values().any(|activity| activity.is_offered() || !activity.holder.is_empty())
            || !self.cross_run_work().is_empty()
    }

    /// The pending activity with this id.
    #[must_use]
    pub fn activity_by_id(&self, activity_id: &str) -> Option<(i64, &PendingActivity)> {
        self.activities
            .iter()
            .find(|(_, activity)| activity.activity_id() == activity_id)
            .map(|(scheduled, activity)| (*scheduled, activity))
    }
}
