//! What a schedule remembers. Encoded as protobuf: fields are only added.

use crate::limits::{FUTURE_ACTIONS_MAX, SECOND_NS};
use crate::spec::{Act, Spec};
use temporalio_protos::temporal::api::common::v1::{Memo, Payloads, SearchAttributes, WorkflowExecution};
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::schedule::v1::{
    BackfillRequest, Schedule, ScheduleInfo, ScheduleSpec, ScheduleState as Standing,
};

/// A schedule between two inputs. Instants are unix nanoseconds.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScheduleState {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    pub schedule_id: String,
    /// Names this incarnation: a schedule that is made again has another.
    #[prost(string, tag = "3")]
    pub id: String,
    #[prost(message, optional, tag = "4")]
    pub schedule: Option<Schedule>,
    #[prost(message, optional, tag = "5")]
    pub info: Option<ScheduleInfo>,
    /// Grows with every change by a client.
    #[prost(int64, tag = "6")]
    pub conflict_token: i64,
    /// Instants up to here have been dealt with.
    #[prost(int64, tag = "7")]
    pub processed_ns: i64,
    /// Starts that wait for what still runs.
    #[prost(message, repeated, tag = "8")]
    pub buffer: Vec<BufferedStart>,
    /// Workflows to be started.
    #[prost(message, repeated, tag = "9")]
    pub starts: Vec<PendingStart>,
    /// Workflows to be stopped.
    #[prost(message, repeated, tag = "10")]
    pub stops: Vec<PendingStop>,
    #[prost(message, optional, tag = "11")]
    pub memo: Option<Memo>,
    #[prost(message, optional, tag = "12")]
    pub search_attributes: Option<SearchAttributes>,
    #[prost(string, tag = "13")]
    pub create_request_id: String,
    /// Result of the last workflow that completed, for the next one.
    #[prost(message, optional, tag = "14")]
    pub last_result: Option<Payloads>,
    /// Failure of the last workflow, if it failed.
    #[prost(message, optional, tag = "15")]
    pub last_failure: Option<Failure>,
    /// Numbers the starts.
    #[prost(int64, tag = "16")]
    pub started_count: i64,
    /// Spans of the past that are still to be gone through.
    #[prost(message, repeated, tag = "17")]
    pub backfills: Vec<BackfillRequest>,
    /// Request ids of the latest changes: a repeated one is taken once.
    #[prost(string, repeated, tag = "18")]
    pub request_ids: Vec<String>,
}

/// A start that may have to wait.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BufferedStart {
    #[prost(int64, tag = "1")]
    pub nominal_ns: i64,
    #[prost(int64, tag = "2")]
    pub due_ns: i64,
    /// Temporal's `ScheduleOverlapPolicy`; unspecified for that of the schedule.
    #[prost(int32, tag = "3")]
    pub overlap_policy: i32,
    /// Asked for by a client, not by the specification.
    #[prost(bool, tag = "4")]
    pub is_manual: bool,
}

/// A workflow that is to be started.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PendingStart {
    /// Names it among the starts of its schedule: it is started once.
    #[prost(int64, tag = "1")]
    pub number: i64,
    #[prost(int64, tag = "2")]
    pub nominal_ns: i64,
    /// Others may run beside it: nobody waits for its end.
    #[prost(bool, tag = "3")]
    pub overlaps: bool,
}

/// A workflow that is to be stopped.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PendingStop {
    #[prost(message, optional, tag = "1")]
    pub execution: Option<WorkflowExecution>,
    /// Terminate it instead of asking it to stop.
    #[prost(bool, tag = "2")]
    pub terminates: bool,
    /// It was carried out; the workflow has not ended so far.
    #[prost(bool, tag = "3")]
    pub is_done: bool,
}

impl ScheduleState {
    /// When the schedule acts next by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        if !self.backfills.is_empty() && self.has_room() {
            return Some(self.processed_ns);
        }
        if !self.acts() {
            return None;
        }
        self.next_act(self.processed_ns).map(|act| act.due_ns)
    }

    /// Whether a restart has to look at it: work to do, or workflows whose end may have been missed.
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        self.has_work() || !self.running().is_empty()
    }

    /// Whether there is something to start or to stop.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.starts.is_empty() || self.stops.iter().any(|stop| !stop.is_done)
    }

    /// The workflows whose end the schedule waits for.
    #[must_use]
    pub fn running(&self) -> &[WorkflowExecution] {
        self.info.as_ref().map_or(&[], |info| &info.running_workflows)
    }

    /// The next instants at which it acts, unless somebody changes it or leaves it paused.
    #[must_use]
    pub fn future_acts(&self, now_ns: i64) -> Vec<Act> {
        let left = match self.standing() {
            Some(it) if it.limited_actions => usize::try_from(it.remaining_actions).unwrap_or(0),
            _ => FUTURE_ACTIONS_MAX,
        };
        let mut after_ns = now_ns;
        let mut acts = Vec::new();
        while acts.len() < left.min(FUTURE_ACTIONS_MAX)
            && let Some(act) = self.next_act(after_ns)
        {
            after_ns = act.nominal_ns;
            acts.push(act);
        }
        acts
    }

    pub(crate) fn next_act(&self, after_ns: i64) -> Option<Act> {
        // It was checked when it was taken.
        self.spec().and_then(|spec| Spec::new(spec).ok())?.next(after_ns, &self.schedule_id)
    }

    pub(crate) fn spec(&self) -> Option<&ScheduleSpec> {
        self.schedule.as_ref()?.spec.as_ref()
    }

    pub(crate) fn standing(&self) -> Option<&Standing> {
        self.schedule.as_ref()?.state.as_ref()
    }

    /// Whether it is neither paused nor at the end of its actions.
    pub(crate) fn acts(&self) -> bool {
        self.standing().is_none_or(|it| !it.paused && (!it.limited_actions || it.remaining_actions > 0))
    }

    pub(crate) fn has_room(&self) -> bool {
        self.buffer.len() + self.starts.len() < crate::limits::BUFFER_MAX / 2
    }
}

/// The id of a scheduled workflow: the action's own with the instant, in seconds and UTC.
pub(crate) fn workflow_id(base: &str, nominal_ns: i64, keeps: bool) -> String {
    if keeps {
        return base.to_owned();
    }
    let second = jiff::Timestamp::from_second(nominal_ns.div_euclid(SECOND_NS)).unwrap_or_default();
    format!("{base}-{second}")
}
