//! `bench publish`: publishing end to end through the sandbox, beside the bare HTTP client that sends the same
//! requests to the same sandbox.

mod stage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::Flags;
use super::goal::{Figure, Goal, Measure, median, print};
use super::process::Scratch;
use crate::cargo;
use stage::Stage;

/// Accounts, posts on each.
type Load = (usize, usize);

/// What one account's lane can carry, what some accounts can, and what many can.
const LOADS: [Load; 3] = [(1, 100), (32, 20), (256, 4)];
const QUICK_LOADS: [Load; 3] = [(1, 30), (32, 6), (256, 2)];
/// Due in one second over so many accounts.
const BURST: Load = (250, 4);
/// Of each load, in turn; the medians count.
const ROUNDS: usize = 3;

/// What is measured: all of it in its release build.
#[derive(Debug)]
struct Programs {
    product: PathBuf,
    bare_client: PathBuf,
}

/// What one load gave.
#[derive(Clone, Copy, Debug)]
struct Published {
    /// Publications per second, from the instant that they were due to the last one's arrival.
    rate: f64,
    /// The bare client's.
    bare_rate: f64,
    /// From due to arrived at the platform.
    p50_ms: f64,
    p99_ms: f64,
    /// The product's, right after.
    memory_mib: f64,
}

/// Measures and prints; a failure when a must is missed.
pub(crate) fn publish(flags: Flags) -> Result<ExitCode> {
    let began = Instant::now();
    let say = |what: &str| eprintln!("[{:>4} s] {what}", began.elapsed().as_secs());
    let target = cargo::target_dir()?;
    let programs = Programs::build(&target.join("release"))?;
    let scratch = Scratch::new(&target, "publish")?;
    let (loads, rounds) = if flags.quick { (QUICK_LOADS, 1) } else { (LOADS, ROUNDS) };
    let run = |load: Load, round: usize| -> Result<Published> {
        let folder = scratch.folder(&format!("{}-{round}", load.0))?;
        let published = Stage::start(&programs, &scratch, &folder)?.publish(load);
        let _ = std::fs::remove_dir_all(folder);
        let published = published?;
        say(&format!("{} × {} posts: {published:?}", load.0, load.1));
        Ok(published)
    };
    let several = |load: Load| {
        let published: Result<Vec<_>> = (0..rounds).map(|round| run(load, round)).collect();
        published.inspect_err(|error| say(&format!("not measured: {error:#}")))
    };
    let mut measures = Vec::new();
    for load in loads {
        let figure = several(load).map_or(Figure::Missing, |published| Figure::Ratio {
            ours: middle(&published, |one| one.rate),
            theirs: middle(&published, |one| one.bare_rate),
        });
        measures.push(Measure { goal: rate_goal(load.0), figure });
    }
    let burst = several(BURST).ok();
    let of_burst: [fn(&Published) -> f64; 3] = [|one| one.p50_ms, |one| one.p99_ms, |one| one.memory_mib];
    for (goal, read) in burst_goals().into_iter().zip(of_burst) {
        let figure =
            burst.as_ref().map_or(Figure::Missing, |published| Figure::Ours(middle(published, read)));
        measures.push(Measure { goal, figure });
    }
    print(&measures, flags.json);
    let missed = measures.iter().filter(|measure| !measure.ok()).count();
    say(&format!("{} measures, {missed} musts missed", measures.len()));
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn middle(published: &[Published], read: impl Fn(&Published) -> f64) -> f64 {
    median(published.iter().map(read).collect())
}

fn rate_goal(accounts: usize) -> Goal {
    let plural = if accounts == 1 { "" } else { "s" };
    // The bare client writes nothing down: its rate is all that the sandbox can take.
    Goal::at_least(format!("publications/s, {accounts} account{plural}: to bare HTTP"), "posts/s", 0.02, 0.05)
}

fn burst_goals() -> [Goal; 3] {
    let name = |what| format!("1,000 due at once, 250 accounts: {what}");
    [
        Goal::at_most(name("p50"), "ms", 5_000.0, 2_000.0),
        Goal::at_most(name("p99"), "ms", 10_000.0, 4_000.0),
        Goal::at_most(name("memory"), "MiB", 200.0, 100.0),
    ]
}

impl Programs {
    /// Builds what is out of date, together, so that both have the same features of what they share.
    fn build(release: &std::path::Path) -> Result<Self> {
        eprintln!("building (release; several minutes the first time)");
        let what =
            ["-p", "tidings", "-p", "activities-platforms", "--bin", "tidings", "--example", "bare_client"];
        let status = cargo::command().args(["build", "--release", "--quiet"]).args(what).status()?;
        ensure!(status.success(), "the release build failed");
        Ok(Self { product: release.join("tidings"), bare_client: release.join("examples/bare_client") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aim_lies_beyond_its_must() {
        let goals = LOADS.map(|(accounts, _)| rate_goal(accounts)).into_iter().chain(burst_goals());
        for goal in goals {
            let aim = Measure { figure: Figure::Ours(goal.aim), goal };
            assert!(aim.ok(), "{aim:?}");
        }
    }
}
