//! `tidings up`: everything in one process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use engine_clock::Clock;
use server::project::git::{GitError, Mirror, Source};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::address;
use crate::process::emulation::SandboxChoice;
use crate::process::folder_lock::FolderLock;
use crate::process::home::HomeChoice;
use crate::process::keys::Keys;
use crate::process::running::{Part, RunOptions, Running, Watch};
use crate::process::signals::Signals;
use crate::settings::database::database;
use crate::settings::platforms::Platforms;
use crate::settings::{DataFolder, Settings, Var, encryption_key, maintenance, outside, parse_http_url};

const EXAMPLES: &str = "\
Examples:
  tidings up campaigns                      run, and apply every campaign below that folder as it changes
  tidings up --sandbox campaigns            the same against emulated platforms with two demo accounts
  tidings up --git https://git.acme.dev/social.git --ref main --path campaigns/
                                            run the newest commit of a branch; docs/git.md says more
  tidings up --data /var/lib/tidings --listen 127.0.0.1:8080
  curl -f http://127.0.0.1:3001/health/ready

The other commands find this process by its data folder. Ctrl-C (or SIGTERM) finishes or hands back what
runs, a second one ends at once. A process that was killed leaves nothing to clean up: start it again.

An address other than loopback needs ENCRYPTION_KEY, and a proxy with TLS in front.

With TEMPORAL_ADDRESS set, the workflows run on that Temporal cluster instead of the embedded engine
(TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS… as in Temporal's SDKs); `tidings doctor` asks it. A data
folder stays with its home until --move-home.

With DATABASE_URL=postgres://… the ledger and media are in that database; the folder keeps the engine's runs, the
key and the admin token. `tidings serve` and `tidings worker` are the same in several processes.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, and folders with campaign files, to watch
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run the campaigns of a git repository instead: an address, or a path on this machine
    #[arg(long, value_name = "REPO", conflicts_with = "paths")]
    git: Option<String>,
    /// The branch or tag whose newest commit runs
    #[arg(long = "ref", value_name = "REF", default_value = "main", requires = "git")]
    reference: String,
    /// Where the campaigns are in the repository
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true, requires = "git")]
    path: String,
    /// How often to look for a new commit; a host's webhook is heard at once
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = drain, requires = "git")]
    every: Duration,
    /// A file that is deleted takes back what it planned, also where it does not say `prune: true`
    #[arg(long)]
    prune: bool,
    /// Where the server listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3001", value_parser = listen_address)]
    listen: SocketAddr,
    /// Publish to emulated platforms in this process; connects x/demo and linkedin/demo
    #[arg(long, conflicts_with = "sandbox_at")]
    sandbox: bool,
    /// Publish to the emulated platforms of `tidings sandbox` at this address
    #[arg(long, value_name = "ADDR", value_parser = sandbox_address)]
    sandbox_at: Option<Url>,
    /// Let other programs reach the engine at this loopback address: `temporal`, its web page, workers
    #[arg(long, value_name = "ADDR", value_parser = listen_address)]
    engine_listen: Option<SocketAddr>,
    /// Take the workflows over from the home that the ledger names; nothing may run there any more
    #[arg(long)]
    move_home: bool,
    /// How long running work may take to finish at the end
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = drain)]
    drain: Duration,
    /// For tests: a clock that jumps over waiting
    #[arg(long, value_enum, default_value_t, hide = true)]
    clock: ClockChoice,
}

/// Which clock runs everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockChoice {
    #[default]
    Real,
    Skipping,
}

impl ClockChoice {
    /// The clock; a skipping one keeps its offset in the folder, if there is one to `keep` it in.
    ///
    /// # Errors
    /// [`Failure`] when the kept offset can't be read.
    pub(crate) fn clock(self, folder: &DataFolder, keep: bool) -> Result<Clock, Failure> {
        match (self, keep) {
            (Self::Real, _) => Ok(Clock::real()),
            (Self::Skipping, false) => Ok(Clock::skipping()),
            (Self::Skipping, true) => Clock::skipping_kept_in(folder.clock_offset())
                .map_err(|error| Failure::failed("process/clock", Failure::chain(&error))),
        }
    }
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let stop = CancellationToken::new();
    Signals::install()?.supervise(stop.clone());
    let options = options(args, settings).await?;
    let running = Running::start(options, &stop).await?;
    let mut ended = Ok(Exit::Ok);
    if !stop.is_cancelled() {
        tell(&running, settings)?;
        // Both are cancel-safe.
        tokio::select! {
            () = stop.cancelled() => tracing::info!("stopping"),
            () = running.worker_ended() => {
                ended = Err(Failure::failed("engine/worker", "the worker ended, so nothing would be published any more")
                    .help("the log above says why; start again: nothing is lost"));
            }
        }
    }
    running.shutdown().await;
    ended
}

