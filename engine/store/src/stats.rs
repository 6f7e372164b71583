//! What the writer did since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the store was opened; all but `queued` only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions made durable: the groups.
    pub commits: u64,
    /// [`Commit`](crate::Commit)s acknowledged.
    pub members: u64,
    /// Run writes in them.
    pub transitions: u64,
    /// Commits that were refused, for whatever reason.
    pub refused: u64,
    /// Runs deleted.
    pub deleted: u64,
    /// Checkpoints that finished.
    pub checkpoints: u64,
    /// Requests that wait for the writer now.
    pub queued: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) members: AtomicU64,
    pub(crate) transitions: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) deleted: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self, queued: usize) -> Stats {
        let Self { commits, members, transitions, refused, deleted, checkpoints } = self;
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            commits: of(commits),
            members: of(members),
            transitions: of(transitions),
            refused: of(refused),
            deleted: of(deleted),
            checkpoints: of(checkpoints),
            queued: queued as u64,
        }
    }
}

pub(crate) fn add(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Ordering::Relaxed);
}
