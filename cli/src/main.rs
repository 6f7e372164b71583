//! Tidings: social campaigns as code.

mod args;
mod backend;
mod commands;
mod completing;
#[cfg(test)]
mod deployment;
mod exit;
mod logs;
mod process;
mod settings;
mod terminal;

use std::path::Path;
use std::process::ExitCode;

use crate::args::Command;
use crate::exit::{Ended, Exit, Failure};
use crate::logs::Volume;
use crate::settings::{Environment, Settings};
use crate::terminal::Terminal;

fn main() -> ExitCode {
    completing::answer();
    // Usage errors end here with exit 2, `--help` and `--version` with 0.
    let cli = args::help::parse();
    let bare = Terminal::new(&cli.globals, &Environment::default());
    let ended = Environment::load(Path::new("."))
        .and_then(|env| Settings::resolve(&cli.globals, env))
        .and_then(|settings| {
            let ended = in_runtime(&cli.command, &settings);
            if let Err(failure) = &ended {
                settings.terminal.failure(failure, settings.json);
            }
            ended.map_err(|failure| Failure::said(failure.exit))
        });
    let exit = match ended {
        Ok(exit) => exit,
        Err(failure) => {
            bare.failure(&failure, cli.globals.json);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn in_runtime(command: &Command, settings: &Settings) -> Ended {
    logs::install(&settings.env, &settings.terminal, volume(command))?;
    // Exactly one TLS provider, chosen before anything can ask for it.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Err(Failure::failed("process/tls", "another TLS provider was installed first"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed("process/runtime", format!("the runtime can't start: {error}")))?;
    let ended = runtime.block_on(run(command, settings));
    // Blocking work (a read of stdin, a file system that hangs) must not keep the process.
    runtime.shutdown_background();
    ended
}

fn volume(command: &Command) -> Volume {
    match command {
        Command::Up(_)
        | Command::Serve(_)
        | Command::Worker(_)
        | Command::Engine(_)
        | Command::Sandbox(_) => Volume::Serving,
        _ => Volume::Aside,
    }
}

async fn run(command: &Command, settings: &Settings) -> Ended {
    match command {
        // These end at a signal in their own way.
        Command::Demo(args) => commands::process::demo::run(args, settings).await,
        Command::Up(args) => commands::process::up::run(args, settings).await,
        Command::Serve(args) => commands::process::serve::run(args, settings).await,
        Command::Worker(args) => commands::process::worker::run(args, settings).await,
        Command::Engine(args) => commands::process::engine::run(args, settings).await,
        Command::Sandbox(args) => commands::process::sandbox::run(args, settings).await,

        Command::Validate(args) => interruptible(commands::campaign::validate::run(args, settings)).await,
        Command::Fmt(args) => commands::campaign::fmt::run(args, settings),
        Command::Render(args) => commands::campaign::render::run(args, settings),
        Command::Preview(args) => commands::campaign::preview::run(args, settings).await,
        Command::Plan(args) => interruptible(commands::campaign::plan::run(args, settings)).await,
        Command::Diff(args) => interruptible(commands::campaign::diff::run(args, settings)).await,
        Command::Apply(args) => interruptible(commands::campaign::apply::run(args, settings)).await,
        Command::Post(args) => interruptible(commands::publication::post::run(args, settings)).await,
        Command::Login(args) => interruptible(commands::project::login::run(args, settings)).await,
        Command::Status(args) => interruptible(commands::publication::status::run(args, settings)).await,
        Command::List(args) => interruptible(commands::publication::list::run(args, settings)).await,
        Command::Show(args) => interruptible(commands::publication::show::run(args, settings)).await,
        Command::Logs(args) => interruptible(commands::publication::logs::run(args, settings)).await,
        Command::Cancel(args) => interruptible(commands::publication::cancel::run(args, settings)).await,
        Command::Approve(args) => {
            interruptible(commands::publication::approve::approve(args, settings)).await
        }
        Command::Reject(args) => interruptible(commands::publication::approve::reject(args, settings)).await,
        Command::Signal(args) => interruptible(commands::campaign::signal::run(args, settings)).await,
        Command::Retry(args) => interruptible(commands::publication::retry::run(args, settings)).await,
        Command::Resolve(args) => interruptible(commands::publication::resolve::run(args, settings)).await,
        Command::Delete(args) => interruptible(commands::publication::delete::run(args, settings)).await,
        Command::Refresh(args) => interruptible(commands::publication::refresh::run(args, settings)).await,
        Command::Pause(args) => interruptible(commands::publication::pause::pause(args, settings)).await,
        Command::Resume(args) => interruptible(commands::publication::pause::resume(args, settings)).await,
        Command::Accounts { command } => interruptible(commands::account::run(command, settings)).await,
        Command::Doctor(args) => interruptible(commands::process::doctor::run(args, settings)).await,
        Command::Keys { command } => interruptible(commands::key::run(command, settings)).await,
        Command::Db { command } => interruptible(commands::database::run(command, settings)).await,
        Command::Webhooks { command } => interruptible(commands::webhook::run(command, settings)).await,
        Command::Tokens { command } => interruptible(commands::token::run(command, settings)).await,
        Command::Analytics(args) => interruptible(commands::analytics::show::run(args, settings)).await,
        Command::Queues(args) => interruptible(commands::operation::queues::run(args, settings)).await,
        Command::Schedules { command } => {
            interruptible(commands::operation::schedules::run(command, settings)).await
        }
        Command::Backup(args) => interruptible(commands::process::backup::run(args, settings)).await,
        Command::Restore(args) => interruptible(commands::process::restore::run(args, settings)).await,

        Command::Init(args) => commands::project::init::run(args, settings),
        Command::Config(args) => commands::project::config::run(args, settings),
        Command::Schema(args) => commands::project::schema::run(args, settings),
        Command::Explain(args) => commands::project::explain::run(args, settings),
        Command::Man(args) => commands::project::man::run(args, settings),
        Command::Completions(args) => commands::project::completions::run(args, settings),
    }
}

/// Ctrl-C ends the command with its own exit code. What a server was asked for may still happen there.
async fn interruptible(command: impl Future<Output = Ended>) -> Ended {
    tokio::select! {
        ended = command => ended,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}
