//! Temporal's WorkflowService over history and store, in process.
//!
//! [`Engine`] is the handle: it opens one database file and answers RPCs through
//! [`Engine::grpc_service`], which the official SDK takes as its transport. What is not here: the rules
//! of a run (`engine/history`), SQL (`engine/store`) and the time (`engine/clock`).

mod engine;
mod error;
mod options;

pub use engine::{Engine, EngineStats};
pub use error::EngineError;
pub use options::EngineOptions;
