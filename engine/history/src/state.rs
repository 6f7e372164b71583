//! What an open run needs to go on, without its history. Encoded as protobuf: fields are only added.

mod activity;
mod child;
mod run;
mod update;
mod workflow_task;

pub use activity::PendingActivity;
pub use child::{Closing, Parent, PendingChild, PendingExternal};
pub use run::{PendingTimer, RunState, StartLink};
pub use update::{Update, UpdateStage};
pub use workflow_task::{Sticky, WorkflowTask};
