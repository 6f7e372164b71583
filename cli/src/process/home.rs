//! The home of the workflows: claimed in the ledger, then opened or reached.

use std::net::SocketAddr;
use std::time::Duration;

use activities_data::DbError;
use activities_data::installation::{Claimed, claim_home, move_home};
use engine_clock::Clock;
use engine_service::{Engine, EngineError, EngineOptions};
use engine_worker::{Cluster, Home, HomeError};
use server::app::App;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::assembly::ledger_failure;
use super::folder_lock::FolderLock;
use super::private_file::{self, PrivateFileError};
use crate::exit::{Exit, Failure};
use crate::settings::{DataFolder, Environment, Var};

/// The longest that a cluster may take to answer when it is first asked.
const PROBE_MAX: Duration = Duration::from_secs(10);

/// Where workflows are to live.
#[derive(Debug)]
pub(crate) enum HomeChoice {
    /// In this process; with an address, other processes reach the engine there.
    Embedded {
        listen: Option<SocketAddr>,
    },
    Cluster(Cluster),
}

impl HomeChoice {
    /// The cluster that the environment names, else the embedded engine.
    ///
    /// # Errors
    /// [`Failure`] of exit 2 when the cluster's settings are wrong.
    pub(crate) fn of(env: &Environment) -> Result<Self, Failure> {
        if env.plain(Var::TemporalAddress).is_none() {
            return Ok(Self::Embedded { listen: None });
        }
        let cluster = Cluster::from_variables(&env.temporal()?).map_err(|error| home_failure(&error))?;
        Ok(Self::Cluster(cluster))
    }

    /// Whether it can be reached; the embedded engine always.
    ///
    /// # Errors
    /// [`Failure`]: exit 2 for wrong settings, else 6.
    pub(crate) async fn probe(&self) -> Result<(), Failure> {
        let Self::Cluster(cluster) = self else { return Ok(()) };
        let home = Home::Cluster(cluster.clone());
        match tokio::time::timeout(PROBE_MAX, home.connect("tidings-probe")).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(home_failure(&error)),
            Err(_) => {
                let cause = format!("no answer within {} s", PROBE_MAX.as_secs());
                Err(home_failure(&HomeError::Connect { address: cluster.address(), cause }))
            }
        }
    }

    /// As the ledger names it. Where the ledger is shared, an embedded engine is named by its folder: two
    /// processes with an engine each must not both carry out what is in one ledger.
    ///
    /// # Errors
    /// [`Failure`] when the folder's name can't be read or made.
    pub(crate) fn name(&self, folder: &DataFolder, shared: bool) -> Result<String, Failure> {
        match (self, shared) {
            (Self::Embedded { .. }, false) => Ok(activities_data::installation::EMBEDDED.to_owned()),
            (Self::Embedded { .. }, true) => {
                let id = private_file::engine_id(folder).map_err(PrivateFileError::into_failure)?;
                Ok(format!("{} {id}", activities_data::installation::EMBEDDED))
            }
            (Self::Cluster(cluster), _) => Ok(cluster.to_string()),
        }
    }
}

pub(crate) fn home_failure(error: &HomeError) -> Failure {
    let exit = if matches!(error, HomeError::Settings(_)) { Exit::Usage } else { Exit::OutOfReach };
    let help = match error {
        HomeError::Settings(_) => {
            "see the TEMPORAL_ variables in the environment and in .env; unset TEMPORAL_ADDRESS to use the embedded engine"
        }
        HomeError::Connect { .. } => {
            "look whether it runs and TEMPORAL_ADDRESS (and TEMPORAL_TLS) is right; `tidings doctor` asks again"
        }
        HomeError::Namespace { .. } => {
            "set TEMPORAL_NAMESPACE to one that is there, and TEMPORAL_API_KEY where the cluster asks for one"
        }
    };
    Failure::new(exit, error.code(), error.to_string()).help(help)
}

/// The engine in this process, and whoever it listens to.
pub(crate) struct EmbeddedEngine {
    engine: Engine,
    listening: Option<Listening>,
    _lock: FolderLock,
}

