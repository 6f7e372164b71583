//! SIGINT and SIGTERM: the first asks to end, the second ends.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};

/// Which signal came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Interrupt,
    Terminate,
}

/// Both signals, from now on handled by us.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// # Errors
    /// [`Failure`] when the system refuses handlers.
    pub(crate) fn install() -> Result<Self, Failure> {
        let install = |kind| {
            signal(kind).map_err(|error| {
                Failure::failed("process/signals", format!("signals can't be handled: {error}"))
            })
        };
        Ok(Self {
            interrupt: install(SignalKind::interrupt())?,
            terminate: install(SignalKind::terminate())?,
        })
    }

    /// Waits for either. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Terminate,
        }
    }

    /// Waits for the first signal, then for `shutdown`, which a second signal cuts off.
    pub(crate) async fn end_with(mut self, shutdown: impl Future<Output = ()>) {
        self.next().await;
        tokio::select! {
            () = shutdown => {}
            _ = self.next() => {}
        }
    }

    /// Cancels `stop` at the first signal and ends the process at the second.
    pub(crate) fn supervise(mut self, stop: CancellationToken) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move {
            self.next().await;
            stop.cancel();
            let second = self.next().await;
            let code =
                if second == Asked::Interrupt { Exit::Interrupted.code() } else { Exit::Failed.code() };
            std::process::exit(i32::from(code));
        })
    }
}
