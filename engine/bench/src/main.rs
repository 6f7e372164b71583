//! Programs that measure the engine and seed what is measured, one a process so that memory is the measured part's own. Each prints
//! JSON objects, one a line; `cargo xtask bench engine` runs them in turn and puts the figures side by side.
//!
//! `engine-bench PROGRAM KEY=VALUE…`, see [`PROGRAMS`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "programs that print what they measure")]

mod arguments;
mod disk;
mod home;
mod latency;
mod ledger;
mod load;
mod raw;
mod replay;
mod seed;
mod serve;
mod share;
mod timers;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

const PROGRAMS: &str = "\
engine-bench PROGRAM KEY=VALUE…   ends when its input does

  disk    folder seconds                         fsyncs a second
  load    home(engine|memory|file) folder seconds in-flight [per-second]
                                                 workflows with one activity, by the SDK's worker
  share   folder seconds in-flight               the engine by bare RPCs, then its rows on bare SQLite
  seed    folder kind(sleeping|offered) count    runs as rows
  ledger  folder count key                       a ledger of planned publications
  serve   folder [pollers] [hold] [expect]       the engine alone
  timers  folder per-second seconds              how late timers are
";

/// No program takes as long; the first use of the real server builds it.
const TIME_MAX: Duration = Duration::from_secs(1_800);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let program = words.next().unwrap_or_default();
    let arguments = Arguments::read(words)?;
    std::thread::spawn(end_with_input);
    std::thread::spawn(end_in_time);
    // As the product has it: one thread per core.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match program.as_str() {
            "disk" => disk::run(&arguments),
            "load" => load::run(&arguments).await,
            "share" => share::run(&arguments).await,
            "seed" => seed::run(&arguments).await,
            "ledger" => ledger::run(&arguments).await,
            "serve" => serve::run(&arguments).await,
            "timers" => timers::run(&arguments).await,
            "help" | "--help" | "-h" | "" => {
                print!("{PROGRAMS}");
                Ok(())
            }
            other => bail!("`{other}` is not a program\n\n{PROGRAMS}"),
        }
    })
}

/// Whoever started this is gone, or wants it to end: as by a crash, which the engine is made for. The real
/// server ends in the same way with this.
fn end_with_input() {
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    std::process::exit(1);
}

fn end_in_time() {
    std::thread::sleep(TIME_MAX);
    eprintln!("error: not done after {} s", TIME_MAX.as_secs());
    std::process::exit(1);
}

/// Prints one result.
fn say(result: &serde_json::Value) {
    println!("{result}");
}
