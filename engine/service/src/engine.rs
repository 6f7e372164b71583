//! The handle on a running engine.

use std::path::Path;
use std::sync::Arc;

use engine_clock::Clock;
use temporalio_client::callback_based::{CallbackBasedGrpcService, GrpcRequest, GrpcSuccessResponse};
use tonic::Status;

use crate::{EngineError, EngineOptions};

/// A Temporal service in this process, on one database file. Clones share it.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    #[expect(dead_code, reason = "read by the timers, which follow")]
    clock: Clock,
    #[expect(dead_code, reason = "read by the polls, which follow")]
    options: EngineOptions,
}

/// What the engine holds and has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// RPCs answered, refused ones included.
    pub calls: u64,
    /// Transitions that were committed.
    pub transitions: u64,
    /// Runs whose state is in memory.
    pub cached_runs: usize,
    /// Workflow tasks and activities that wait for a poller.
    pub queued_tasks: usize,
    /// Pollers that wait for a task.
    pub pollers: usize,
    /// Deadlines held in memory.
    pub near_timers: usize,
}

impl Engine {
    /// Opens or creates the database at `path`, brings back what a dead process left, and starts to serve.
    ///
    /// # Errors
    /// [`EngineError`] when a newer binary wrote the file, it is damaged, or it can't be read or written.
    #[expect(clippy::unused_async, reason = "opening the store awaits")]
    pub async fn open(_path: &Path, clock: Clock, options: EngineOptions) -> Result<Self, EngineError> {
        Ok(Self(Arc::new(Inner { clock, options })))
    }

    /// The transport for `ConnectionOptions::service_override` of the SDK's client.
    #[must_use]
    pub fn grpc_service(&self) -> CallbackBasedGrpcService {
        let engine = self.clone();
        CallbackBasedGrpcService {
            callback: Arc::new(move |request| {
                let engine = engine.clone();
                Box::pin(async move { engine.answer(request).await })
            }),
        }
    }

    /// Answers one RPC, given by service, name and encoded request.
    ///
    /// # Errors
    /// The status that a Temporal server would give.
    #[expect(clippy::unused_async, reason = "every RPC awaits its commit")]
    pub async fn answer(&self, request: GrpcRequest) -> Result<GrpcSuccessResponse, Status> {
        Err(Status::unimplemented(request.rpc))
    }

    /// Stops to serve: long polls end, running transitions are committed, the file is closed.
    pub async fn shutdown(&self) {}

    /// What the engine holds and has done so far.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        EngineStats::default()
    }
}
