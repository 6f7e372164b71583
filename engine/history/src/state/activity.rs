//! An activity between its scheduled event and its close.

use crate::duration::{after, duration_to_nanos};
use crate::proto::{Failure, Payloads, RetryPolicy};
use temporalio_protos::temporal::api::history::v1::ActivityTaskScheduledEventAttributes;

/// A scheduled activity. Its attempts are not in the history until it closes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PendingActivity {
    /// What its scheduled event says, without the input when that is large.
    #[prost(message, optional, tag = "1")]
    pub scheduled: Option<ActivityTaskScheduledEventAttributes>,
    /// The input is to be read from the history.
    #[prost(bool, tag = "2")]
    pub is_input_in_history: bool,
    /// From 1.
    #[prost(int32, tag = "3")]
    pub attempt: i32,
    #[prost(int64, tag = "4")]
    pub first_scheduled_ns: i64,
    /// When this attempt is offered: in the future while it backs off.
    #[prost(int64, tag = "5")]
    pub scheduled_ns: i64,
    #[prost(int64, tag = "6")]
    pub started_ns: i64,
    #[prost(string, tag = "7")]
    pub request_id: String,
    #[prost(string, tag = "8")]
    pub identity: String,
    #[prost(int64, tag = "9")]
    pub heartbeat_ns: i64,
    #[prost(message, optional, tag = "10")]
    pub heartbeat_details: Option<Payloads>,
    #[prost(message, optional, tag = "11")]
    pub last_failure: Option<Failure>,
    #[prost(bool, tag = "12")]
    pub cancel_requested: bool,
    #[prost(int64, tag = "13")]
    pub cancel_requested_event_id: i64,
    /// The process whose own worker holds it; empty for a worker elsewhere.
    #[prost(string, tag = "14")]
    pub holder: String,
    /// It backs off: not offered before `scheduled_ns`.
    #[prost(bool, tag = "15")]
    pub backs_off: bool,
    /// Identity of the worker of the last attempt.
    #[prost(string, tag = "16")]
    pub last_worker: String,
    #[prost(int64, tag = "17")]
    pub last_attempt_ns: i64,
}

impl PendingActivity {
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.started_ns != 0
    }

    /// Whether a poller may have it now.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        !self.is_started() && !self.backs_off
    }

    #[must_use]
    pub fn activity_id(&self) -> &str {
        self.scheduled.as_ref().map_or("", |scheduled| &scheduled.activity_id)
    }

    /// The name of the queue it is offered on.
    #[must_use]
    pub fn queue(&self) -> &str {
        self.scheduled
            .as_ref()
            .and_then(|scheduled| scheduled.task_queue.as_ref())
            .map_or("", |queue| &queue.name)
    }

    /// The level of its priority key, 1 highest; 3 when it has none, as the middle of Temporal's five.
    #[must_use]
    pub fn priority_key(&self) -> i32 {
        let key = self
            .scheduled
            .as_ref()
            .and_then(|scheduled| scheduled.priority.as_ref())
            .map_or(0, |it| it.priority_key);
        if key <= 0 { 3 } else { key }
    }

    pub(crate) fn retry_policy(&self) -> Option<&RetryPolicy> {
        self.scheduled.as_ref().and_then(|scheduled| scheduled.retry_policy.as_ref())
    }

    /// When it is given up for good, whatever its attempts, unix nanoseconds; 0 for never.
    #[must_use]
    pub fn expires_ns(&self) -> i64 {
        let span = self.scheduled.as_ref().and_then(|scheduled| scheduled.schedule_to_close_timeout.as_ref());
        deadline(self.first_scheduled_ns, duration_to_nanos(span))
    }

    pub(crate) fn start_due_ns(&self) -> i64 {
        if self.is_started() {
            return 0;
        }
        let span = self.scheduled.as_ref().and_then(|scheduled| scheduled.schedule_to_start_timeout.as_ref());
        deadline(self.scheduled_ns, duration_to_nanos(span))
    }

    pub(crate) fn close_due_ns(&self) -> i64 {
        if !self.is_started() {
            return 0;
        }
        let span = self.scheduled.as_ref().and_then(|scheduled| scheduled.start_to_close_timeout.as_ref());
        deadline(self.started_ns, duration_to_nanos(span))
    }

    pub(crate) fn heartbeat_due_ns(&self) -> i64 {
        if !self.is_started() {
            return 0;
        }
        let span = self.scheduled.as_ref().and_then(|scheduled| scheduled.heartbeat_timeout.as_ref());
        deadline(self.started_ns.max(self.heartbeat_ns), duration_to_nanos(span))
    }
}

/// The instant after a span; 0 when there is no span.
fn deadline(from_ns: i64, span_ns: i64) -> i64 {
    if span_ns == 0 { 0 } else { after(from_ns, span_ns) }
}
