//! What happens to a schedule, and why it may be refused.

use temporalio_protos::temporal::api::common::v1::{Memo, Payloads, SearchAttributes, WorkflowExecution};
use temporalio_protos::temporal::api::failure::v1::Failure;
use temporalio_protos::temporal::api::schedule::v1::{Schedule, SchedulePatch};

use crate::canonical::BadSpec;

/// What happens to a schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Another schedule takes its place.
    Update {
        schedule: Box<Schedule>,
        /// The state that the client saw; `None` when it doesn't care.
        conflict_token: Option<i64>,
        memo: Option<Memo>,
        search_attributes: Option<SearchAttributes>,
        request_id: String,
    },
    Patch {
        patch: Box<SchedulePatch>,
        request_id: String,
    },
    /// Time has passed.
    Due,
    /// A start was carried out.
    Started {
        number: i64,
        /// `None` when the workflow could not be started for good.
        execution: Option<WorkflowExecution>,
    },
    /// A stop was carried out.
    Stopped {
        execution: WorkflowExecution,
    },
    /// A workflow that the schedule had started has closed.
    Closed {
        execution: WorkflowExecution,
        outcome: Box<Outcome>,
    },
}

/// How a scheduled workflow ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Temporal's `WorkflowExecutionStatus`.
    pub status: i32,
    pub result: Option<Payloads>,
    pub failure: Option<Failure>,
}

/// Why a schedule doesn't take an input; it stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("mismatched conflict token")]
    ConflictToken,
    #[error("the request was taken before")]
    Repeated,
    #[error("nothing is due")]
    NothingDue,
    #[error("{0}")]
    Invalid(String),
}

impl From<BadSpec> for Refusal {
    fn from(bad: BadSpec) -> Self {
        Self::Invalid(format!("Invalid schedule spec: {bad}"))
    }
}
