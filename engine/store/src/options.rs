//! Settings of a store, and its limits.

use crate::recorder::Recorder;

/// What an acknowledged commit outlives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Power loss: `synchronous=FULL` (I-3). The only choice for an engine whose work matters.
    #[default]
    PowerLoss,
    /// Power loss once a checkpoint moved it: `synchronous=NORMAL`. For tests, which show with it that they
    /// would see a loss.
    Checkpoint,
    /// The end of the process only. For simulations that end processes thousands of times.
    ProcessEnd,
}

/// How a store works. The defaults are right for the product; tests make them small.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections for reads. Reads are short and mostly from memory, so few are enough on few cores.
    pub readers: u32,
    /// Commits that may wait for the writer; who comes after that waits for a place.
    pub queue_max: usize,
    /// Commits in one transaction. At 1,000 the fsync's share of each is below a microsecond; more only
    /// makes the first wait longer.
    pub group_max: usize,
    /// About how much the write-ahead log may grow between two checkpoints, bytes.
    ///
    /// SQLite's own rhythm is 1,000 pages (4 MB); with twice that, pages that change often are written half
    /// as often, and reopening after a crash still takes milliseconds.
    pub checkpoint_bytes: u64,
    /// The log's size at which the writer is stopped for the moment that a checkpoint of all of it takes, so
    /// that it starts again from its beginning; what the file has beyond that is given back then. Readers
    /// that stay put it off. A search through a log of 64 MB is still quick, and a start after a crash
    /// reads it in a fraction of a second.
    pub log_bytes_max: u64,
    /// The largest size of the database file, bytes; `None`: what the disk holds. See
    /// [`Store::set_size_max`](crate::Store::set_size_max).
    pub size_max: Option<u64>,
    pub durability: Durability,
    /// Takes note of every transaction; for measurements.
    pub recorder: Option<Recorder>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            queue_max: 4_096,
            group_max: 1_024,
            checkpoint_bytes: 8 << 20,
            log_bytes_max: 64 << 20,
            size_max: None,
            durability: Durability::PowerLoss,
            recorder: None,
        }
    }
}
