//! Timers of the workflow fire.

use crate::draft::Draft;
use temporalio_protos::temporal::api::history::v1::TimerFiredEventAttributes;

impl Draft {
    /// Fires every timer that is due, in the order of their deadlines.
    pub(crate) fn fire_timers_if_due(&mut self) -> bool {
        let mut due: Vec<_> = self
            .state
            .timers
            .iter()
            .filter(|(_, timer)| timer.fire_ns <= self.now_ns)
            .map(|(id, timer)| (timer.fire_ns, timer.started_event_id, id.clone()))
            .collect();
        due.sort();
        let any = !due.is_empty();
        for (_, started_event_id, timer_id) in due {
            self.state.timers.remove(&timer_id);
            self.write(TimerFiredEventAttributes { timer_id, started_event_id });
        }
        if any {
            self.wake();
        }
        any
    }
}
