//! Everything in one process: started in order, ended in the reverse.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use activities_data::Postgres;
use activities_delivery::Upkeep;
use engine_clock::Clock;
use engine_worker::{Home, RunningWorker, Worker, WorkerError, WorkerOptions};
use sandbox::RunningSandbox;
use secrecy::SecretString;
use server::app::{App, Outside};
use server::http::{AdminToken, BoundAddress, HttpSettings, Readiness, RunningServer, ServeError};
use server::project::git::Mirror;
use server::watch::git::{GitOptions, StatusTarget, watch_git};
use server::watch::{RunningWatcher, WatchOptions, watch};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::assembly::{AssemblyOptions, assemble};
use super::emulation::{self, SandboxChoice};
use super::folder_lock::FolderLock;
use super::home::{self, EmbeddedEngine, HomeChoice};
use super::home_sight::HomeSight;
use super::keys::Keys;
use super::private_file::{self, PrivateFileError};
use super::sandbox_accounts::connect_until;
use super::server_file::{PublishedFile, ServerFile};
use crate::exit::Failure;
use crate::settings::platforms::Platforms;
use crate::settings::{DataFolder, Environment};

/// What to run.
pub(crate) struct RunOptions {
    pub(crate) folder: DataFolder,
    pub(crate) lock: FolderLock,
    /// Where the ledger is; `None`: in the folder.
    pub(crate) database: Option<Postgres>,
    /// Whether this process carries out what is planned, or only serves.
    pub(crate) part: Part,
    pub(crate) listen: SocketAddr,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) platforms: Platforms,
    pub(crate) sandbox: SandboxChoice,
    pub(crate) base_url: Option<Url>,
    pub(crate) frontend_url: Option<Url>,
    pub(crate) http: HttpSettings,
    pub(crate) outside: Outside,
    pub(crate) upkeep: Upkeep,
    pub(crate) watch: Watch,
    pub(crate) home: HomeChoice,
    /// Take the workflows over from the home that the ledger names.
    pub(crate) move_home: bool,
    /// How long running work may take to finish at the end.
    pub(crate) drain: Duration,
}

impl RunOptions {
    /// A run that nothing around it changes, least of all where it publishes to: on a folder of its own, with
    /// a sandbox of its own, on a free port.
    ///
    /// # Errors
    /// [`Failure`] when the folder can't be taken.
    pub(crate) async fn private(folder: &Path, clock: Clock, drain: Duration) -> Result<Self, Failure> {
        let folder = DataFolder::at(folder.to_owned());
        let lock = FolderLock::take(&folder).await?;
        let env = Environment::default();
        Ok(Self {
            keys: Keys::of(&env, &folder)?,
            folder,
            lock,
            database: None,
            part: Part::Everything,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock,
            platforms: Platforms::from_environment(&env)?,
            sandbox: SandboxChoice::Own,
            base_url: None,
            frontend_url: None,
            http: HttpSettings::default(),
            outside: Outside::default(),
            upkeep: Upkeep::default(),
            watch: Watch::Folders { paths: Vec::new(), prune: false },
            home: HomeChoice::Embedded { listen: None },
            move_home: false,
            drain,
        })
    }
}

/// Where campaigns come from.
pub(crate) enum Watch {
    /// Campaign files, and folders with campaign files; possibly none.
    Folders {
        paths: Vec<PathBuf>,
        prune: bool,
    },
    Git {
        mirror: Mirror,
        every: Duration,
        status: Option<StatusTarget>,
        prune: bool,
    },
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Everything,
    /// It serves; others, with the same database and cluster, carry out what is planned.
    Server,
}

/// Everything at work.
pub(crate) struct Running {
    pub(crate) app: App,
    pub(crate) server: RunningServer,
    pub(crate) url: Url,
    pub(crate) sandbox_url: Option<Url>,
    pub(crate) readiness: Readiness,
    /// As the ledger names it.
    pub(crate) home: String,
    published: PublishedFile,
    engine: Option<EmbeddedEngine>,
    worker: Option<RunningWorker>,
    sandbox: Option<RunningSandbox>,
    watcher: Option<RunningWatcher>,
    drain: Duration,
    _lock: FolderLock,
}

