//! What the kind of an event decides: whether it waits for the running workflow task, and in what order
//! waiting events are written.

use std::collections::HashMap;

use crate::proto::{Attributes, EventType, HistoryEvent};

/// Whether an event of this kind waits while a workflow task runs. What a command, a message or the end
/// of the run writes does not.
pub(crate) fn waits(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::ActivityTaskStarted
            | EventType::ActivityTaskCompleted
            | EventType::ActivityTaskFailed
            | EventType::ActivityTaskTimedOut
            | EventType::ActivityTaskCanceled
            | EventType::TimerFired
            | EventType::WorkflowExecutionSignaled
            | EventType::WorkflowExecutionCancelRequested
            | EventType::ChildWorkflowExecutionStarted
            | EventType::ChildWorkflowExecutionCompleted
            | EventType::ChildWorkflowExecutionFailed
            | EventType::ChildWorkflowExecutionCanceled
            | EventType::ChildWorkflowExecutionTimedOut
            | EventType::ChildWorkflowExecutionTerminated
            | EventType::StartChildWorkflowExecutionFailed
            | EventType::ExternalWorkflowExecutionSignaled
            | EventType::SignalExternalWorkflowExecutionFailed
            | EventType::ExternalWorkflowExecutionCancelRequested
            | EventType::RequestCancelExternalWorkflowExecutionFailed
            | EventType::WorkflowExecutionOptionsUpdated
    )
}

/// Whether events of this kind are written after all others that waited: the ends of activities and
/// children, whose starts may have waited, too.
fn goes_last(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::ActivityTaskCompleted
            | EventType::ActivityTaskFailed
            | EventType::ActivityTaskTimedOut
            | EventType::ActivityTaskCanceled
            | EventType::ChildWorkflowExecutionCompleted
            | EventType::ChildWorkflowExecutionFailed
            | EventType::ChildWorkflowExecutionCanceled
            | EventType::ChildWorkflowExecutionTimedOut
            | EventType::ChildWorkflowExecutionTerminated
    )
}

/// The order in which events that waited are written.
pub(crate) fn in_writing_order(waited: Vec<HistoryEvent>) -> Vec<HistoryEvent> {
    let (last, mut first): (Vec<_>, Vec<_>) =
        waited.into_iter().partition(|event| goes_last(event.event_type()));
    first.extend(last);
    first
}

/// Started events by the event they follow from, to be named by the events that end them.
#[derive(Default)]
pub(crate) struct StartedEvents(HashMap<i64, i64>);

impl StartedEvents {
    /// Remembers a started event, or names the one that this event ends. Gives the initiated and started
    /// event of a child that has started.
    pub(crate) fn wire(&mut self, event: &mut HistoryEvent) -> Option<(i64, i64)> {
        let id = event.event_id;
        match event.attributes.as_mut()? {
            Attributes::ActivityTaskStartedEventAttributes(it) => {
                self.0.insert(it.scheduled_event_id, id);
            }
            Attributes::ActivityTaskCompletedEventAttributes(it) => {
                self.name(it.scheduled_event_id, &mut it.started_event_id);
            }
            Attributes::ActivityTaskFailedEventAttributes(it) => {
                self.name(it.scheduled_event_id, &mut it.started_event_id);
            }
            Attributes::ActivityTaskTimedOutEventAttributes(it) => {
                self.name(it.scheduled_event_id, &mut it.started_event_id);
            }
            Attributes::ActivityTaskCanceledEventAttributes(it) => {
                self.name(it.scheduled_event_id, &mut it.started_event_id);
            }
            Attributes::ChildWorkflowExecutionStartedEventAttributes(it) => {
                self.0.insert(it.initiated_event_id, id);
                return Some((it.initiated_event_id, id));
            }
            Attributes::ChildWorkflowExecutionCompletedEventAttributes(it) => {
                self.name(it.initiated_event_id, &mut it.started_event_id);
            }
            Attributes::ChildWorkflowExecutionFailedEventAttributes(it) => {
                self.name(it.initiated_event_id, &mut it.started_event_id);
            }
            Attributes::ChildWorkflowExecutionCanceledEventAttributes(it) => {
                self.name(it.initiated_event_id, &mut it.started_event_id);
            }
            Attributes::ChildWorkflowExecutionTimedOutEventAttributes(it) => {
                self.name(it.initiated_event_id, &mut it.started_event_id);
            }
            Attributes::ChildWorkflowExecutionTerminatedEventAttributes(it) => {
                self.name(it.initiated_event_id, &mut it.started_event_id);
            }
            _ => {}
        }
        None
    }

    fn name(&self, cause: i64, started_event_id: &mut i64) {
        if let Some(started) = self.0.get(&cause) {
            *started_event_id = *started;
        }
    }
}

/// Whether this activity's end is among the events.
pub(crate) fn ends_activity(events: &[HistoryEvent], scheduled_event_id: i64) -> bool {
    events.iter().any(|event| match &event.attributes {
        Some(Attributes::ActivityTaskCompletedEventAttributes(it)) => {
            it.scheduled_event_id == scheduled_event_id
        }
        Some(Attributes::ActivityTaskFailedEventAttributes(it)) => {
            it.scheduled_event_id == scheduled_event_id
        }
        Some(Attributes::ActivityTaskTimedOutEventAttributes(it)) => {
            it.scheduled_event_id == scheduled_event_id
        }
        Some(Attributes::ActivityTaskCanceledEventAttributes(it)) => {
            it.scheduled_event_id == scheduled_event_id
        }
        _ => false,
    })
}
