//! Links to events, as answers carry them: clients show where a request had its effect.

use temporalio_protos::temporal::api::common::v1::Link;
use temporalio_protos::temporal::api::common::v1::link::workflow_event::{
    EventReference, Reference, RequestIdReference,
};
use temporalio_protos::temporal::api::common::v1::link::{Variant, Workflow, WorkflowEvent};
use temporalio_protos::temporal::api::enums::v1::EventType;

/// A run, by its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkedRun<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) workflow_id: &'a str,
    pub(crate) run_id: &'a str,
}

impl LinkedRun<'_> {
    /// To the event that began the run.
    pub(crate) fn started(self) -> Link {
        self.link(Reference::EventRef(EventReference {
            event_id: 1,
            event_type: EventType::WorkflowExecutionStarted as i32,
        }))
    }

    /// To the event that a request made: its number may not be known yet.
    pub(crate) fn by_request(self, request_id: &str, event_type: EventType) -> Link {
        self.link(Reference::RequestIdRef(RequestIdReference {
            request_id: request_id.to_owned(),
            event_type: event_type as i32,
        }))
    }

    /// To the run, with what is to be said of it.
    pub(crate) fn whole(self, reason: &str) -> Link {
        Link {
            variant: Some(Variant::Workflow(Workflow {
                namespace: self.namespace.to_owned(),
                workflow_id: self.workflow_id.to_owned(),
                run_id: self.run_id.to_owned(),
                reason: reason.to_owned(),
            })),
        }
    }

    fn link(self, reference: Reference) -> Link {
        let event = WorkflowEvent {
            namespace: self.namespace.to_owned(),
            workflow_id: self.workflow_id.to_owned(),
            run_id: self.run_id.to_owned(),
            reference: Some(reference),
        };
        Link { variant: Some(Variant::WorkflowEvent(event)) }
    }
}
