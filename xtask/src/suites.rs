//! The test suites: which cargo tests belong together, and what they need on the machine.

use std::process::ExitCode;

use activities_test_server as postgres;
use anyhow::{Context, Result};

use crate::{cargo, prerequisites};

struct Suite {
    name: &'static str,
    what: &'static str,
    /// Arguments of `cargo test`, of each time that it runs.
    runs: &'static [&'static [&'static str]],
}

/// Tests that run once more with ledgers on PostgreSQL: they open them by `activities_test_database::ledger`.
const ON_POSTGRES: &[&str] = &["--test", "http_*", "--test", "watcher", "--test", "it", "--test", "sandbox"];
/// What of them is for the long run: a ledger for each place where a process may end, thousands of moves.
const ON_POSTGRES_LONG: &[&str] =
    &["--", "--skip", "boundaries::", "--skip", "crashes::", "--skip", "simulation::"];
/// Whose they are, where not everything is built.
const ON_POSTGRES_OF: &[&str] = &["-p", "server", "-p", "activities-delivery"];

/// The suite of what is on PostgreSQL.
const POSTGRES: &str = "postgres";

const SUITES: &[Suite] = &[
    Suite {
        name: "unit",
        what: "tests beside the code of every crate",
        runs: &[&["--workspace", "--lib", "--bins"]],
    },
    Suite {
        name: "language",
        what: "limits, campaign language and plan",
        runs: &[&["-p", "campaigns-limits", "-p", "campaigns-lang", "-p", "campaigns-plan"]],
    },
    Suite {
        name: "publish",
        what: "ledger, vault, publish protocol and its soak, platform clients against the sandbox",
        runs: &[&[
            "-p",
            "activities-data",
            "-p",
            "activities-vault",
            "-p",
            "activities-delivery",
            "-p",
            "activities-oauth",
            "-p",
            "activities-media",
            "-p",
            "activities-platforms",
            "-p",
            "sandbox",
        ]],
    },
    Suite {
        name: POSTGRES,
        what: "the contracts of ledger and media on both databases; publish protocol and HTTP API on PostgreSQL",
        runs: &[&["-p", "activities-data", "-p", "activities-media"]],
    },
    Suite {
        name: "engine",
        what: "the embedded engine with the unmodified SDK",
        runs: &[&[
            "-p",
            "engine-history",
            "-p",
            "engine-service",
            "-p",
            "engine-workflows",
            "-p",
            "engine-worker",
        ]],
    },
    Suite {
        name: "simulator",
        what: "the whole engine played from seeds: crashes, power loss, late and doubled answers",
        runs: &[&["-p", "engine-service", "--test", "simulator"]],
    },
    Suite {
        name: "kill",
        what: "kill -9 in a loop with thousands of runs in flight, judged from outside",
        runs: &[&["-p", "engine-service", "--test", "kill"]],
    },
    Suite {
        name: "durability",
        what: "the engine's store: power loss, crashes, full disks, group commit",
        runs: &[&["-p", "engine-store", "-p", "engine-faulty-disk"]],
    },
    Suite {
        name: "conformance",
        what: "the embedded engine beside a real Temporal server",
        runs: &[&["-p", "engine-conformance"]],
    },
    Suite {
        name: "interleavings",
        what: "random plays of clients and workers, equal histories on both homes",
        runs: &[&["-p", "engine-conformance", "--test", "conformance", "chance"]],
    },
    Suite {
        name: "api",
        what: "the HTTP API and the watcher, and the service under load that is killed and started again",
        runs: &[&["-p", "server"], &["-p", "tidings", "--test", "e2e", "restarts::"]],
    },
    Suite {
        name: "fuzz",
        what: "every route, asked by schemathesis after the OpenAPI document and by strangers",
        runs: &[&["-p", "server", "--test", "http_fuzz"]],
    },
    Suite {
        name: "e2e",
        what: "the real binary, judged by the sandbox's ledger",
        runs: &[&["-p", "tidings"]],
    },
];

pub(crate) fn list() {
    for suite in SUITES {
        println!("{:<12} {}", suite.name, suite.what);
    }
}

/// Runs one suite, or all tests of the workspace once. Ends with the line `N passed, N failed`.
pub(crate) fn test(name: Option<&str>) -> Result<ExitCode> {
    run(name, &[])
}

/// The same loops, longer.
pub(crate) fn soak(name: Option<&str>) -> Result<ExitCode> {
    run(name, &[("TIDINGS_SOAK", "1")])
}

fn run(name: Option<&str>, env: &[(&str, &str)]) -> Result<ExitCode> {
    let (runs, of) = match name {
        None => (&[&["--workspace"][..]][..], Some(&["--workspace"][..])),
        Some(name) => {
            let suite = SUITES.iter().find(|suite| suite.name == name);
            let suite = suite
                .with_context(|| format!("`{name}` is not a suite; `cargo xtask test --list` names them"))?;
            (suite.runs, (name == POSTGRES).then_some(ON_POSTGRES_OF))
        }
    };
    let mut missing = prerequisites::provide();
    let database = database(&mut missing)?;
    let mut tally = Tally::default();
    let mut once = |args: &[&str], more: &[(&str, &str)]| {
        let mut command = cargo::command();
        command.args(["test", "--no-fail-fast"]).args(args).envs(env.iter().chain(more).copied());
        command.envs(database.iter().map(|server| (postgres::SERVER, server.url())));
        cargo::watch(command, |line| tally.see(line))
    };
    let mut succeeded = true;
    for args in runs {
        succeeded &= once(args, &[])?;
    }
    if let Some(of) = of.filter(|_| database.is_some() || postgres::is_named()) {
        println!("the ledgers of what follows are on PostgreSQL");
        let skipped = if env.is_empty() { ON_POSTGRES_LONG } else { &[] };
        succeeded &= once(&[of, ON_POSTGRES, skipped].concat(), &[postgres::LEDGER])?;
    }
    drop(database);
    for reason in &missing {
        println!("skipped: {reason}");
    }
    let must_be_whole = prerequisites::in_ci() && !missing.is_empty();
    if must_be_whole {
        println!("error: in CI nothing may be skipped");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    let good = succeeded && tally.failed == 0 && tally.passed > 0 && !must_be_whole;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A server for the run, unless the environment names one.
fn database(missing: &mut Vec<String>) -> Result<Option<postgres::Server>> {
    if postgres::is_named() {
        return Ok(None);
    }
    let folder = cargo::target_dir()?.join(format!("postgres-{}", std::process::id()));
    match postgres::Server::fleeting(folder) {
        Ok(server) => Ok(Some(server)),
        Err(error) => {
            missing.push(format!("the ledger on PostgreSQL: {error:#}"));
            Ok(None)
        }
    }
}

/// Sums the closing lines of the test binaries.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn see(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        for part in rest.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(what)) =
                (words.next().and_then(|word| word.parse::<u64>().ok()), words.next())
            else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up() {
        let mut tally = Tally::default();
        tally.see("running 3 tests");
        tally.see(
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        );
        tally.see("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!((tally.passed, tally.failed), (15, 2));
    }
}