impl Running {
    /// Starts everything; returns when it is ready, or was told to stop before.
    ///
    /// # Errors
    /// [`Failure`] says which part can't start and what to do. Nothing is left running then.
    pub(crate) async fn start(options: RunOptions, stop: &CancellationToken) -> Result<Self, Failure> {
        let bound = BoundAddress::bind(options.listen).await.map_err(|error| serve_failure(&error))?;
        let address = bound.address();
        let own_url = own_url(address)?;
        let (sandbox, sandbox_url) = emulation::start(&options, address).await?;
        let platforms = match &sandbox_url {
            Some(url) => emulation::platforms(url)?,
            None => options.platforms,
        };
        let base_url = base_url(options.base_url, &own_url, sandbox_url.as_ref());
        let app = assemble(AssemblyOptions {
            folder: options.folder.clone(),
            database: options.database.clone(),
            keys: options.keys,
            clock: options.clock.clone(),
            platforms,
            base_url,
            frontend_url: options.frontend_url,
            outside: emulation::secrets(options.outside, sandbox_url.as_ref()),
            upkeep: options.upkeep,
        })
        .await?;
        let token = admin_token(&options.folder)?;
        let readiness = readiness(&app, &options.folder, options.part, sandbox_url.is_some());
        let instance = private_file::random_hex();
        let bound = bound.with(options.http);
        let server = bound.serve(app.clone(), AdminToken::new(&token), readiness.clone(), instance.clone());
        let mut file = server_file(own_url.clone(), sandbox_url.clone(), instance);
        let path = options.folder.server_json();
        let published = file.write(&path).map_err(PrivateFileError::into_failure)?;
        // Asked before it is claimed: a home that is out of reach is none to move to.
        options.home.probe().await?;
        let name = options.home.name(&options.folder, options.database.is_some())?;
        home::claim(&options.folder, &app, &name, options.move_home).await?;
        let (engine, home) =
            open_home(options.home, &options.folder, &options.clock, options.upkeep.keep_days).await?;
        file.engine = engine.as_ref().and_then(EmbeddedEngine::address).map(|address| address.to_string());
        if file.engine.is_some() {
            file.rewrite(&path).map_err(PrivateFileError::into_failure)?;
        }
        let mut worker = None;
        if options.part == Part::Server {
            let sight = home.sight(&identity()).await.map_err(|error| home::home_failure(&error))?;
            server.sees(Arc::new(HomeSight(sight)));
        } else {
            let alone = options.database.is_none() || engine.is_some();
            let started = start_worker(home, &app, options.drain, alone).await?;
            require_work(&readiness, &server, &started, engine.as_ref());
            worker = Some(started);
        }
        let mut running = Self {
            app,
            server,
            url: own_url,
            sandbox_url,
            readiness,
            home: name,
            published,
            engine,
            worker,
            sandbox,
            watcher: None,
            drain: options.drain,
            _lock: options.lock,
        };
        running.begin(options.watch, stop).await;
        Ok(running)
    }

    /// Connects the demo accounts and begins to watch.
    async fn begin(&mut self, watched: Watch, stop: &CancellationToken) {
        if self.sandbox_url.is_some() {
            if !connect_until(&self.app, stop).await {
                return;
            }
            self.readiness.require("accounts", || Box::pin(async { true }));
        }
        let app = self.app.clone();
        self.watcher = match watched {
            Watch::Folders { paths, .. } if paths.is_empty() => None,
            Watch::Folders { paths, prune } => Some(watch(WatchOptions { app, paths, prune }).await),
            Watch::Git { mirror, every, status, prune } => {
                Some(watch_git(GitOptions { app, mirror, every, status, prune }))
            }
        };
    }

    /// Where other programs reach the embedded engine, if they do.
    pub(crate) fn engine_address(&self) -> Option<String> {
        self.engine.as_ref().and_then(EmbeddedEngine::address).map(|address| address.to_string())
    }

