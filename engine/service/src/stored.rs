//! How a run is stored: state, summary, and the events of one transition as a batch.

use engine_history::RunState;
use engine_store::{EventBatch, Expect, RunWrite};
use prost::Message;
use temporalio_protos::temporal::api::history::v1::{History, HistoryEvent};

use crate::summary;

/// A run as the store takes it, with the events that are new.
#[must_use]
pub fn stored_run(state: &RunState, events: &[HistoryEvent], expect: Expect) -> RunWrite {
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

fn batch(events: &[HistoryEvent]) -> Option<EventBatch> {
    let (first, last) = (events.first()?, events.last()?);
    Some(EventBatch {
        first_event_id: first.event_id,
        last_event_id: last.event_id,
        data: History { events: events.to_vec() }.encode_to_vec(),
    })
}
