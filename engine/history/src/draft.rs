//! A transition in the making: a copy of the state that changes, and what it gives so far. If it is
//! dropped, nothing has happened.

use prost::Message;

use crate::attributes::{StartedEvents, in_writing_order, waits};
use crate::duration::nanos_to_timestamp;
use crate::effect::{Answer, Effect, Successor, Transition};
use crate::limits::{BUFFERED_BYTES_MAX, BUFFERED_EVENTS_MAX};
use crate::proto::{Attributes, HistoryEvent};
use crate::state::RunState;

/// See the module.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) state: RunState,
    pub(crate) now_ns: i64,
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) successor: Option<Box<Successor>>,
}

impl Draft {
    pub(crate) fn new(state: RunState, now_ns: i64) -> Self {
        Self { state, now_ns, events: Vec::new(), effects: Vec::new(), successor: None }
    }

    /// Writes an event that happens now; gives its id, or 0 when it has to wait for the running workflow
    /// task.
    pub(crate) fn write(&mut self, attributes: impl Into<Attributes>) -> i64 {
        self.write_event(HistoryEvent { attributes: Some(attributes.into()), ..HistoryEvent::default() })
    }

    /// As [`Draft::write`], with what else the event carries. An event without a time happens now.
    pub(crate) fn write_event(&mut self, mut event: HistoryEvent) -> i64 {
        let Some(attributes) = &event.attributes else { return 0 };
        let kind = attributes.event_type();
        event.event_type = kind as i32;
        event.event_time.get_or_insert_with(|| nanos_to_timestamp(self.now_ns));
        if waits(kind) && self.state.workflow_task_runs() {
            self.state.buffered.push(event);
            return 0;
        }
        self.number(event)
    }

    /// Puts an event behind those that wait, even if no workflow task runs any more.
    pub(crate) fn write_after_waiting(&mut self, attributes: impl Into<Attributes>) {
        let attributes = attributes.into();
        self.state.buffered.push(HistoryEvent {
            event_type: attributes.event_type() as i32,
            event_time: Some(nanos_to_timestamp(self.now_ns)),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        });
    }

    fn number(&mut self, mut event: HistoryEvent) -> i64 {
        self.state.last_event_id += 1;
        event.event_id = self.state.last_event_id;
        // Temporal's task ids order events across shards; here the event's own number does.
        event.task_id = event.event_id;
        self.state.history_bytes = self.state.history_bytes.saturating_add(bytes(&event));
        let id = event.event_id;
        self.events.push(event);
        id
    }

    /// Writes the events that waited.
    pub(crate) fn write_waiting(&mut self) {
        let waited = std::mem::take(&mut self.state.buffered);
        let mut started = StartedEvents::default();
        for mut event in in_writing_order(waited) {
            event.event_id = self.state.last_event_id + 1;
            if let Some((initiated, started_event)) = started.wire(&mut event)
                && let Some(child) = self.state.children.get_mut(&initiated)
            {
                child.started_event_id = started_event;
            }
            self.number(event);
        }
    }

    /// Whether too much waits for the running workflow task.
    pub(crate) fn waits_too_much(&self) -> bool {
        self.state.buffered.len() > BUFFERED_EVENTS_MAX
            || self.state.buffered.iter().map(Message::encoded_len).sum::<usize>() > BUFFERED_BYTES_MAX
    }

    pub(crate) fn finish(self, answer: Answer) -> Transition {
        let Self { state, now_ns: _, events, effects, successor } = self;
        Transition { state, events, effects, answer, successor }
    }
}

fn bytes(event: &HistoryEvent) -> i64 {
    i64::try_from(event.encoded_len()).unwrap_or(i64::MAX)
}
