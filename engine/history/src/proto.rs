//! The names of Temporal's API that this crate speaks, in one place.

pub(crate) use prost_wkt_types::{Duration, Timestamp};
pub(crate) use temporalio_protos::temporal::api::command::v1::{
    Command, command::Attributes as CommandAttributes,
};
#[cfg(test)]
pub(crate) use temporalio_protos::temporal::api::common::v1::ActivityType;
pub(crate) use temporalio_protos::temporal::api::common::v1::{
    Header, Link, Memo, Payload, Payloads, Priority, RetryPolicy, SearchAttributes, WorkflowExecution,
    WorkflowType,
};
pub(crate) use temporalio_protos::temporal::api::enums::v1::{
    ContinueAsNewInitiator, EventType, ParentClosePolicy, RetryState, SuggestContinueAsNewReason,
    TaskQueueKind, TimeoutType, WorkflowExecutionStatus, WorkflowIdReusePolicy, WorkflowTaskFailedCause,
};
pub(crate) use temporalio_protos::temporal::api::failure::v1::{
    Failure, ServerFailureInfo, TimeoutFailureInfo, failure::FailureInfo,
};
pub(crate) use temporalio_protos::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
pub(crate) use temporalio_protos::temporal::api::sdk::v1::UserMetadata;
pub(crate) use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
