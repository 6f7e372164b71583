//! A run, or its whole chain, takes too long.

use crate::draft::Draft;
use crate::input::StartRun;
use crate::proto::{Failure, RetryState, TimeoutType};
use crate::transition::continue_as_new::Chain;

impl Draft {
    /// Closes the run if its time is over.
    pub(crate) fn time_out_run_if_due(
        &mut self,
        successor_run_id: &str,
        began_with: Option<&StartRun>,
    ) -> bool {
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
                self.retry_run(
                    began_with.clone(),
                    Chain { run_id: successor_run_id, delay_ns },
                    Some(failure),
                );
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use crate::limits::SECOND_NS;
    use crate::proto::{EventType as E, RetryPolicy, WorkflowExecutionStatus};
    use crate::testing::Played;

    #[test]
    fn a_run_ends_when_its_time_is_over() {
        let mut run = Played::begun_with(StartRun { run_timeout_ns: 5 * SECOND_NS, ..StartRun::default() });
        run.take_task();
        assert_eq!(run.state.next_due(), Some(run.now_ns + 5 * SECOND_NS));
        run.pass(5);
        run.due().unwrap();
        assert!(run.kinds().ends_with(&[E::WorkflowExecutionTimedOut]), "{:?}", run.kinds());
        assert_eq!(run.state.status(), WorkflowExecutionStatus::TimedOut);
    }

    #[test]
    fn a_run_with_a_retry_policy_is_followed_by_another() {
        let begin = StartRun {
            run_timeout_ns: 5 * SECOND_NS,
            retry_policy: Some(crate::retry::with_defaults(RetryPolicy::default())),
            ..StartRun::default()
        };
        let run = Played::begun_with(begin.clone());
        let due = Input::Due { successor_run_id: "next".to_owned(), began_with: Some(Box::new(begin)) };
        let transition = crate::apply(&run.state, due, run.now_ns + 5 * SECOND_NS).unwrap();
        assert_eq!(transition.state.successor_run_id, "next");
        let next = transition.successor.unwrap();
        assert_eq!((next.state.attempt, next.state.first_run_id.as_str()), (2, "run"));
        assert!(next.state.waits_for_first_task());
    }
}
