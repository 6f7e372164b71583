//! The embedded engine beside a real Temporal server.
//!
//! A [`Scene`] drives one of the two [`Home`]s through its RPCs, as client and as worker, and writes down
//! what it sees in a [`Transcript`], without the ids and times that differ between any two runs. The
//! scenarios are in `tests/`; each is played on both homes, and the transcripts must be equal.
//!
//! Not here: expectations. What the real server does is right.

mod real_server;
mod home;
mod transcript;
mod difference;
mod scene;
mod client;
mod worker;
pub mod command;

pub use difference::difference;
pub use home::Home;
pub use real_server::{RealServer, in_ci};
pub use scene::Scene;
pub use transcript::Transcript;
