//! The workflow task of a run.

/// A workflow task that is offered (`started_event_id` 0) or runs.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WorkflowTask {
    /// Its scheduled event; for one that is not in the history, the id that it will get.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    #[prost(int64, tag = "2")]
    pub started_event_id: i64,
    #[prost(int32, tag = "3")]
    pub attempt: i32,
    /// Whether its scheduled event is in the history. Attempts after the first are not until they complete.
    #[prost(bool, tag = "4")]
    pub is_written: bool,
    #[prost(int64, tag = "5")]
    pub scheduled_ns: i64,
    #[prost(int64, tag = "6")]
    pub started_ns: i64,
    /// When the first of a row of heartbeats was scheduled.
    #[prost(int64, tag = "7")]
    pub original_scheduled_ns: i64,
    #[prost(int64, tag = "8")]
    pub timeout_ns: i64,
    /// The poll that started it; the same poll again gets it again.
    #[prost(string, tag = "9")]
    pub request_id: String,
    #[prost(string, tag = "10")]
    pub identity: String,
    /// The queue it is offered on.
    #[prost(string, tag = "11")]
    pub queue: String,
    #[prost(bool, tag = "12")]
    pub is_sticky: bool,
    /// When it goes from the sticky to the normal queue; 0 on a normal one.
    #[prost(int64, tag = "13")]
    pub start_due_ns: i64,
    /// The process whose own worker holds it; empty for a worker elsewhere.
    #[prost(string, tag = "14")]
    pub holder: String,
    #[prost(int64, tag = "15")]
    pub history_bytes: i64,
    /// Temporal's `SuggestContinueAsNewReason`s.
    #[prost(int32, repeated, tag = "16")]
    pub suggest_reasons: Vec<i32>,
}

impl WorkflowTask {
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.started_event_id != 0
    }
}

/// The worker that has the run in its cache.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sticky {
    #[prost(string, tag = "1")]
    pub queue: String,
    #[prost(int64, tag = "2")]
    pub schedule_to_start_ns: i64,
}

impl WorkflowTask {
    /// When a running task is given up.
    #[must_use]
    pub fn close_due_ns(&self) -> i64 {
        self.started_ns.saturating_add(self.timeout_ns)
    }
}
