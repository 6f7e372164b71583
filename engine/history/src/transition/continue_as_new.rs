//! A run is followed by another of its chain: by its own wish, or because it failed and is retried.

use crate::derived_id::derived_id;
use crate::draft::Draft;
use crate::effect::Successor;
use crate::input::StartRun;
use crate::limits::RUN_INTERVAL_MIN_NS;
use crate::proto::{ContinueAsNewInitiator, Failure, RetryState};
use crate::retry::Attempts;
use crate::transition::start::{Inherited, start_run};

/// The next run and how long it waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain<'a> {
    pub(crate) run_id: &'a str,
    pub(crate) delay_ns: i64,
}

impl Draft {
    /// Begins the next run of the chain; it is committed with the end of this one.
    pub(crate) fn follow_with(&mut self, mut next: StartRun, initiator: ContinueAsNewInitiator) {
        let before = &self.state;
        let attempt = if initiator == ContinueAsNewInitiator::Retry { before.attempt + 1 } else { 1 };
        let inherited = Inherited {
            first_run_id: before.first_run_id.clone(),
            continued_run_id: before.run_id.clone(),
            initiator,
            attempt,
            execution_expires_ns: before.execution_expires_ns,
        };
        next.start_delay_ns = self.spaced(next.start_delay_ns);
        next.request_id = derived_id(&next.run_id, 0);
        let draft = start_run(next, Some(inherited), self.now_ns);
        let Draft { state, now_ns: _, events, effects, successor: _ } = draft;
        self.successor = Some(Box::new(Successor { state, events, effects }));
    }

    /// Keeps the starts of two runs apart, so that a chain can't spin.
    fn spaced(&self, delay_ns: i64) -> i64 {
        let lifetime_ns = self.now_ns.saturating_sub(self.state.execution_ns).max(0);
        if lifetime_ns.saturating_add(delay_ns) < RUN_INTERVAL_MIN_NS {
            RUN_INTERVAL_MIN_NS - lifetime_ns
        } else {
            delay_ns
        }
    }

    /// How long to wait before the workflow is tried again, or why it is not.
    pub(crate) fn workflow_retry_delay(&self, failure: Option<&Failure>) -> Result<i64, RetryState> {
        let policy = self.state.retry_policy.as_ref().ok_or(RetryState::RetryPolicyNotSet)?;
        let attempts = Attempts {
            policy,
            attempt: self.state.attempt,
            now_ns: self.now_ns,
            expires_ns: self.state.execution_expires_ns,
        };
        attempts.after_failure(failure)
    }

    /// Tries the workflow again from what it began with.
    pub(crate) fn retry_run(&mut self, began_with: StartRun, chain: Chain<'_>, failure: Option<Failure>) {
        let next = StartRun {
            run_id: chain.run_id.to_owned(),
            start_delay_ns: chain.delay_ns,
            continued_failure: failure,
            signal: None,
            ..began_with
        };
        self.follow_with(next, ContinueAsNewInitiator::Retry);
    }
}
