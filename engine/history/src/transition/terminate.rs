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
