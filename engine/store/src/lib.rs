//! The engine's SQLite: runs with their state, histories and summaries. The only SQL for runs.
//!
//! One writer owns one connection. It takes all commits that wait, applies them in one transaction, makes
//! it durable (`synchronous=FULL`), then answers all of them: group commit. A commit that can't be applied
//! fails alone. Reads have connections of their own; so has the checkpoint.
//!
//! Not here: what a state or an event means (opaque bytes), tasks (rebuilt from states), time (values in
//! nanoseconds that the caller supplies).

pub mod backup;
mod commit;
mod fault;
mod options;
mod run;
mod store;
mod visibility;

mod admission;
mod checkpoint;
mod deletion;
mod group;
mod history;
mod migration;
mod name;
mod opening;
#[cfg(test)]
mod plan;
mod portion;
mod reading;
mod recent;
mod recorder;
mod rows;
mod stats;
mod stored_id;
mod together;
mod writer;

pub use commit::{Commit, CommitError, EVENT_ID_MAX, EventBatch, Expect, RUNS_PER_COMMIT_MAX, RunWrite};
pub use fault::{Fault, ReadError};
pub use opening::OpenError;
pub use options::{Durability, StoreOptions};
pub use recorder::Recorder;
pub use run::{CurrentRun, ListedRun, RunKey, RunWithTasks, STATUS_RUNNING, StoredRun, Summary};
pub use stats::Stats;
pub use store::Store;
pub use visibility::{Filter, ListPage, ListQuery, PAGE_MAX, PageToken, TimeRange};
