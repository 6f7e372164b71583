//! Other runs that a run has to do with.

use crate::effect::CrossRunWork;
use crate::proto::ParentClosePolicy;
use crate::state::RunState;
use temporalio_protos::temporal::api::history::v1::{
    RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
    SignalExternalWorkflowExecutionInitiatedEventAttributes,
    StartChildWorkflowExecutionInitiatedEventAttributes,
};

/// The run that started this one as its child.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Parent {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    pub workflow_id: String,
    #[prost(string, tag = "3")]
    pub run_id: String,
    #[prost(int64, tag = "4")]
    pub initiated_event_id: i64,
}

/// A child between its initiated event and its close.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PendingChild {
    /// What its initiated event says; kept whole until it has started, then without its payloads.
    #[prost(message, optional, tag = "1")]
    pub initiated: Option<StartChildWorkflowExecutionInitiatedEventAttributes>,
    #[prost(int64, tag = "2")]
    pub started_event_id: i64,
    /// Set once the child runs, even while its started event is buffered.
    #[prost(string, tag = "3")]
    pub run_id: String,
    /// Request id of the start: the child is started once.
    #[prost(string, tag = "4")]
    pub request_id: String,
}

/// A signal or cancel request on its way to another run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PendingExternal {
    #[prost(message, optional, tag = "1")]
    pub signal: Option<SignalExternalWorkflowExecutionInitiatedEventAttributes>,
    #[prost(message, optional, tag = "2")]
    pub cancel: Option<RequestCancelExternalWorkflowExecutionInitiatedEventAttributes>,
    /// Request id at the other run: it is delivered once.
    #[prost(string, tag = "3")]
    pub request_id: String,
}

/// What is still to be done for others after a close.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Closing {
    /// The parent is to be told.
    #[prost(bool, tag = "1")]
    pub tell_parent: bool,
    /// Children that were open, with their close policies.
    #[prost(message, repeated, tag = "2")]
    pub children: Vec<PendingChild>,
}

impl RunState {
    /// What this run still has to do on other runs, in the order of its causes.
    #[must_use]
    pub fn cross_run_work(&self) -> Vec<CrossRunWork> {
        let mut work = Vec::new();
        work.extend(
            self.children
                .iter()
                .filter(|(_, child)| child.run_id.is_empty())
                .map(|(id, _)| CrossRunWork::StartChild { initiated_event_id: *id }),
        );
        work.extend(
            self.external_signals.keys().map(|id| CrossRunWork::SignalExternal { initiated_event_id: *id }),
        );
        work.extend(
            self.external_cancels.keys().map(|id| CrossRunWork::CancelExternal { initiated_event_id: *id }),
        );
        if let Some(closing) = &self.closing {
            if closing.tell_parent {
                work.push(CrossRunWork::TellParent);
            }
            work.extend(
                closing.children.iter().map(|child| CrossRunWork::CloseChild(Box::new(child.clone()))),
            );
        }
        work
    }
}

impl PendingChild {
    pub(crate) fn close_policy(&self) -> ParentClosePolicy {
        let policy = self.initiated.as_ref().map_or(0, |initiated| initiated.parent_close_policy);
        match ParentClosePolicy::try_from(policy) {
            Ok(ParentClosePolicy::Unspecified) | Err(_) => ParentClosePolicy::Terminate,
            Ok(policy) => policy,
        }
    }
}
