//! The latest events of a run in memory, so that a workflow task is handed out without reading the disk.

use std::collections::VecDeque;
use std::sync::Arc;

use prost::Message;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;

/// Bytes of events kept of one run: a few dozen events with usual payloads.
const TAIL_BYTES_MAX: usize = 32 * 1024;

/// Consecutive events up to the history's end.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Each on its own: an event is large, and the queue grows a few at a time.
    events: VecDeque<Arc<HistoryEvent>>,
    /// The first event that is kept; the one after the last when none is.
    first_event_id: i64,
    bytes: usize,
}

impl Tail {
    /// Nothing kept of a history that ends with this event.
    pub(crate) fn after(last_event_id: i64) -> Self {
        Self { events: VecDeque::new(), first_event_id: last_event_id + 1, bytes: 0 }
    }

    /// A history from its beginning.
    pub(crate) fn whole(events: Vec<HistoryEvent>) -> Self {
        let mut tail = Self::after(0);
        tail.extend(events.into_iter().map(Arc::new));
        tail
    }

    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Arc<HistoryEvent>>) {
        for event in events {
            self.bytes += event.encoded_len();
            self.events.push_back(event);
        }
        while self.bytes > TAIL_BYTES_MAX
            && let Some(event) = self.events.pop_front()
        {
            self.bytes -= event.encoded_len();
            self.first_event_id = event.event_id + 1;
        }
    }

    pub(crate) fn first_event_id(&self) -> i64 {
        self.first_event_id
    }

    /// The kept events from `from` to `to`, both inclusive.
    pub(crate) fn between(&self, from: i64, to: i64) -> impl Iterator<Item = &HistoryEvent> {
        self.events.iter().map(Arc::as_ref).filter(move |event| (from..=to).contains(&event.event_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_id: i64, bytes: usize) -> HistoryEvent {
        let mut event = HistoryEvent { event_id, ..HistoryEvent::default() };
        event.links = vec![Default::default(); bytes / 2];
        event
    }

    #[test]
    fn the_oldest_events_make_room() {
        let mut tail = Tail::whole((1..=4).map(|id| event(id, TAIL_BYTES_MAX / 3)).collect());
        assert!(tail.first_event_id() > 1);
        tail.extend([Arc::new(event(5, 10))]);
        let kept: Vec<_> = tail.between(1, 5).map(|event| event.event_id).collect();
        assert_eq!(kept, (tail.first_event_id()..=5).collect::<Vec<_>>());
    }

    #[test]
    fn an_event_beyond_the_limit_leaves_nothing() {
        let tail = Tail::whole(vec![event(1, TAIL_BYTES_MAX * 2)]);
        assert_eq!(tail.first_event_id(), 2);
        assert_eq!(tail.between(1, 1).count(), 0);
    }
}
