//! An update of a run.

use temporalio_protos::temporal::api::update::v1::Request;

/// How far an update has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum UpdateStage {
    /// It waits for a workflow task to carry it to a worker.
    Admitted = 0,
    /// A worker has it.
    Sent = 1,
    /// The workflow took it; its outcome is to come.
    Accepted = 2,
    /// It has an outcome.
    Completed = 3,
}

/// An update by its id.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Update {
    #[prost(enumeration = "UpdateStage", tag = "1")]
    pub stage: i32,
    /// Kept until it is accepted.
    #[prost(message, optional, tag = "2")]
    pub request: Option<Request>,
    /// The worker handles it after this event.
    #[prost(int64, tag = "3")]
    pub sequencing_event_id: i64,
    #[prost(int64, tag = "4")]
    pub accepted_event_id: i64,
    /// The event that has its outcome.
    #[prost(int64, tag = "5")]
    pub completed_event_id: i64,
    /// Order of admission.
    #[prost(int64, tag = "6")]
    pub ordinal: i64,
}
