//! `bench engine`: every row of the engine's goals, side by side with the real server where it is compared.

mod load;
mod state;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::Flags;
use super::goal::{Figure, Goal, Measure, print};
use super::process::Scratch;
use super::program::{Programs, number};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Alternations: ours, theirs, ours, theirs.
    rounds: usize,
    /// Of one load.
    seconds: u64,
    /// Runs that sleep, and runs that are open when the process is killed.
    runs: u32,
    publications: u32,
    /// Starts, of which the median counts.
    starts: usize,
}

const FULL: Size = Size { rounds: 3, seconds: 10, runs: 100_000, publications: 1_000_000, starts: 5 };
/// The runs are as many as in the full one: a tenth of them would show nothing.
const QUICK: Size = Size { rounds: 1, seconds: 4, runs: 100_000, publications: 50_000, starts: 3 };

/// Goals whose figures come from the same measurement, in the same order.
struct Step {
    what: &'static str,
    goals: Vec<Goal>,
    measure: fn(&Bench) -> Result<Vec<Figure>>,
}

fn steps(size: &Size) -> Vec<Step> {
    let step = |what, measure, goals| Step { what, goals, measure };
    vec![
        step("throughput beside the real server", load::throughput, load::throughput_goals()),
        step("commits", load::commits, load::commits_goals()),
        step("share of the disk's limit", load::share, load::share_goals()),
        step("latency", load::latency, load::latency_goals()),
        step("start without runs", state::empty, state::empty_goals()),
        step("sleeping runs", state::sleeping, state::sleeping_goals(size)),
        step("timers", state::timers, state::timers_goals(size)),
        step("kill -9", state::killed, state::killed_goals(size)),
        step("the product", state::product, state::product_goals()),
        step("planned publications", state::publications, state::publications_goals(size)),
    ]
}

/// What the steps share.
struct Bench {
    programs: Programs,
    scratch: Scratch,
    size: Size,
    began: Instant,
}

/// Measures and prints. A measurement that fails is reported, and the others go on; whoever runs this gets a
/// failure when a must is missed. Words before the flags name steps; without one, all are measured.
pub(crate) fn engine(words: &[&str]) -> Result<ExitCode> {
    let (flags, named): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    let flags = Flags::read(&flags)?;
    let chosen = |step: &Step| named.is_empty() || named.iter().any(|word| step.what.contains(word));
    for word in &named {
        let names: Vec<&str> = steps(&FULL).iter().map(|step| step.what).collect();
        ensure!(names.iter().any(|name| name.contains(word)), "no step has `{word}` in its name: {names:?}");
    }
    let programs = Programs::build()?;
    let scratch = Scratch::new(&programs.target, "engine")?;
    let size = if flags.quick { QUICK } else { FULL };
    let bench = Bench { programs, scratch, size, began: Instant::now() };
    if let Err(error) = bench.describe_disk() {
        bench.say(&format!("the disk's speed could not be measured: {error:#}"));
    }
    let mut measures = Vec::new();
    for Step { what, goals, measure } in steps(&size).into_iter().filter(chosen) {
        bench.say(what);
        let measured = measure(&bench).and_then(|figures| {
            ensure!(figures.len() == goals.len(), "{} figures for {} goals", figures.len(), goals.len());
            Ok(figures)
        });
        let figures = measured.unwrap_or_else(|error| {
            bench.say(&format!("{what} could not be measured: {error:#}"));
            vec![Figure::Missing; goals.len()]
        });
        measures.extend(goals.into_iter().zip(figures).map(|(goal, figure)| Measure { goal, figure }));
    }
    print(&measures, flags.json);
    let missed = measures.iter().filter(|measure| !measure.ok()).count();
    bench.say(&format!("{} measures, {missed} musts missed", measures.len()));
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Bench {
    /// Progress, for people.
    fn say(&self, what: &str) {
        eprintln!("[{:>4} s] {what}", self.began.elapsed().as_secs());
    }

    /// An empty folder of this name.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.scratch.path().join(name);
        let _ = std::fs::remove_dir_all(path);
        self.scratch.folder(name)
    }

    /// Runs one program in an empty folder, which goes afterwards.
    fn run(&self, words: &[&str]) -> Result<Value> {
        let folder = self.folder("run")?;
        let result = self.programs.run(&self.scratch, words, &folder);
        let _ = std::fs::remove_dir_all(folder);
        let result = result?;
        self.say(&format!("  {}: {result}", words.join(" ")));
        Ok(result)
    }

    /// What the machine is like; no goal.
    fn describe_disk(&self) -> Result<()> {
        let disk = self.run(&["disk", "seconds=2"])?;
        self.say(&format!(
            "the disk makes {:.0} writes a second durable (median {:.2} ms); {} cores",
            number(&disk, "fsyncs_per_s")?,
            number(&disk, "p50_ms")?,
            disk["cores"]
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_a_name_of_its_own_and_an_aim_beyond_its_must() {
        let goals: Vec<_> = steps(&FULL).into_iter().flat_map(|step| step.goals).collect();
        let mut names: Vec<_> = goals.iter().map(|goal| goal.measure.clone()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), goals.len());
        for goal in goals {
            let aim = Measure { figure: Figure::Ours(goal.aim), goal };
            assert!(aim.ok(), "{aim:?}");
        }
    }
}
