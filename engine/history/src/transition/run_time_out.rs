//! A run, or its whole chain, takes too long.

use crate::draft::Draft;
use crate::input::StartRun;
use crate::proto::{Failure, RetryState, TimeoutType};
use crate::transition::continue_as_new::Chain;

impl Draft {
    /// Closes the run if its time is over.
    pub(crate) fn time_out_run_if_due(&mut self, successor_run_id: &str, began_with: Option<&StartRun>) -> bool {
        let due_ns = self.state.run_expires_ns;
        if due_ns == 0 || due_ns > self.now_ns || !self.state.is_open() {
            return false;
        }
        self.force_workflow_task_closed();
        // The end of the chain's time is no failure of one run: nothing follows it.
        let chain_is_over =
            self.state.execution_expires_ns > 0 && self.state.execution_expires_ns <= self.now_ns;
        let failure = timeout_failure();
        let retry = match (chain_is_over, began_with) {
            (true, _) => Err(RetryState::Timeout),
            (false, None) => Err(RetryState::RetryPolicyNotSet),
            (false, Some(_)) => self.workflow_retry_delay(Some(&failure)),
        };
        match (retry, began_with) {
            (Ok(delay_ns), Some(began_with)) => {
                self.state.successor_run_id = successor_run_id.to_owned();
                self.close_timed_out(RetryState::InProgress, successor_run_id.to_owned());
                self.retry_run(began_with.clone(), Chain { run_id: successor_run_id, delay_ns }, Some(failure));
            }
            (Err(retry_state), _) => self.close_timed_out(retry_state, String::new()),
            (Ok(_), None) => self.close_timed_out(RetryState::RetryPolicyNotSet, String::new()),
        }
        true
    }
}

fn timeout_failure() -> Failure {
    crate::failure::timeout("workflow timeout".to_owned(), TimeoutType::StartToClose, None)
}
