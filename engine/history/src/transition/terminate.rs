//! A run is ended from outside, without asking it.

use crate::draft::Draft;
use crate::effect::Successor;
use crate::input::StartRun;
use crate::limits::{HISTORY_BYTES_MAX, HISTORY_EVENTS_MAX};
use crate::proto::Payloads;
use crate::transition::start::start_run;

impl Draft {
    pub(crate) fn terminate(&mut self, reason: String, details: Option<Payloads>, identity: String) {
        self.force_workflow_task_closed();
        self.close_terminated(reason, details, identity);
    }

    /// Begins the run that takes the workflow id; it has no part in this one's chain.
    pub(crate) fn make_way_for(&mut self, by: StartRun) {
        let draft = start_run(by, None, self.now_ns);
        let Draft { state, now_ns: _, events, effects, successor: _ } = draft;
        self.successor = Some(Box::new(Successor { state, events, effects }));
    }

    /// Why the run may not go on, when its history is beyond a limit.
    pub(crate) fn too_long(&self) -> Option<&'static str> {
        if !self.state.is_open() {
            None
        } else if self.state.last_event_id > HISTORY_EVENTS_MAX {
            Some("Workflow history count exceeds limit.")
        } else if self.state.history_bytes > HISTORY_BYTES_MAX {
            Some("Workflow history size exceeds limit.")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::effect::Answer;
    use crate::input::{Input, StartRun};
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
    fn a_run_that_makes_way_ends_and_the_other_begins_a_chain_of_its_own() {
        let mut run = Played::begun();
        let by = StartRun { run_id: "other".to_owned(), ..StartRun::default() };
        let replace = Input::Replace {
            reason: "another".to_owned(),
            details: None,
            identity: String::new(),
            by: Box::new(by),
        };
        let transition = crate::apply(&run.state, replace, 5).unwrap();
        assert!(!transition.state.is_open());
        assert_eq!(transition.state.successor_run_id, "");
        let other = transition.successor.unwrap().state;
        assert!(other.is_open());
        assert_eq!((other.run_id.as_str(), other.first_run_id.as_str()), ("other", "other"));
        run.apply(terminate()).unwrap();
    }

    #[test]
    fn what_makes_a_history_too_long_ends_its_run_instead() {
        let mut run = Played::begun();
        run.state.last_event_id = HISTORY_EVENTS_MAX - 1;
        run.signal("the last one");
        assert_eq!(run.last(1), [E::WorkflowExecutionSignaled]);
        let signal = crate::input::SignalInput { name: "one more".to_owned(), ..Default::default() };
        let answer = run.apply(Input::Signal(signal)).unwrap();
        assert_eq!(answer, Answer::TooLong("Workflow history count exceeds limit."));
        assert_eq!(run.last(2), [E::WorkflowExecutionSignaled, E::WorkflowExecutionTerminated]);
    }
}
