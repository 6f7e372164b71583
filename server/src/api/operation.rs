//! What those who look after an installation see: queues, workers, schedules.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The health of a queue of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueView {
    /// `publishing` or `analytics`.
    pub name: String,
    /// Due and not begun. What waits for gates or people is not counted.
    pub waiting: u64,
    pub running: u64,
    /// Not due yet.
    pub delayed: u64,
    /// In the last 24 hours.
    pub completed: u64,
    /// In the last 24 hours; of analytics: what could not be counted the last time.
    pub failed: u64,
    /// How long the oldest of those that wait has been due.
    pub oldest_age_seconds: Option<u64>,
    /// Long polls of workers; null while the home of the workflows does not answer.
    pub pollers: Option<u64>,
    /// Over the last 24 hours.
    pub completed_per_hour: f64,
    pub failed_per_hour: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueList {
    pub queues: Vec<QueueView>,
}

/// A worker that polls the home of the workflows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerView {
    /// How its process names itself.
    pub identity: String,
    /// The queue that it polls: `publishing` or `analytics`.
    pub queue: String,
    /// `workflows` or `activities`.
    pub polls: String,
    pub last_seen_at: Option<Timestamp>,
    /// When its process started; null, as the counts, for one that polls for workflows or has told nothing yet.
    pub started_at: Option<Timestamp>,
    /// Activities of the queue under way, as the process told some seconds ago.
    pub running: Option<u64>,
    /// Activities since it started.
    pub completed: Option<u64>,
    /// Activities since it started that failed; each is tried again, and counts again.
    pub failed: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerList {
    pub workers: Vec<WorkerView>,
}

/// Work that is done from time to time for the whole installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleView {
    /// `token-sweep`, `metrics`, `clean-up` or `drift`.
    pub id: String,
    pub paused: bool,
    /// What was said when it was paused or resumed.
    pub note: Option<String>,
    pub last_run_at: Option<Timestamp>,
    /// Null while it is paused.
    pub next_run_at: Option<Timestamp>,
    /// Runs so far.
    pub runs: u64,
    pub running: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleList {
    pub schedules: Vec<ScheduleView>,
}

/// A change of a schedule; exactly one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Run once, now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trigger: bool,
    /// Why, for those who look later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
