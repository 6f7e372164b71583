//! What an owner of the engine may choose.

use std::time::Duration;

use engine_store::StoreOptions;

/// Choices for [`crate::Engine::open`]; the default serves the product.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How long a poll waits for work before it answers empty. A real server waits 60 s and its clients
    /// give up at 70 s.
    pub long_poll_max: Duration,
    /// Runs whose state is kept in memory between their transitions, at most. With their latest events they
    /// take a few KB each, 32 MB together at the very most.
    pub cached_runs_max: usize,
    /// How long a closed run is kept before it is deleted with its history.
    pub retention: Duration,
    /// How the database works.
    pub store: StoreOptions,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            long_poll_max: Duration::from_secs(60),
            cached_runs_max: 1_000,
            retention: Duration::from_secs(30 * 24 * 3600),
            store: StoreOptions::default(),
        }
    }
}
