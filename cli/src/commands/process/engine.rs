//! `tidings engine`: the embedded engine alone.

use std::net::SocketAddr;

use super::up::{ClockChoice, listen_address};
use crate::exit::{Ended, Exit};
use crate::process::home::EmbeddedEngine;
use crate::process::signals::Signals;
use crate::settings::{Settings, maintenance};
use crate::terminal::{BOLD, DIM};

const EXAMPLES: &str = "\
Examples:
  tidings engine                                    on 127.0.0.1:7233, runs stay in .tidings/engine.db
  tidings engine --data engine --listen 127.0.0.1:0
  TEMPORAL_ADDRESS=127.0.0.1:7233 tidings up        use it from another process, as any Temporal cluster
  temporal workflow list --address 127.0.0.1:7233   Temporal's own tools and SDKs work with it

It speaks gRPC without encryption or sign-in, and so listens on loopback only. The namespace is `default`.
What it does not support answers UNIMPLEMENTED.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where it listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7233", value_parser = listen_address)]
    listen: SocketAddr,
    /// For tests: a clock that jumps over waiting
    #[arg(long, value_enum, default_value_t, hide = true)]
    clock: ClockChoice,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let signals = Signals::install()?;
    let clock = args.clock.clock(&settings.data, true)?;
    let keep_days = maintenance::upkeep(&settings.env)?.keep_days;
    let engine = EmbeddedEngine::open(&settings.data, clock, Some(args.listen), keep_days).await?;
    let address = engine.address().unwrap_or(args.listen);
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "address": address.to_string(), "namespace": "default", "pid": std::process::id(),
        }))?;
    } else {
        settings.terminal.result(&format!(
            "{BOLD}engine{BOLD:#}   {address}   {DIM}namespace default, runs in {}{DIM:#}",
            settings.data.engine().display()
        ))?;
    }
    settings.terminal.note("Ctrl-C ends it");
    signals.end_with(engine.shutdown()).await;
    Ok(Exit::Ok)
}
