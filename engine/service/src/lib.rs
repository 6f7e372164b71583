//! Temporal's WorkflowService over history and store, in process.
//!
//! [`Engine`] is the handle: it opens one database file and answers RPCs through
//! [`Engine::grpc_service`], which the official SDK takes as its transport, and on a socket through
//! [`Engine::serve`]. What is not here: the rules of a run (`engine/history`), SQL (`engine/store`) and
//! the time (`engine/clock`).
//!
//! A request finds its run in `runs`, which takes it one transition further and commits; what the
//! transition offers goes to `matching`, its next deadline to `timers`, its work on other runs to
//! `cross_run`, which `errands` carry out. Only then the request is answered.

mod call;
mod cross_run;
mod dispatch;
mod engine;
mod errands;
mod error;
mod histories;
mod link;
mod listener;
mod matching;
mod options;
mod queries;
mod quiet;
mod recovery;
mod retention;
mod rpc;
mod runs;
mod schedules;
mod search_attributes;
mod service;
mod starting;
mod status;
mod stored;
mod summary;
mod tasks;
mod timers;
mod token;
mod updates;
mod visibility;

pub use engine::{ClockHold, Engine, EngineStats};
pub use error::EngineError;
pub use options::EngineOptions;
pub use stored::stored_run;
