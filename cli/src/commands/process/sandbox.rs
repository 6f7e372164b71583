//! `tidings sandbox`: the emulators of the platforms.

use std::net::SocketAddr;

use sandbox::{Sandbox, SandboxOptions};

use super::up::{ClockChoice, listen_address};
use crate::exit::{Ended, Exit, Failure};
use crate::process::emulation;
use crate::process::signals::Signals;
use crate::settings::Settings;
use crate::terminal::{BOLD, DIM};

const EXAMPLES: &str = "\
Examples:
  tidings sandbox                                   on 127.0.0.1:4010, forgets everything at the end
  tidings sandbox --listen 127.0.0.1:0 --data sb    on a free port; what was published stays in sb
  tidings up --sandbox-at 127.0.0.1:4010 campaigns  use it from another process

What was published, whatever the answers said:
  curl http://127.0.0.1:4010/_sandbox/ledger
Break things on purpose:
  curl -X POST http://127.0.0.1:4010/_sandbox/faults -H 'content-type: application/json' \\
    -d '{\"platform\":\"x\",\"fault\":\"drop_response_after_commit\",\"times\":1}'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where it listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4010", value_parser = listen_address)]
    listen: SocketAddr,
    /// For tests: a clock that jumps over waiting
    #[arg(long, value_enum, default_value_t, hide = true)]
    clock: ClockChoice,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let signals = Signals::install()?;
    let data = settings.data_given.then(|| settings.data.path().to_owned());
    if let Some(folder) = &data {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::failed(
                "folder/unreadable",
                format!("the folder `{}` can't be made: {error}", folder.display()),
            )
        })?;
    }
    let clock = args.clock.clock(&settings.data, settings.data_given)?;
    let running = Sandbox::start(SandboxOptions { listen: args.listen, data, clock })
        .await
        .map_err(|error| emulation::failure(&error))?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "url": running.url(), "x": running.x_url(), "linkedin": running.linkedin_url(),
        }))?;
    } else {
        settings.terminal.result(&format!(
            "{BOLD}sandbox{BOLD:#}   {}   {DIM}feed of what was published{DIM:#}\nX         {}\nLinkedIn  {}",
            running.url(),
            running.x_url(),
            running.linkedin_url()
        ))?;
    }
    settings.terminal.note("Ctrl-C ends it");
    signals.end_with(running.shutdown()).await;
    Ok(Exit::Ok)
}
