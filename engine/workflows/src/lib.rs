//! The product's workflows: deterministic code that waits, asks the ledger through activities, and waits
//! again. They hold references and timers, never content; what happens next is the ledger's to decide.
//!
//! Change this code only behind `patched`: histories of every release, in `histories/`, are replayed against
//! it by the tests of `engine/worker`, which also record new ones.
//!
//! Not here: activities (`activities/*`) and the workers that run both (`engine/worker`).

mod campaign;
mod dispatch;
mod maintenance;
mod patience;
mod publication;

pub use campaign::Campaign;
pub use dispatch::Dispatch;
pub use maintenance::{CleanUp, Drift, Metrics, TokenSweep};
pub use patience::{MaintenanceRetry, retry_maintenance};
pub use publication::Publication;
