//! A run's state as a fold of its history: commands and events in, events and effects out.
//!
//! [`start`] makes a run, [`apply`] takes one [`Input`] to the next [`RunState`]. Both are pure: the time
//! and fresh ids come in as values, what must happen outside goes out as [`Effect`]s. What is not here:
//! storage, queues, waiting, RPCs (`engine/store`, `engine/service`).
//!
//! The rules are those of Temporal's server; where a constant or a text is its, the docs say so.

#![expect(deprecated, reason = "older workers still send and expect deprecated fields")]

mod apply;
mod attributes;
mod command;
mod derived_id;
mod draft;
mod due;
mod duration;
mod effect;
mod failure;
mod input;
pub mod limits;
mod proto;
mod refusal;
pub mod retry;
pub mod search_attributes;
mod state;
mod transition;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

pub use apply::{apply, start};
pub use command::DEFAULT_NAMESPACE_ID;
pub use duration::{duration_to_nanos, nanos_to_duration, nanos_to_timestamp, timestamp_to_nanos};
pub use effect::{Answer, CrossRunWork, Effect, StartedWorkflowTask, Successor, Transition};
pub use failure::Rejection;
pub use input::{
    ActivityKey, ChildClosed, CloseOutcome, CompleteWorkflowTask, ExternalOutcome, Input, Poller,
    SignalInput, StartRun, WorkflowTaskKey,
};
pub use refusal::Refusal;
pub use state::{
    Closing, Parent, PendingActivity, PendingChild, PendingExternal, PendingTimer, RunState, StartLink,
    Sticky, Update, UpdateStage, WorkflowTask,
};
