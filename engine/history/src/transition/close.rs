//! A run closes: what it waited for is forgotten, its parent and children are to be told.

use crate::draft::Draft;
use crate::effect::Effect;
use crate::proto::{
    Attributes, HistoryEvent, ParentClosePolicy, Payloads, RetryState, WorkflowExecutionStatus,
};
use crate::state::{Closing, PendingActivity};
use temporalio_protos::temporal::api::history::v1::{
    WorkflowExecutionTerminatedEventAttributes, WorkflowExecutionTimedOutEventAttributes,
};

impl Draft {
    /// Writes the event that closes the run and sets its status.
    pub(crate) fn close(&mut self, event: HistoryEvent) {
        let Some(status) = event.attributes.as_ref().and_then(status_after) else { return };
        self.write_event(event);
        let state = &mut self.state;
        state.set_status(status);
        state.close_ns = self.now_ns;
        state.workflow_task = None;
        state.sticky = None;
        state.buffered.clear();
        state.left_activities = std::mem::take(&mut state.activities).into_values().map(left).collect();
        state.timers.clear();
        state.external_signals.clear();
        state.external_cancels.clear();
        state.first_task_due_ns = 0;
        let continues = !state.successor_run_id.is_empty();
        state.left_children = std::mem::take(&mut state.children);
        // A child that has not started never will: nobody looks for it any more.
        state.left_children.retain(|_, child| !child.run_id.is_empty());
        let bound = state.left_children.values();
        let children: Vec<_> =
            bound.filter(|child| child.close_policy() != ParentClosePolicy::Abandon).cloned().collect();
        // A parent waits for the last run of its child's chain.
        let tell_parent = state.parent.is_some() && !continues;
        if tell_parent || !children.is_empty() {
            state.closing = Some(Closing { tell_parent, children });
            self.effects.push(Effect::CrossRun);
        }
        self.effects.push(Effect::Closed);
    }

    pub(crate) fn close_terminated(&mut self, reason: String, details: Option<Payloads>, identity: String) {
        self.close(HistoryEvent {
            attributes: Some(WorkflowExecutionTerminatedEventAttributes { reason, details, identity }.into()),
            ..HistoryEvent::default()
        });
    }

    pub(crate) fn close_timed_out(&mut self, retry_state: RetryState, new_execution_run_id: String) {
        let attributes = WorkflowExecutionTimedOutEventAttributes {
            retry_state: retry_state as i32,
            new_execution_run_id,
        };
        self.close(HistoryEvent { attributes: Some(attributes.into()), ..HistoryEvent::default() });
    }
}

/// What is shown of an activity that its run left behind; its input is in the history.
fn left(mut activity: PendingActivity) -> PendingActivity {
    if let Some(scheduled) = &mut activity.scheduled {
        scheduled.input = None;
    }
    activity
}

/// The status that an event of closing leaves.
fn status_after(attributes: &Attributes) -> Option<WorkflowExecutionStatus> {
    match attributes {
        Attributes::WorkflowExecutionCompletedEventAttributes(_) => Some(WorkflowExecutionStatus::Completed),
        Attributes::WorkflowExecutionFailedEventAttributes(_) => Some(WorkflowExecutionStatus::Failed),
        Attributes::WorkflowExecutionCanceledEventAttributes(_) => Some(WorkflowExecutionStatus::Canceled),
        Attributes::WorkflowExecutionTerminatedEventAttributes(_) => {
            Some(WorkflowExecutionStatus::Terminated)
        }
        Attributes::WorkflowExecutionTimedOutEventAttributes(_) => Some(WorkflowExecutionStatus::TimedOut),
        Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_) => {
            Some(WorkflowExecutionStatus::ContinuedAsNew)
        }
        _ => None,
    }
}
