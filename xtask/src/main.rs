//! The project's own tooling: `cargo xtask test | tidy | bench | soak | codegen`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod cargo;
mod codegen;
mod prerequisites;
mod suites;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
The project's own tooling.

Usage: cargo xtask <COMMAND>

Commands:
  test [SUITE]          Run every suite, or one; installs what is missing
  test --list           Name the suites
  tidy                  Hold the structure against its rules
  soak [SUITE]          The long versions of bounded loops
  bench start [--json]  Start to ready, idle memory, size of the binary
  bench engine [STEP ...] [--quick] [--json]
                        The engine beside a real Temporal server, and its goals
  bench publish [--quick] [--json]
                        Publishing through the sandbox beside the bare HTTP client
  bench api [--quick] [--json]
                        The HTTP API under load, beside a bare handler
  bench lang [--quick] [--json]
                        Checking and planning campaigns, beside an editor's language server
  codegen               Write the generated files under schemas/ anew
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        ["test", "--list"] => {
            suites::list();
            Ok(ExitCode::SUCCESS)
        }
        ["test"] => suites::test(None),
        ["test", suite] => suites::test(Some(suite)),
        ["soak"] => suites::soak(None),
        ["soak", suite] => suites::soak(Some(suite)),
        ["tidy"] => tidy::run(),
        ["bench", "start", flags @ ..] => bench::start(bench::Flags::read(flags)?),
        ["bench", "engine", flags @ ..] => bench::engine(flags),
        ["bench", "publish", flags @ ..] => bench::publish(bench::Flags::read(flags)?),
        ["bench", "api", flags @ ..] => bench::api(bench::Flags::read(flags)?),
        ["bench", "lang", flags @ ..] => bench::lang(bench::Flags::read(flags)?),
        ["bench", ..] => bail!("name a benchmark: `start`, `engine`, `publish`, `api` or `lang`"),
        ["codegen"] => codegen::run(),
        [other, ..] => bail!("`{other}` is not a command; try `cargo xtask help`"),
    }
}
