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

#[cfg(test)]
mod tests {
    use crate::limits::SECOND_NS;
    use crate::proto::{Attributes, EventType as E};
    use crate::testing::{Played, start_timer};

    #[test]
    fn due_timers_fire_in_order_with_one_task() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![start_timer("b", 2), start_timer("a", 1), start_timer("c", 9)]).unwrap();
        assert_eq!(run.state.next_due(), Some(run.now_ns + SECOND_NS));
        run.pass(5);
        run.due().unwrap();
        assert_eq!(run.last(3), [E::TimerFired, E::TimerFired, E::WorkflowTaskScheduled]);
        let fired: Vec<_> = run
            .history
            .iter()
            .filter_map(|event| match &event.attributes {
                Some(Attributes::TimerFiredEventAttributes(it)) => Some(it.timer_id.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(fired, ["a", "b"]);
        assert_eq!(run.state.timers.len(), 1);
    }
}
