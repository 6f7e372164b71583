//! Starting and stopping a sandbox.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use engine_clock::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::emulator::Emulator;
use crate::http;
use crate::journal::JournalError;

/// How long `shutdown` waits for requests that run; then their connections are cut.
const DRAIN_MAX: Duration = Duration::from_secs(3);

/// The emulators of the platforms; see [`Sandbox::start`].
#[derive(Debug)]
pub struct Sandbox;

/// What a sandbox needs to start.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of its journal and media; without one everything is forgotten at the end.
    pub data: Option<PathBuf>,
    pub clock: Clock,
}

/// Why a sandbox can't start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the sandbox's address `{addr}` is in use")]
    AddressInUse { addr: SocketAddr },
    #[error("the sandbox can't listen on `{addr}`")]
    Listen { addr: SocketAddr, source: std::io::Error },
    #[error("the sandbox's data can't be opened")]
    Journal(#[from] JournalError),
}

impl SandboxError {
    /// The stable code of the error: the name of its page under `docs/errors`, with a slash.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressInUse { .. } => "sandbox/address-in-use",
            Self::Listen { .. } => "sandbox/listen",
            Self::Journal(error) => error.code(),
        }
    }
}

/// A sandbox that answers until [`RunningSandbox::shutdown`] or its drop.
#[derive(Debug)]
pub struct RunningSandbox {
    /// Where it listens, with the real port.
    pub addr: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    emulator: Emulator,
}

impl Sandbox {
    /// Opens the data, listens, and answers from then on.
    ///
    /// # Errors
    /// [`SandboxError`]; nothing is left running then.
    pub async fn start(options: SandboxOptions) -> Result<RunningSandbox, SandboxError> {
        let SandboxOptions { listen, data, clock } = options;
        let listener = TcpListener::bind(listen).await.map_err(|source| listen_error(listen, source))?;
        let addr = listener.local_addr().map_err(|source| listen_error(listen, source))?;
        let emulator = Emulator::open(addr, data, clock).await?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let router = http::router(emulator.clone());
        tasks.spawn(http::connection::accept(listener, router, stop.clone(), tasks.clone()));
        tracing::info!(%addr, "sandbox listens");
        Ok(RunningSandbox { addr, stop, tasks, emulator })
    }
}

fn listen_error(addr: SocketAddr, source: std::io::Error) -> SandboxError {
    if source.kind() == std::io::ErrorKind::AddrInUse {
        return SandboxError::AddressInUse { addr };
    }
    SandboxError::Listen { addr, source }
}

impl RunningSandbox {
    /// The base URL of the feed and the control routes: `http://127.0.0.1:4010`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What clients of X take as API and as authorization base URL.
    #[must_use]
    pub fn x_url(&self) -> String {
        format!("http://{}/x", self.addr)
    }

    /// What clients of LinkedIn take as API and as authorization base URL.
    #[must_use]
    pub fn linkedin_url(&self) -> String {
        format!("http://{}/linkedin", self.addr)
    }

    /// Stops listening, lets running requests end for up to three seconds, and closes the journal.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        let drained = tokio::time::timeout(DRAIN_MAX, self.tasks.wait()).await;
        if drained.is_err() {
            tracing::warn!("sandbox ends with requests still running");
        }
        self.emulator.close().await;
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
