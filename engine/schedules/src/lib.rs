//! When schedules act and what they do about what still runs.
//!
//! A [`Spec`] says at which instants a schedule acts; a [`ScheduleState`] goes from one [`Input`] to the
//! next and holds what is to be started or stopped. Both are pure: the time comes in as a value, the work
//! stands in the state until somebody has done it. What is not here: storage, timers, starting workflows
//! (`engine/service`).
//!
//! The rules are those of Temporal's scheduler.

mod apply;
mod buffer;
mod calendar;
mod canonical;
mod cron;
mod definition;
mod field;
mod input;
pub mod limits;
mod outcome;
mod span;
mod spec;
mod state;

pub use apply::{apply, create};
pub use canonical::{BadSpec, canonical};
pub use input::{Input, Outcome, Refusal};
pub use spec::{Act, Spec};
pub use state::{BufferedStart, PendingStart, PendingStop, ScheduleState};
