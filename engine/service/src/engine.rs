//! The handle on a running engine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine_clock::Clock;
use engine_store::{OpenError, Store};
use temporalio_client::callback_based::{CallbackBasedGrpcService, GrpcRequest, GrpcSuccessResponse};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::call::Call;
use crate::quiet::Moving;
use crate::service::Service;
use crate::{EngineError, EngineOptions};

/// A Temporal service in this process, on one database file. Clones share it, transports included.
///
/// When the last clone is dropped, the engine stops as by a crash: what it acknowledged is on disk, what was
/// under way is done or not. [`Engine::shutdown`] is the orderly way.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Running>);

/// A service that stops when nobody holds it any more.
#[derive(Debug)]
struct Running(Arc<Service>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.stopping.cancel();
    }
}

/// Keeps a skipping clock from being pushed, for work that the engine doesn't see.
#[derive(Debug)]
pub struct ClockHold {
    _moving: Moving,
}

/// What the engine holds and has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// RPCs answered, refused ones included.
    pub calls: u64,
    /// Transitions that were committed.
    pub transitions: u64,
    /// Transactions that were made durable: each carries the transitions of all who waited.
    pub commits: u64,
    /// Runs whose state is in memory.
    pub cached_runs: usize,
    /// Workflow tasks, activities and queries that wait for a poller.
    pub queued_tasks: usize,
    /// Pollers that wait for a task.
    pub pollers: usize,
    /// Deadlines held in memory.
    pub near_timers: usize,
    /// Transitions and work in the background that are under way, and holds on the clock.
    pub moving: usize,
}

impl Engine {
    /// Opens or creates the database at `path`, brings back what a dead process left, and starts to serve.
    ///
    /// # Errors
    /// [`EngineError`] when a newer binary wrote the file, it is damaged, or it can't be read or written.
    pub async fn open(path: &Path, clock: Clock, options: EngineOptions) -> Result<Self, EngineError> {
        let store = Store::open(path, options.store.clone()).await.map_err(|error| unopened(path, error))?;
        let service = Arc::new(Service::new(clock, store, options));
        service.work.spawn(service.clone().run_timers());
        service.work.spawn(service.clone().recover());
        Ok(Self(Arc::new(Running(service))))
    }

    /// The transport for `ConnectionOptions::service_override` of the SDK's client. Workers that use it
    /// count as part of this process: what they hold when it dies is offered again at the next start.
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

    /// Answers one RPC of this process, given by service, name and encoded request.
    ///
    /// # Errors
    /// The status that a Temporal server would give.
    pub async fn answer(&self, request: GrpcRequest) -> Result<GrpcSuccessResponse, Status> {
        let GrpcRequest { service, rpc, headers, proto } = request;
        let call = Call::new(proto, &headers, true);
        let proto = self.dispatch(&service, &rpc, call).await?;
        Ok(GrpcSuccessResponse { headers: http::HeaderMap::new(), proto })
    }

    /// Answers one RPC, wherever it comes from.
    pub(crate) async fn dispatch(&self, service: &str, rpc: &str, call: Call) -> Result<Vec<u8>, Status> {
        Box::pin(self.service().dispatch(service, rpc, call)).await
    }

    /// Done when the engine shuts down.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.service().stopping
    }

    pub(crate) fn long_poll_max(&self) -> Duration {
        self.service().options.long_poll_max
    }

    /// Stops to serve: long polls end, transitions under way are committed, the file is closed.
    pub async fn shutdown(&self) {
        let service = self.service();
        service.stopping.cancel();
        service.work.close();
        service.work.wait().await;
        service.store.close().await;
    }

    fn service(&self) -> &Arc<Service> {
        &self.0.0
    }

    /// Keeps a skipping clock where it is while the result lives.
    #[must_use]
    pub fn hold_clock(&self) -> ClockHold {
        ClockHold { _moving: self.service().quiet.begin() }
    }

    /// What the engine holds and has done so far.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let service = self.service();
        EngineStats {
            calls: service.counters.calls(),
            transitions: service.counters.transitions(),
            commits: service.store.stats().commits,
            cached_runs: service.runs.len(),
            queued_tasks: service.matching.len(),
            pollers: service.matching.waiting(),
            near_timers: service.timers.len(),
            moving: service.quiet.moving(),
        }
    }
}

fn unopened(path: &Path, error: OpenError) -> EngineError {
    let path = path.to_owned();
    match error {
        OpenError::Newer { .. } => EngineError::Newer { path, source: error.into() },
        OpenError::Corrupt { .. } => EngineError::Corrupt { path, source: error.into() },
        OpenError::Io { .. } | OpenError::Unavailable { .. } => {
            EngineError::Io { path, source: error.into() }
        }
    }
}
