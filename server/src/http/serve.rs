//! The listening server and its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::admin_token::AdminToken;
use super::admission::{Admission, admit, in_time};
use super::connection;
use super::cors::cors;
use super::headers::secure;
use super::limits::REQUEST_TIME_MAX;
use super::metrics::{Traffic, observe};
use super::rate::Rate;
use super::readiness::Readiness;
use super::settings::HttpSettings;
use super::throttle::throttle;
use super::{route, routes};
use crate::app::App;
use crate::app::operation::{HomeInSight, WorkflowHome};
use crate::notify::{RunningNotifier, notify};

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("another program listens on {0} already")]
    AddressInUse(SocketAddr),
    #[error("this computer has no address {0}")]
    AddressUnknown(SocketAddr),
    #[error("listening on {address} is not allowed")]
    Denied { address: SocketAddr, source: std::io::Error },
    #[error("listening on {address} failed")]
    Listen { address: SocketAddr, source: std::io::Error },
}

impl ServeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressInUse(_) => "server/address-in-use",
            Self::AddressUnknown(_) => "server/address-unknown",
            Self::Denied { .. } => "server/address-denied",
            Self::Listen { .. } => "server/listen",
        }
    }
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) admin_token: AdminToken,
    pub(crate) readiness: Readiness,
    pub(crate) instance: String,
    pub(crate) settings: Arc<HttpSettings>,
    pub(crate) rate: Rate,
    pub(crate) home: HomeInSight,
    pub(crate) traffic: Traffic,
}

/// An address that is ours already, before anything is served on it: a start that is going to fail because
/// the port is taken fails first.
#[derive(Debug)]
pub struct BoundAddress {
    listener: TcpListener,
    address: SocketAddr,
    settings: HttpSettings,
}

impl BoundAddress {
    /// # Errors
    /// [`ServeError`] says what is in the way.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServeError> {
        let listener = TcpListener::bind(address).await.map_err(|source| refused(address, source))?;
        let address = listener.local_addr().map_err(|source| ServeError::Listen { address, source })?;
        Ok(Self { listener, address, settings: HttpSettings::default() })
    }

    /// With other settings than the default.
    #[must_use]
    pub fn with(self, settings: HttpSettings) -> Self {
        Self { settings, ..self }
    }

    /// The address with its real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves on it.
    #[must_use]
    pub fn serve(
        self,
        app: App,
        admin_token: AdminToken,
        readiness: Readiness,
        instance: String,
    ) -> RunningServer {
        let stop = CancellationToken::new();
        let unfinished = app.clone();
        let notifier = notify(app.clone());
        let notifier =
            notifier.inspect_err(|error| tracing::error!(%error, "webhook endpoints are told nothing"));
        let rate = Rate::new(self.settings.rate_per_minute, &app.db);
        let settings = Arc::new(self.settings);
        let (home, traffic) = (HomeInSight::default(), Traffic::since(app.clock.now()));
        let seen = home.clone();
        let (bounds, counted) = (settings.connections, traffic.clone());
        let router = router(&Shared { app, admin_token, readiness, instance, settings, rate, home, traffic });
        // What was stored before the last end and not carried out.
        tokio::spawn(async move { unfinished.handle_events().await });
        let serving = tokio::spawn(connection::serve(self.listener, router, bounds, counted, stop.clone()));
        RunningServer { address: self.address, stop, serving, notifier: notifier.ok(), home: seen }
    }
}

fn refused(address: SocketAddr, source: std::io::Error) -> ServeError {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::AddressInUse(address),
        std::io::ErrorKind::AddrNotAvailable => ServeError::AddressUnknown(address),
        std::io::ErrorKind::PermissionDenied => ServeError::Denied { address, source },
        _ => ServeError::Listen { address, source },
    }
}

/// A server that answers.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    notifier: Option<RunningNotifier>,
    home: HomeInSight,
}

impl RunningServer {
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets operators see the home of the workflows.
    pub fn sees(&self, home: Arc<dyn WorkflowHome>) {
        self.home.reached(home);
    }

    /// Takes no new connections, finishes the requests that run within `drain`, then cuts them off.
    pub async fn shutdown(mut self, drain: Duration) {
        self.stop.cancel();
        let notifier = self.notifier.take();
        let told = async {
            if let Some(notifier) = notifier {
                notifier.shutdown(drain).await;
            }
        };
        let served = tokio::time::timeout(drain, &mut self.serving);
        if tokio::join!(served, told).0.is_err() {
            tracing::warn!("requests were cut off, the time to finish them was over");
            self.serving.abort();
        }
    }
}

fn router(shared: &Shared) -> Router {
    let origins: Arc<[String]> = shared.settings.cors_origins.clone().into();
    Router::new()
        .merge(route::router(routes::all(), shared))
        .fallback(routes::unknown)
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(from_fn_with_state(REQUEST_TIME_MAX, in_time))
        .layer(from_fn_with_state(Admission::default(), admit))
        .layer(from_fn_with_state(shared.clone(), throttle))
        .layer(from_fn_with_state(origins, cors))
        .layer(from_fn(secure))
        .layer(from_fn_with_state(shared.traffic.clone(), observe))
        .with_state(shared.clone())
}
