//! News of children reach their parent.

use crate::draft::Draft;
use crate::input::{ChildClosed, CloseOutcome};
use crate::proto::{Attributes, WorkflowExecution, WorkflowType};
use crate::refusal::Refusal;
use crate::state::{Closing, PendingChild};
use temporalio_protos::temporal::api::history::v1::{
    ChildWorkflowExecutionCanceledEventAttributes, ChildWorkflowExecutionCompletedEventAttributes,
    ChildWorkflowExecutionFailedEventAttributes, ChildWorkflowExecutionStartedEventAttributes,
    ChildWorkflowExecutionTerminatedEventAttributes, ChildWorkflowExecutionTimedOutEventAttributes,
    StartChildWorkflowExecutionFailedEventAttributes,
};

impl Draft {
    pub(crate) fn child_started(&mut self, initiated_event_id: i64, run_id: String) -> Result<(), Refusal> {
        let Some(child) = self.state.children.get_mut(&initiated_event_id).filter(|it| it.run_id.is_empty())
        else {
            return Err(Refusal::Repeated);
        };
        child.run_id = run_id;
        let Some(initiated) = child.initiated.as_mut() else { return Err(Refusal::Repeated) };
        // What it began with is in its own history now.
        initiated.input = None;
        let header = initiated.header.take();
        initiated.memo = None;
        let attributes = ChildWorkflowExecutionStartedEventAttributes {
            namespace: initiated.namespace.clone(),
            namespace_id: initiated.namespace_id.clone(),
            initiated_event_id,
            workflow_execution: Some(child.execution()),
            workflow_type: child.workflow_type(),
            header,
        };
        let started_event_id = self.write(attributes);
        if let Some(child) = self.state.children.get_mut(&initiated_event_id) {
            child.started_event_id = started_event_id;
        }
        self.wake();
        Ok(())
    }

    pub(crate) fn child_start_failed(&mut self, initiated_event_id: i64, cause: i32) -> Result<(), Refusal> {
        if self.state.children.get(&initiated_event_id).is_none_or(|it| !it.run_id.is_empty()) {
            return Err(Refusal::Repeated);
        }
        let Some(child) = self.state.children.remove(&initiated_event_id) else {
            return Err(Refusal::Repeated);
        };
        let initiated = child.initiated.clone().unwrap_or_default();
        self.write(StartChildWorkflowExecutionFailedEventAttributes {
            namespace: initiated.namespace,
            namespace_id: initiated.namespace_id,
            workflow_id: initiated.workflow_id,
            workflow_type: initiated.workflow_type,
            cause,
            initiated_event_id,
            // Temporal leaves it open here.
            workflow_task_completed_event_id: 0,
            ..StartChildWorkflowExecutionFailedEventAttributes::default()
        });
        self.wake();
        Ok(())
    }

    pub(crate) fn child_closed(&mut self, closed: ChildClosed) -> Result<(), Refusal> {
        let ChildClosed { initiated_event_id, run_id, outcome } = closed;
        let Some(child) = self.state.children.get(&initiated_event_id) else { return Err(Refusal::Repeated) };
        if child.run_id.is_empty() {
            // It ended before its parent heard of its start.
            self.child_started(initiated_event_id, run_id.clone())?;
        }
        let Some(mut child) = self.state.children.remove(&initiated_event_id) else {
            return Err(Refusal::Repeated);
        };
        // The last run of its chain is the one that ended.
        child.run_id = run_id;
        self.write(closed_event(initiated_event_id, &child, outcome));
        self.wake();
        Ok(())
    }

    /// The parent has been told of the close.
    pub(crate) fn parent_told(&mut self) -> Result<(), Refusal> {
        let closing = self.state.closing.as_mut().filter(|it| it.tell_parent).ok_or(Refusal::Repeated)?;
        closing.tell_parent = false;
        self.drop_finished_closing();
        Ok(())
    }

    /// A child was treated as its close policy says.
    pub(crate) fn child_dealt_with(&mut self, run_id: &str) -> Result<(), Refusal> {
        let closing = self.state.closing.as_mut().ok_or(Refusal::Repeated)?;
        let before = closing.children.len();
        closing.children.retain(|child| child.key() != run_id);
        if closing.children.len() == before {
            return Err(Refusal::Repeated);
        }
        self.drop_finished_closing();
        Ok(())
    }

    fn drop_finished_closing(&mut self) {
        if self.state.closing.as_ref().is_some_and(Closing::is_done) {
            self.state.closing = None;
        }
    }
}

impl Closing {
    fn is_done(&self) -> bool {
        !self.tell_parent && self.children.is_empty()
    }
}

impl PendingChild {
    /// Names it among its siblings, started or not.
    #[must_use]
    pub fn key(&self) -> &str {
        if self.run_id.is_empty() { &self.request_id } else { &self.run_id }
    }

    #[must_use]
    pub fn execution(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.initiated.as_ref().map_or_else(String::new, |it| it.workflow_id.clone()),
            run_id: self.run_id.clone(),
        }
    }

    fn workflow_type(&self) -> Option<WorkflowType> {
        self.initiated.as_ref().and_then(|it| it.workflow_type.clone())
    }
}

fn closed_event(initiated_event_id: i64, child: &PendingChild, outcome: CloseOutcome) -> Attributes {
    let initiated = child.initiated.as_ref();
    let namespace = initiated.map_or_else(String::new, |it| it.namespace.clone());
    let namespace_id = initiated.map_or_else(String::new, |it| it.namespace_id.clone());
    let workflow_execution = Some(child.execution());
    let workflow_type = child.workflow_type();
    let started_event_id = child.started_event_id;
    match outcome {
        CloseOutcome::Completed(result) => ChildWorkflowExecutionCompletedEventAttributes {
            result,
            namespace,
            namespace_id,
            workflow_execution,
            workflow_type,
            initiated_event_id,
            started_event_id,
        }
        .into(),
        CloseOutcome::Failed { failure, retry_state } => ChildWorkflowExecutionFailedEventAttributes {
            failure: failure.map(|failure| *failure),
            namespace,
            namespace_id,
            workflow_execution,
            workflow_type,
            initiated_event_id,
            started_event_id,
            retry_state,
        }
        .into(),
        CloseOutcome::Canceled(details) => ChildWorkflowExecutionCanceledEventAttributes {
            details,
            namespace,
            namespace_id,
            workflow_execution,
            workflow_type,
            initiated_event_id,
            started_event_id,
        }
        .into(),
        CloseOutcome::TimedOut { retry_state } => ChildWorkflowExecutionTimedOutEventAttributes {
            namespace,
            namespace_id,
            workflow_execution,
            workflow_type,
            initiated_event_id,
            started_event_id,
            retry_state,
        }
        .into(),
        CloseOutcome::Terminated => ChildWorkflowExecutionTerminatedEventAttributes {
            namespace,
            namespace_id,
            workflow_execution,
            workflow_type,
            initiated_event_id,
            started_event_id,
        }
        .into(),
    }
}
