//! `tidings serve`: the HTTP server alone, as one of several.

use std::net::SocketAddr;
use std::time::Duration;

use engine_clock::Clock;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::up;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::address;
use crate::process::emulation::SandboxChoice;
use crate::process::folder_lock::FolderLock;
use crate::process::keys::Keys;
use crate::process::running::{Part, RunOptions, Running, Watch};
use crate::process::several;
use crate::process::signals::Signals;
use crate::settings::platforms::Platforms;
use crate::settings::{Settings, Var, maintenance, outside};

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL=postgres://tidings:…@db/tidings TEMPORAL_ADDRESS=temporal:7233 ENCRYPTION_KEY=…
  tidings serve --listen 0.0.0.0:3001       answers the HTTP API; behind a load balancer as many as you like
  tidings worker                            publishes what is due; as many as you like
  tidings serve --data /var/lib/tidings-2   a second one on this machine needs a folder of its own

The data folder holds the admin token of this server and where it listens, nothing else. A single process with
everything in it is `tidings up`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where the server listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3001", value_parser = up::listen_address)]
    listen: SocketAddr,
    /// Publish to the emulated platforms of `tidings sandbox` at this address
    #[arg(long, value_name = "ADDR", value_parser = up::sandbox_address)]
    sandbox_at: Option<Url>,
    /// How long running work may take to finish at the end
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = up::drain)]
    drain: Duration,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let stop = CancellationToken::new();
    Signals::install()?.supervise(stop.clone());
    let running = Running::start(options(args, settings).await?, &stop).await?;
    if !stop.is_cancelled() {
        up::tell(&running, settings)?;
        stop.cancelled().await;
        tracing::info!("stopping");
    }
    running.shutdown().await;
    Ok(Exit::Ok)
}

async fn options(args: &Args, settings: &Settings) -> Result<RunOptions, Failure> {
    let env = &settings.env;
    let platforms = Platforms::from_environment(env)?;
    let frontend_url = address(env, Var::FrontendUrl)?;
    let (database, home) = several::shared(env, "serve")?;
    Ok(RunOptions {
        base_url: address(env, Var::BaseUrl)?,
        http: outside::http(env, frontend_url.as_ref())?,
        outside: outside::outside(env)?,
        upkeep: maintenance::upkeep(env)?,
        keys: Keys::of(env, &settings.data)?,
        lock: FolderLock::take(&settings.data).await?,
        folder: settings.data.clone(),
        database: Some(database),
        part: Part::Server,
        listen: args.listen,
        clock: Clock::real(),
        platforms,
        sandbox: args.sandbox_at.clone().map_or(SandboxChoice::None, SandboxChoice::At),
        frontend_url,
        watch: Watch::Folders { paths: Vec::new(), prune: false },
        home,
        move_home: false,
        drain: args.drain,
    })
}
