//! How a run is stored: state, summary, and the events of one transition as a batch.

use engine_history::RunState;
use engine_store::{EventBatch, Expect, RunWrite};
use prost::Message;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;

use crate::summary;

/// A run as the store takes it, with the events that are new.
#[must_use]
pub fn stored_run<'e>(
    state: &RunState,
    events: impl IntoIterator<Item = &'e HistoryEvent>,
    expect: Expect,
) -> RunWrite {
    RunWrite {
        key: summary::key(state),
        expect,
        state: state.encode_to_vec(),
        summary: summary::summary(state),
        next_due: state.next_due(),
        has_tasks: state.has_tasks(),
        events: batch(events),
    }
}

/// The events as an encoded `History`, without a copy of them.
fn batch<'e>(events: impl IntoIterator<Item = &'e HistoryEvent>) -> Option<EventBatch> {
    const EVENTS: u32 = 1;
    let (mut ids, mut data) = (None, Vec::new());
    for event in events {
        prost::encoding::message::encode(EVENTS, event, &mut data);
        let (first, _) = ids.unwrap_or((event.event_id, event.event_id));
        ids = Some((first, event.event_id));
    }
    let (first_event_id, last_event_id) = ids?;
    Some(EventBatch { first_event_id, last_event_id, data })
}

#[cfg(test)]
mod tests {
    use temporalio_protos::temporal::api::history::v1::History;

    use super::*;

    #[test]
    fn a_batch_is_an_encoded_history() {
        let event = |event_id| HistoryEvent { event_id, task_id: event_id, ..HistoryEvent::default() };
        let events = vec![event(3), event(4)];
        let batch = batch(&events).unwrap();
        assert_eq!((batch.first_event_id, batch.last_event_id), (3, 4));
        assert_eq!(History::decode(batch.data.as_slice()).unwrap(), History { events });
        assert_eq!(super::batch(&[]), None);
    }
}
