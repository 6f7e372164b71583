//! A run is ended from outside, without asking it.

use crate::draft::Draft;
use crate::limits::{HISTORY_BYTES_MAX, HISTORY_EVENTS_MAX};
use crate::proto::Payloads;
use crate::transition::workflow_task_fail::ENGINE_IDENTITY;

impl Draft {
    pub(crate) fn terminate(&mut self, reason: String, details: Option<Payloads>, identity: String) {
        self.force_workflow_task_closed();
        self.close_terminated(reason, details, identity);
    }

    /// Ends a run whose history is at its limit.
    pub(crate) fn terminate_if_too_long(&mut self) {
        if !self.state.is_open() {
            return;
        }
        let reason = if self.state.last_event_id >= HISTORY_EVENTS_MAX {
            "Workflow history count exceeds limit."
        } else if self.state.history_bytes >= HISTORY_BYTES_MAX {
            "Workflow history size exceeds limit."
        } else {
            return;
        };
        self.terminate(reason.to_owned(), None, ENGINE_IDENTITY.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use crate::input::Input;
    use crate::limits::HISTORY_EVENTS_MAX;
    use crate::proto::EventType as E;
    use crate::refusal::Refusal;
    use crate::testing::Played;

    fn terminate() -> Input {
        Input::Terminate { reason: "enough".to_owned(), details: None, identity: String::new() }
    }

    #[test]
    fn a_running_task_is_failed_first_and_what_waited_is_written() {
        let (mut run, _) = Played::with_task();
        run.signal("news");
        run.apply(terminate()).unwrap();
        assert_eq!(
            run.last(3),
            [E::WorkflowTaskFailed, E::WorkflowExecutionSignaled, E::WorkflowExecutionTerminated]
        );
        assert_eq!(run.state.next_due(), None);
        assert!(!run.state.has_tasks());
        assert_eq!(run.apply(terminate()), Err(Refusal::RunClosed));
    }

    #[test]
    fn a_history_that_is_too_long_ends_its_run() {
        let mut run = Played::begun();
        run.state.last_event_id = HISTORY_EVENTS_MAX - 1;
        run.signal("one more");
        assert_eq!(run.last(1), [E::WorkflowExecutionTerminated]);
    }
}