struct Listening {
    address: SocketAddr,
    serving: JoinHandle<Result<(), EngineError>>,
}

impl EmbeddedEngine {
    /// Opens the engine of a data folder; histories of finished workflows are kept for `keep_days`.
    ///
    /// # Errors
    /// [`Failure`]: exit 4 while another process has it open, else why it can't be opened or listened to.
    pub(crate) async fn open(
        folder: &DataFolder,
        clock: Clock,
        listen: Option<SocketAddr>,
        keep_days: u32,
    ) -> Result<Self, Failure> {
        let lock = FolderLock::take_engine(folder).await?;
        // Bound first: an address that is taken is told before anything begins.
        let listener = match listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let retention = Duration::from_secs(24 * 60 * 60 * u64::from(keep_days));
        let options = EngineOptions { retention, ..EngineOptions::default() };
        let engine =
            Engine::open(&folder.engine(), clock, options).await.map_err(|error| engine_failure(&error))?;
        let listening = listener.map(|(listener, address)| {
            let served = engine.clone();
            // Ends with the engine.
            let serving = tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
            Listening { address, serving }
        });
        Ok(Self { engine, listening, _lock: lock })
    }

    /// The way in for this process.
    pub(crate) fn home(&self) -> Home {
        Home::Embedded(self.engine.grpc_service())
    }

    /// Where other processes reach it.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listening.as_ref().map(|listening| listening.address)
    }

    /// Whether workers wait for work.
    pub(crate) fn pollers(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let engine = self.engine.clone();
        move || engine.stats().pollers > 0
    }

    /// Ends calls under way, commits what was taken and closes the file.
    pub(crate) async fn shutdown(self) {
        self.engine.shutdown().await;
        if let Some(listening) = self.listening
            && let Ok(Err(error)) = listening.serving.await
        {
            tracing::error!(%error, "the engine's listener ended badly");
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let refuse = |error: &EngineError| Err(engine_failure(error));
    if !address.ip().is_loopback() {
        return refuse(&EngineError::NotLoopback { address });
    }
    let bound = match TcpListener::bind(address).await {
        Ok(listener) => listener.local_addr().map(|address| (listener, address)),
        Err(error) => Err(error),
    };
    match bound {
        Ok(bound) => Ok(bound),
        Err(source) => refuse(&EngineError::Listener { source }),
    }
}

fn engine_failure(error: &EngineError) -> Failure {
    let help = match error {
        EngineError::Newer { .. } => "update this program, or use the folder with that version",
        EngineError::Corrupt { .. } => "restore the data folder from a backup",
        EngineError::NotLoopback { .. } | EngineError::Listener { .. } => {
            "choose another loopback address for the engine's listener, or port 0 for a free one"
        }
        EngineError::Io { .. } => {
            "give the user that runs tidings the right to read and write the data folder, and look whether the disk is full"
        }
    };
    Failure::failed(error.code(), Failure::chain(error)).help(help)
}

/// Claims the installation for its home; `moved` takes it away from another one.
///
/// # Errors
/// [`Failure`] while the workflows live elsewhere, or when the ledger can't be written.
pub(crate) async fn claim(folder: &DataFolder, app: &App, home: &str, moved: bool) -> Result<(), Failure> {
    let name = home.to_owned();
    let claimed = app.db.write::<_, DbError, _>(move |tx| {
        Box::pin(async move {
            match claim_home(tx, &name).await? {
                Claimed::LivesIn(_) if moved => move_home(tx, &name).await.map(|()| Claimed::Yes),
                claimed => Ok(claimed),
            }
        })
    });
    match claimed.await {
        Ok(Claimed::Yes) => Ok(()),
        Ok(Claimed::LivesIn(other)) => Err(other_home(&other, home)
            .help("set or unset TEMPORAL_ADDRESS as it was before; or, when nothing runs at the other home any more, take the workflows over with --move-home")),
        Err(error) => Err(ledger_failure(folder, &error)),
    }
}

pub(crate) fn other_home(other: &str, home: &str) -> Failure {
    Failure::failed(
        "engine/other-home",
        format!("the workflows of this data folder live in `{other}`, not in `{home}`"),
    )
}