    /// Waits until the worker has ended without being asked. Cancel-safe.
    pub(crate) async fn worker_ended(&self) {
        match &self.worker {
            Some(worker) => worker.ended().cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Stops taking work, finishes or hands back what runs, and closes everything.
    pub(crate) async fn shutdown(self) {
        let Self { app, server, published, engine, worker, sandbox, watcher, drain, _lock, .. } = self;
        drop(published);
        if let Some(watcher) = watcher
            && tokio::time::timeout(drain, watcher.shutdown()).await.is_err()
        {
            tracing::warn!("the watcher was cut off, the time to finish was over");
        }
        // Requests and activities share the time: both end when it is over.
        tokio::join!(server.shutdown(drain), async {
            if let Some(worker) = worker {
                end_worker(worker, drain).await;
            }
        });
        if let Some(engine) = engine {
            engine.shutdown().await;
        }
        if let Some(sandbox) = sandbox {
            sandbox.shutdown().await;
        }
        let App { db, media: _, clock: _, outside: _, writing } = app;
        drop(writing);
        db.close(MARGIN).await;
    }
}

/// What closing may take beyond the time to finish.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);

/// Lets what runs finish, or hands it back when the time for that is over.
pub(crate) async fn end_worker(worker: RunningWorker, drain: Duration) {
    match tokio::time::timeout(drain + MARGIN, worker.shutdown()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the worker ended badly"),
        Err(_) => tracing::warn!("work was handed back, the time to finish it was over"),
    }
}

/// How others find this process; its engine's listener is told later.
fn server_file(url: Url, sandbox: Option<Url>, instance: String) -> ServerFile {
    ServerFile { version: 1, url, pid: std::process::id(), engine: None, sandbox, instance }
}

fn admin_token(folder: &DataFolder) -> Result<SecretString, Failure> {
    let (token, is_new) = private_file::admin_token(folder).map_err(PrivateFileError::into_failure)?;
    if is_new {
        tracing::info!(file = %folder.admin_token().display(), "made an admin token");
    }
    Ok(token)
}

fn readiness(app: &App, folder: &DataFolder, part: Part, sandbox: bool) -> Readiness {
    let readiness = Readiness::default();
    // The ledger is open, so its migrations are done.
    readiness.require("migrations", || Box::pin(async { true }));
    if app.db.postgres().is_some() {
        let db = app.db.clone();
        readiness.require("database", move || {
            let db = db.clone();
            Box::pin(async move {
                match db.reader().await {
                    Ok(mut reader) => activities_data::installation::read(&mut reader).await.is_ok(),
                    Err(_) => false,
                }
            })
        });
    }
    let token = folder.admin_token();
    readiness.require("adminToken", move || {
        let there = token.is_file();
        Box::pin(async move { there })
    });
    if part == Part::Everything {
        readiness.expect("engine");
        readiness.expect("pollers");
    }
    if sandbox {
        readiness.expect("accounts");
    }
    readiness
}

async fn open_home(
    choice: HomeChoice,
    folder: &DataFolder,
    clock: &Clock,
    keep_days: u32,
) -> Result<(Option<EmbeddedEngine>, Home), Failure> {
    match choice {
        HomeChoice::Cluster(cluster) => Ok((None, Home::Cluster(cluster))),
        HomeChoice::Embedded { listen } => {
            let engine = EmbeddedEngine::open(folder, clock.clone(), listen, keep_days).await?;
            let home = engine.home();
            Ok((Some(engine), home))
        }
    }
}

/// From now on: the home answers, somebody waits there for work, and operators see it.
fn require_work(
    readiness: &Readiness,
    server: &RunningServer,
    worker: &RunningWorker,
    engine: Option<&EmbeddedEngine>,
) {
    server.sees(Arc::new(HomeSight(worker.sight())));
    readiness.require("engine", worker.health());
    let ended = worker.ended();
    let polled = engine.map(EmbeddedEngine::pollers);
    readiness.require("pollers", move || {
        let polls = polled.as_ref().is_none_or(|polled| polled()) && !ended.is_cancelled();
        Box::pin(async move { polls })
    });
}

/// `alone`: no other process carries out what is planned, so that whoever held anything in the ledger is dead.
pub(crate) async fn start_worker(
    home: Home,
    app: &App,
    drain: Duration,
    alone: bool,
) -> Result<RunningWorker, Failure> {
    let Some(writing) = &app.writing else {
        return Err(Failure::failed("process/worker", "the process only reads"));
    };
    if alone {
        let recovered = writing.delivery.recover().await;
        recovered.map_err(|error| Failure::failed(error.code(), Failure::chain(&error)))?;
    }
    Worker::start(WorkerOptions {
        home,
        delivery: writing.delivery.clone(),
        clock: app.clock.clone(),
        identity: identity(),
        grace: drain,
    })
    .await
    .map_err(|error| match &error {
        WorkerError::Home(error) => home::home_failure(error),
        error => Failure::failed("engine/worker", Failure::chain(error)),
    })
}

/// How this process names itself to the home: containers have the same process ids, and names of their own.
fn identity() -> String {
    let pid = std::process::id();
    match std::fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) => format!("tidings-{pid}@{}", host.trim()),
        Err(_) => format!("tidings-{pid}"),
    }
}

/// Where platforms send people back to.
pub(crate) fn base_url(said: Option<Url>, own: &Url, sandbox: Option<&Url>) -> Url {
    match (said, sandbox) {
        (Some(url), _) => url,
        (None, Some(_)) => own.clone(),
        (None, None) => with_host(own, "localhost"),
    }
}

/// The address under which this computer reaches a listener.
pub(super) fn own_url(address: SocketAddr) -> Result<Url, Failure> {
    let reachable = if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    };
    format!("http://{reachable}/")
        .parse()
        .map_err(|error| Failure::failed("server/listen", format!("`{reachable}` makes no address: {error}")))
}

fn with_host(url: &Url, host: &str) -> Url {
    let mut url = url.clone();
    // Refused only for addresses that have no host at all.
    let _ = url.set_host(Some(host));
    url
}

fn serve_failure(error: &ServeError) -> Failure {
    let code = error.code();
    let failure = Failure::failed(code, Failure::chain(error));
    match error {
        ServeError::AddressInUse(_) => failure
            .help("stop that program, or choose another address with --listen, or port 0 for a free one"),
        ServeError::AddressUnknown(_) => {
            failure.help("choose an address of this computer with --listen, for example 127.0.0.1:3001")
        }
        ServeError::Denied { .. } => {
            failure.help("ports below 1024 need privileges; choose another with --listen")
        }
        ServeError::Listen { .. } => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_reached_over_loopback() {
        assert_eq!(own_url("0.0.0.0:80".parse().unwrap()).unwrap().as_str(), "http://127.0.0.1/");
        assert_eq!(own_url("127.0.0.1:3001".parse().unwrap()).unwrap().as_str(), "http://127.0.0.1:3001/");
    }
}
