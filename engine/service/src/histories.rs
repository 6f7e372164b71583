//! Reading histories: from memory where the end of one is, from the store what lies before.

use std::sync::Arc;

use engine_history::{Parent, StartRun, duration_to_nanos};
use prost::Message;
use temporalio_protos::temporal::api::history::v1::{History, HistoryEvent, history_event::Attributes};
use tonic::Status;

use crate::runs::{Loaded, Undone};
use crate::service::Service;
use crate::status;

/// Bytes of events in one answer, about: half of what gRPC clients take by default.
pub(crate) const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Some events of a history.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<HistoryEvent>,
    /// The event to go on with; `None` when the page reaches the end that was asked for.
    pub(crate) next_event_id: Option<i64>,
}

impl Service {
    /// Events from `from` to `to`, both inclusive, at most `max` and about [`PAGE_BYTES_MAX`].
    pub(crate) async fn events(
        &self,
        run_id: &str,
        from: i64,
        to: i64,
        max: usize,
    ) -> Result<EventPage, Status> {
        if from > to {
            return Ok(EventPage::default());
        }
        let run_id = Arc::from(run_id);
        let cell = self.runs.cell(&run_id);
        let first_kept = {
            let mut slot = cell.lock().await;
            let run = self.loaded(&mut slot, &run_id).await.map_err(|undone| undone.into_status(&run_id))?;
            if from >= run.tail.first_event_id() {
                return Ok(page(run.tail.between(from, to).cloned(), to, max));
            }
            run.tail.first_event_id()
        };
        // What lies before is never changed, so that it is read without holding up the run.
        let stored = self.stored_events(&run_id, from, to.min(first_kept - 1), max).await?;
        if stored.next_event_id.is_some() || stored.events.len() >= max || to < first_kept {
            return Ok(stored);
        }
        let mut slot = cell.lock().await;
        let run = self.loaded(&mut slot, &run_id).await.map_err(|undone| undone.into_status(&run_id))?;
        if run.tail.first_event_id() > first_kept {
            // The events in between left memory meanwhile; the caller comes again.
            return Ok(EventPage { next_event_id: Some(first_kept), ..stored });
        }
        let kept = run.tail.between(first_kept, to).cloned();
        Ok(page(stored.events.into_iter().chain(kept), to, max))
    }

    async fn stored_events(&self, run_id: &str, from: i64, to: i64, max: usize) -> Result<EventPage, Status> {
        let batches =
            self.store.history(run_id, from, PAGE_BYTES_MAX).await.map_err(|error| status::unread(&error))?;
        let mut events = Vec::new();
        for batch in batches {
            let history = History::decode(batch.data.as_slice()).map_err(|error| {
                tracing::error!(%error, run_id, "engine: stored events can't be read");
                Status::data_loss("the run's history can't be read")
            })?;
            events.extend(history.events);
        }
        Ok(page(events.into_iter().filter(|event| (from..=to).contains(&event.event_id)), to, max))
    }

    /// All events from `from` to `to`; for internal use, where the range is known to be short.
    pub(crate) async fn event(&self, run_id: &str, event_id: i64) -> Result<Option<HistoryEvent>, Status> {
        Ok(self.events(run_id, event_id, event_id, 1).await?.events.pop())
    }

    /// What a run began with, to begin another like it.
    pub(crate) async fn beginning(&self, run: &Loaded) -> Result<Option<StartRun>, Status> {
        let state = &run.state;
        let first = match run.tail.between(1, 1).next() {
            Some(event) => Some(event.clone()),
            None => self.stored_events(&state.run_id, 1, 1, 1).await?.events.pop(),
        };
        let Some(HistoryEvent { attributes, user_metadata, links, .. }) = first else { return Ok(None) };
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(it)) = attributes else {
            return Ok(None);
        };
        Ok(Some(StartRun {
            namespace: state.namespace.clone(),
            workflow_id: state.workflow_id.clone(),
            workflow_type: it.workflow_type.map(|kind| kind.name).unwrap_or_default(),
            task_queue: it.task_queue.map(|queue| queue.name).unwrap_or_default(),
            input: it.input,
            header: it.header,
            memo: it.memo,
            search_attributes: it.search_attributes,
            execution_timeout_ns: duration_to_nanos(it.workflow_execution_timeout.as_ref()),
            run_timeout_ns: duration_to_nanos(it.workflow_run_timeout.as_ref()),
            task_timeout_ns: duration_to_nanos(it.workflow_task_timeout.as_ref()),
            retry_policy: it.retry_policy,
            cron_schedule: it.cron_schedule,
            priority: it.priority,
            parent: state.parent.clone().map(|parent: Parent| parent),
            root: state.root.clone(),
            last_completion_result: it.last_completion_result,
            user_metadata,
            links,
            ..StartRun::default()
        }))
    }

    /// The state of a run, or the status that there is none.
    pub(crate) async fn state_or_status(
        &self,
        run_id: &str,
    ) -> Result<Arc<engine_history::RunState>, Status> {
        self.state(run_id).await.map_err(|undone: Undone| undone.into_status(run_id))
    }
}

/// The first events up to the limits.
fn page(events: impl Iterator<Item = HistoryEvent>, to: i64, max: usize) -> EventPage {
    let mut taken = Vec::new();
    let mut bytes = 0;
    for event in events {
        let size = event.encoded_len();
        if taken.len() >= max.max(1) || (!taken.is_empty() && bytes + size > PAGE_BYTES_MAX) {
            break;
        }
        bytes += size;
        taken.push(event);
    }
    let last = taken.last().map(|event| event.event_id);
    EventPage { next_event_id: last.filter(|last| *last < to).map(|last| last + 1), events: taken }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(ids: std::ops::RangeInclusive<i64>) -> impl Iterator<Item = HistoryEvent> {
        ids.map(|event_id| HistoryEvent { event_id, ..HistoryEvent::default() })
    }

    #[test]
    fn a_page_says_where_to_go_on() {
        let first = page(events(1..=10), 10, 4);
        assert_eq!((first.events.len(), first.next_event_id), (4, Some(5)));
        let last = page(events(9..=10), 10, 4);
        assert_eq!((last.events.len(), last.next_event_id), (2, None));
    }

    #[test]
    fn a_large_event_is_a_page_of_its_own() {
        let mut large = HistoryEvent { event_id: 1, ..HistoryEvent::default() };
        large.links = vec![Default::default(); PAGE_BYTES_MAX];
        let page = page(std::iter::once(large).chain(events(2..=3)), 3, 10);
        assert_eq!((page.events.len(), page.next_event_id), (1, Some(2)));
    }
}
