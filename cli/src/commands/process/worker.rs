//! `tidings worker`: carries out what is planned, as one of several.

use std::time::Duration;

use engine_clock::Clock;
use engine_worker::Home;
use server::app::App;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::up;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::{AssemblyOptions, address, assemble};
use crate::process::emulation;
use crate::process::home::{self, HomeChoice};
use crate::process::keys::Keys;
use crate::process::running::{MARGIN, base_url, end_worker, start_worker};
use crate::process::several;
use crate::process::signals::Signals;
use crate::settings::platforms::Platforms;
use crate::settings::{Settings, Var, maintenance, outside};

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL=postgres://tidings:…@db/tidings TEMPORAL_ADDRESS=temporal:7233 ENCRYPTION_KEY=…
  tidings worker                            publishes what is due; as many as you like, on any machine
  tidings serve --listen 0.0.0.0:3001       answers the HTTP API
  tidings worker --json                     says when it works, for scripts

It keeps nothing on its machine, and one that was killed leaves nothing to clean up: the others take over what it
had when its leases end.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
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
    let (database, home) = several::shared(&settings.env, "worker")?;
    engine_worker::retry_maintenance(maintenance::retry(&settings.env)?);
    home.probe().await?;
    let name = home.name(&settings.data, true)?;
    let app = app(args, settings, database).await?;
    home::claim(&settings.data, &app, &name, false).await?;
    let HomeChoice::Cluster(cluster) = home else {
        return Err(Failure::usage("settings/shared", "`tidings worker` needs TEMPORAL_ADDRESS"));
    };
    let worker = start_worker(Home::Cluster(cluster), &app, args.drain, false).await?;
    tracing::info!(home = name, "ready");
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "home": name, "pid": std::process::id(),
        }))?;
    }
    let ends = worker.ended();
    // Both are cancel-safe.
    let ended = tokio::select! {
        () = stop.cancelled() => Ok(Exit::Ok),
        () = ends.cancelled() => Err(Failure::failed("engine/worker", "the worker ended by itself")
            .help("the log above says why; start again: nothing is lost")),
    };
    tracing::info!("stopping");
    end_worker(worker, args.drain).await;
    let App { db, writing, .. } = app;
    drop(writing);
    db.close(MARGIN).await;
    ended
}

async fn app(args: &Args, settings: &Settings, database: activities_data::Postgres) -> Result<App, Failure> {
    let env = &settings.env;
    let platforms = match &args.sandbox_at {
        Some(url) => emulation::platforms(url)?,
        None => Platforms::from_environment(env)?,
    };
    // Only servers are reached there; what workers make says so, too.
    let own = crate::settings::parse_http_url("http://localhost:3001")
        .ok_or_else(|| Failure::failed("settings/invalid", "no address"))?;
    assemble(AssemblyOptions {
        folder: settings.data.clone(),
        database: Some(database),
        keys: Keys::of(env, &settings.data)?,
        clock: Clock::real(),
        platforms,
        base_url: base_url(address(env, Var::BaseUrl)?, &own, args.sandbox_at.as_ref()),
        frontend_url: address(env, Var::FrontendUrl)?,
        outside: outside::outside(env)?,
        upkeep: maintenance::upkeep(env)?,
    })
    .await
}
