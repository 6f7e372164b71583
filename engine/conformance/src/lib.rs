//! The embedded engine beside a real Temporal server.
//!
//! A [`Scene`] drives one of the two [`Home`]s through its RPCs, as client and as worker, and writes down
//! what it sees in a [`Transcript`], without the ids and times that differ between any two runs. The
//! scenarios are in `tests/`; each is played on both homes, and the transcripts must be equal.
//!
//! Not here: expectations. What the real server does is right.

mod client;
pub mod command;
mod difference;
mod home;
mod plain_call;
mod python_sdk;
mod real_server;
mod scene;
mod transcript;
mod update;
mod worker;

pub use difference::difference;
pub use home::Home;
pub use plain_call::PlainCalls;
pub use python_sdk::{journey, python_with_sdk};
pub use real_server::{RealServer, in_ci};
pub use scene::Scene;
pub use transcript::Transcript;
pub use update::UpdateAnswer;
