//! Runs the product's workflows and activities on the SDK's worker, at either home.
//!
//! Not here: workflow code (`engine/workflows`), what activities do (`activities/delivery`), and the
//! embedded engine itself (`engine/service`), which is reached through the SDK like any Temporal server.

#[expect(unreachable_pub, dead_code, reason = "the SDK's macro makes public items of what it binds")]
mod activities;
mod dispatch;
mod home;
mod limits;
mod pump;
mod schedules;
mod sight;
mod tally;
mod worker;

pub use engine_workflows::{MaintenanceRetry, retry_maintenance};
pub use home::{Cluster, Home, HomeError};
pub use sight::{Order, SeenSchedule, SeenWorker, Sight, Unseen};
pub use worker::{RunningWorker, Worker, WorkerError, WorkerOptions};