async fn options(args: &Args, settings: &Settings) -> Result<RunOptions, Failure> {
    // Settings first: what is wrong there is told before anything is made or locked.
    let env = &settings.env;
    let platforms = Platforms::from_environment(env)?;
    let (base_url, frontend_url) = (address(env, Var::BaseUrl)?, address(env, Var::FrontendUrl)?);
    let http = outside::http(env, frontend_url.as_ref())?;
    let outside = outside::outside(env)?;
    engine_worker::retry_maintenance(maintenance::retry(env)?);
    let upkeep = maintenance::upkeep(env)?;
    let database = database(env)?;
    if database.is_some() && args.clock == ClockChoice::Skipping {
        return Err(Failure::usage("settings/invalid", "the clock of several processes does not skip")
            .help("unset DATABASE_URL, or leave --clock out"));
    }
    let home = home(args, settings)?;
    let given = encryption_key::from_environment(env)?;
    if given.is_none() && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "settings/key-required",
            format!("listening on {} needs ENCRYPTION_KEY", args.listen),
        )
        .help("make one with `openssl rand -hex 32` and set it in the environment, or listen on 127.0.0.1"));
    }
    for path in &args.paths {
        if !path.exists() {
            return Err(Failure::usage(
                "project/missing",
                format!("there is no file or folder `{}`", path.display()),
            ));
        }
    }
    let lock = FolderLock::take(&settings.data).await?;
    let sandbox = match (&args.sandbox_at, args.sandbox) {
        (Some(url), _) => SandboxChoice::At(url.clone()),
        (None, true) => SandboxChoice::Own,
        (None, false) => SandboxChoice::None,
    };
    Ok(RunOptions {
        keys: Keys::of(env, &settings.data)?,
        clock: args.clock.clock(&settings.data, true)?,
        folder: settings.data.clone(),
        lock,
        database,
        part: Part::Everything,
        listen: args.listen,
        platforms,
        sandbox,
        base_url,
        http,
        outside,
        upkeep,
        frontend_url,
        watch: watched(args, settings)?,
        home,
        move_home: args.move_home,
        drain: args.drain,
    })
}

fn watched(args: &Args, settings: &Settings) -> Result<Watch, Failure> {
    let Some(repository) = &args.git else {
        return Ok(Watch::Folders { paths: args.paths.clone(), prune: args.prune });
    };
    // Git would take a path relative to the copy.
    let here = std::fs::canonicalize(settings.working_folder.join(repository)).ok();
    let here = here.and_then(|path| path.to_str().map(str::to_owned));
    let source = Source {
        repository: here.unwrap_or_else(|| repository.clone()),
        reference: args.reference.clone(),
        path: args.path.clone(),
    };
    let mirror = Mirror::open(&settings.data.git(), source).map_err(|error| {
        let exit = if matches!(error, GitError::BadName { .. }) { Exit::Usage } else { Exit::Failed };
        Failure::new(exit, error.code(), Failure::chain(&error))
    })?;
    Ok(Watch::Git {
        mirror,
        every: args.every,
        status: outside::git_status(&settings.env)?,
        prune: args.prune,
    })
}

fn home(args: &Args, settings: &Settings) -> Result<HomeChoice, Failure> {
    match (HomeChoice::of(&settings.env)?, args.engine_listen) {
        (HomeChoice::Embedded { .. }, listen) => Ok(HomeChoice::Embedded { listen }),
        (HomeChoice::Cluster(_), Some(_)) => Err(Failure::usage(
            "settings/invalid",
            "--engine-listen is for the embedded engine, and TEMPORAL_ADDRESS names a cluster instead",
        )
        .help("leave one of them out")),
        (HomeChoice::Cluster(_), None) if args.clock == ClockChoice::Skipping => {
            Err(Failure::usage("settings/invalid", "the clock of a Temporal cluster does not skip")
                .help("unset TEMPORAL_ADDRESS, or leave --clock out"))
        }
        (cluster, None) => Ok(cluster),
    }
}

pub(crate) fn tell(running: &Running, settings: &Settings) -> Result<(), Failure> {
    let sandbox = running.sandbox_url.as_ref().map(|url| url.as_str().trim_end_matches('/'));
    let engine = running.engine_address();
    tracing::info!(url = running.url.as_str(), sandbox, home = running.home, engine, "ready");
    if settings.json {
        return settings.terminal.json(&serde_json::json!({
            "version": 1, "url": running.url.as_str().trim_end_matches('/'), "sandbox": sandbox,
            "home": running.home, "engine": engine, "pid": std::process::id(),
        }));
    }
    Ok(())
}

/// An address to listen on: `127.0.0.1:3001`, `[::1]:3001`, `localhost:3001`.
pub(crate) fn listen_address(word: &str) -> Result<SocketAddr, String> {
    let word = word.strip_prefix("http://").unwrap_or(word).trim_end_matches('/');
    let numeric = match word.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => word.to_owned(),
    };
    numeric
        .parse()
        .map_err(|_| format!("`{word}` is not an address: write IP:PORT, for example 127.0.0.1:3001"))
}

pub(crate) fn sandbox_address(word: &str) -> Result<Url, String> {
    let full = if word.contains("://") { word.to_owned() } else { format!("http://{word}") };
    parse_http_url(&full)
        .ok_or_else(|| format!("`{word}` is not an address: write IP:PORT, for example 127.0.0.1:4010"))
}

/// A duration in seconds or minutes: `10s`, `2m`, `500ms`.
pub(crate) fn drain(word: &str) -> Result<Duration, String> {
    let wrong = || format!("`{word}` is not a duration: write 10s, 500ms or 2m");
    let at = word.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = word[..at].parse().map_err(|_| wrong())?;
    let ms = match &word[at..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(ms).filter(|ms| *ms <= 3_600_000).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        assert_eq!(listen_address("localhost:0").unwrap().to_string(), "127.0.0.1:0");
        assert!(listen_address("3001").is_err());
        assert_eq!(sandbox_address("127.0.0.1:4010").unwrap().as_str(), "http://127.0.0.1:4010/");
    }

    #[test]
    fn the_time_to_finish_is_a_duration() {
        assert_eq!(drain("500ms"), Ok(Duration::from_millis(500)));
        assert!(drain("10").is_err() && drain("2h").is_err());
    }
}
