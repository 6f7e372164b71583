//! Tokens that workers and clients bring back. They are protobuf; a token that can't be read is refused.

use engine_history::{ActivityKey, WorkflowTaskKey};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use tonic::Status;

/// Names a task that a worker holds.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TaskToken {
    #[prost(string, tag = "1")]
    pub(crate) run_id: String,
    #[prost(int64, tag = "2")]
    pub(crate) scheduled_event_id: i64,
    /// 0 for activities.
    #[prost(int64, tag = "3")]
    pub(crate) started_event_id: i64,
    #[prost(int32, tag = "4")]
    pub(crate) attempt: i32,
    /// Tells two holders of the same attempt apart.
    #[prost(int64, tag = "5")]
    pub(crate) started_ns: i64,
    /// A query instead of a task.
    #[prost(string, tag = "6")]
    pub(crate) query_id: String,
    #[prost(string, tag = "7")]
    pub(crate) workflow_id: String,
    /// Set instead of the rest by clients that answer an activity by its id.
    #[prost(string, tag = "8")]
    pub(crate) activity_id: String,
}

impl TaskToken {
    pub(crate) fn read(token: &[u8]) -> Result<Self, Status> {
        if token.is_empty() {
            return Err(Status::invalid_argument("Task token not set on request."));
        }
        let token =
            Self::decode(token).map_err(|_| Status::invalid_argument("error deserializing task token"))?;
        if token.run_id.is_empty() && token.query_id.is_empty() {
            return Err(Status::invalid_argument("error deserializing task token"));
        }
        Ok(token)
    }

    pub(crate) fn workflow_task(&self) -> WorkflowTaskKey {
        WorkflowTaskKey {
            scheduled_event_id: self.scheduled_event_id,
            started_event_id: self.started_event_id,
            attempt: self.attempt,
            started_ns: self.started_ns,
        }
    }

    pub(crate) fn activity(&self) -> ActivityKey {
        if self.activity_id.is_empty() {
            ActivityKey::Attempt {
                scheduled_event_id: self.scheduled_event_id,
                attempt: self.attempt,
                started_ns: self.started_ns,
            }
        } else {
            ActivityKey::Id(self.activity_id.clone())
        }
    }
}

/// Where reading a history goes on.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HistoryToken {
    #[prost(string, tag = "1")]
    pub(crate) run_id: String,
    #[prost(int64, tag = "2")]
    pub(crate) next_event_id: i64,
    /// The last event that belongs to the answer; 0 for whatever there is.
    #[prost(int64, tag = "3")]
    pub(crate) last_event_id: i64,
    /// Events that follow the last one and are not in the history.
    #[prost(message, repeated, tag = "4")]
    pub(crate) transient_events: Vec<HistoryEvent>,
}

impl HistoryToken {
    /// The token of a request about `execution`, whose run id may be open. Whether its run is one of that
    /// workflow, the run itself knows.
    pub(crate) fn read(token: &[u8], execution: &WorkflowExecution) -> Result<Self, Status> {
        let token = Self::decode(token).map_err(|_| Status::invalid_argument("Invalid NextPageToken."))?;
        if !execution.run_id.is_empty() && execution.run_id != token.run_id {
            return Err(Status::invalid_argument("RunId passed is not the same as in the page token."));
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_is_of_no_use_for_another_run() {
        let token = HistoryToken { run_id: "r".to_owned(), ..HistoryToken::default() };
        let read = |run_id: &str| {
            let execution = WorkflowExecution { workflow_id: "w".to_owned(), run_id: run_id.to_owned() };
            HistoryToken::read(&token.encode_to_vec(), &execution).map_err(|status| status.code())
        };
        assert_eq!(read("r"), Ok(token.clone()));
        assert_eq!(read(""), Ok(token.clone()));
        assert_eq!(read("other"), Err(tonic::Code::InvalidArgument));
    }

    #[test]
    fn a_token_that_names_nothing_is_refused() {
        for token in [&b""[..], b"x", b"\xff\xff\xff"] {
            assert_eq!(TaskToken::read(token).unwrap_err().code(), tonic::Code::InvalidArgument);
        }
    }
}
