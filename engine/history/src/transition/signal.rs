//! A run is signalled.

use crate::draft::Draft;
use crate::input::SignalInput;
use crate::limits::{SIGNAL_REQUEST_IDS_MAX, SIGNALS_MAX};
use crate::proto::{HistoryEvent, WorkflowExecution};
use crate::refusal::Refusal;
use crate::state::RunState;
use temporalio_protos::temporal::api::history::v1::WorkflowExecutionSignaledEventAttributes;

impl Draft {
    pub(crate) fn signal(&mut self, signal: SignalInput) -> Result<(), Refusal> {
        if self.state.signal_count >= SIGNALS_MAX {
            return Err(Refusal::InvalidArgument(
                "exceeded workflow execution limit for signal events".to_owned(),
            ));
        }
        self.state.check_not_closing()?;
        if signal.child_only {
            self.state.check_parent(signal.sender.as_ref())?;
        }
        self.write_signal(signal);
        self.wake();
        Ok(())
    }

    pub(crate) fn write_signal(&mut self, signal: SignalInput) {
        let SignalInput { name, input, header, identity, request_id, links, sender, child_only: _ } = signal;
        self.state.signal_count += 1;
        if !request_id.is_empty() {
            if self.state.signal_request_ids.len() >= SIGNAL_REQUEST_IDS_MAX {
                self.state.signal_request_ids.remove(0);
            }
            self.state.signal_request_ids.push(request_id.clone());
        }
        let attributes = WorkflowExecutionSignaledEventAttributes {
            signal_name: name,
            input,
            identity,
            header,
            external_workflow_execution: sender,
            request_id,
            ..WorkflowExecutionSignaledEventAttributes::default()
        };
        self.write_event(HistoryEvent {
            links,
            attributes: Some(attributes.into()),
            ..HistoryEvent::default()
        });
    }
}

impl RunState {
    /// Whether this signal has been taken before.
    pub(crate) fn knows_signal(&self, signal: &SignalInput) -> bool {
        !signal.request_id.is_empty() && self.signal_request_ids.contains(&signal.request_id)
    }

    /// Signals and updates that never stop would keep a run from closing: they wait while its worker tries
    /// again.
    pub(crate) fn check_not_closing(&self) -> Result<(), Refusal> {
        if self.close_attempted && self.workflow_task_runs() { Err(Refusal::Closing) } else { Ok(()) }
    }

    /// Whether the sender is the run's parent.
    pub(crate) fn check_parent(&self, sender: Option<&WorkflowExecution>) -> Result<(), Refusal> {
        let is_parent = sender.is_some_and(|sender| {
            self.parent
                .as_ref()
                .is_some_and(|it| it.workflow_id == sender.workflow_id && it.run_id == sender.run_id)
        });
        if is_parent {
            return Ok(());
        }
        Err(Refusal::OtherParent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Input, StartRun};
    use crate::proto::EventType as E;
    use crate::testing::Played;

    #[test]
    fn a_repeated_signal_is_taken_once() {
        let mut run = Played::begun();
        let signal = SignalInput { request_id: "one".to_owned(), ..SignalInput::default() };
        run.apply(Input::Signal(signal.clone())).unwrap();
        assert_eq!(run.apply(Input::Signal(signal)), Err(Refusal::Repeated));
        assert_eq!(run.kinds().iter().filter(|it| **it == E::WorkflowExecutionSignaled).count(), 1);
    }

    #[test]
    fn a_signal_does_not_end_the_delay_of_a_start_but_a_cancel_request_does() {
        let delay = 60 * crate::limits::SECOND_NS;
        let mut run = Played::begun_with(StartRun { start_delay_ns: delay, ..StartRun::default() });
        run.signal("early");
        assert_eq!(run.last(1), [E::WorkflowExecutionSignaled]);
        assert_eq!(run.state.next_due(), Some(run.now_ns + delay));
        let cancel = Input::RequestCancel {
            reason: String::new(),
            identity: String::new(),
            request_id: String::new(),
            sender: None,
            sender_initiated_event_id: 0,
            child_only: false,
        };
        run.apply(cancel).unwrap();
        assert_eq!(run.last(2), [E::WorkflowExecutionCancelRequested, E::WorkflowTaskScheduled]);
    }

    #[test]
    fn a_run_that_tries_to_close_gets_its_chance() {
        let (mut run, task) = Played::with_task();
        run.signal("in the way");
        run.complete(&task, vec![crate::testing::finish()]).unwrap();
        run.signal("while nobody works on it");
        let task = run.take_task();
        let refused = run.apply(Input::Signal(SignalInput::default()));
        assert_eq!(refused, Err(Refusal::Closing));
        run.complete(&task, vec![crate::testing::finish()]).unwrap();
        assert!(!run.state.is_open());
    }

    #[test]
    fn there_is_an_end_to_signals() {
        let mut run = Played::begun();
        run.state.signal_count = SIGNALS_MAX;
        let refused = run.apply(Input::Signal(SignalInput::default()));
        assert!(matches!(refused, Err(Refusal::InvalidArgument(_))));
    }
}
