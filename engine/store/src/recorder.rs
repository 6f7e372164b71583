//! A record of what was made durable, to be done again for comparison.

use std::sync::{Arc, Mutex, PoisonError};

use crate::commit::{Commit, CommitError};
use crate::group::{Done, Work};

/// The commits that took place, by the transaction that carried them. All of it is in memory: for
/// measurements of seconds, not for products. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Vec<Commit>>>>);

impl Recorder {
    /// What was recorded so far; recording goes on with nothing.
    #[must_use]
    pub fn take(&self) -> Vec<Vec<Commit>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note(&self, works: &[&Work], outcomes: &[Result<Done, CommitError>]) {
        let group = works.iter().zip(outcomes).filter_map(|(work, outcome)| match (work, outcome) {
            (Work::Commit(commit), Ok(_)) => Some(commit.clone()),
            (Work::Delete(_), _) | (_, Err(_)) => None,
        });
        let group = group.collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(group);
    }
}
