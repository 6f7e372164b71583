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
            return Err(Refusal::InvalidArgument("exceeded workflow execution limit for signal events".to_owned()));
        }
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
        self.write_event(HistoryEvent { links, attributes: Some(attributes.into()), ..HistoryEvent::default() });
    }
}

impl RunState {
    /// Whether this signal has been taken before.
    pub(crate) fn knows_signal(&self, signal: &SignalInput) -> bool {
        !signal.request_id.is_empty() && self.signal_request_ids.contains(&signal.request_id)
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
