//! The engine and the product with large states, and without any.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Bench, Size};
use crate::bench::goal::{Figure, Goal, median};
use crate::bench::process::resident_mib;
use crate::bench::product;
use crate::bench::program::number;

/// After a start, until memory is read: what a start needs for itself is given back by then.
const SETTLED: Duration = Duration::from_secs(2);

pub(super) fn empty_goals() -> Vec<Goal> {
    vec![Goal::at_most("start to ready: engine, empty", "ms", 300.0, 50.0)]
}

pub(super) fn empty(bench: &Bench) -> Result<Vec<Figure>> {
    let folder = bench.folder("empty")?;
    let (start_ms, _) = starts(bench, &folder)?;
    Ok(vec![Figure::Ours(start_ms)])
}

pub(super) fn sleeping_goals(size: &Size) -> Vec<Goal> {
    let runs = grouped(size.runs);
    vec![
        Goal::at_most(format!("start to ready: engine, {runs} sleeping"), "ms", 1_500.0, 300.0),
        Goal::at_most(format!("{runs} sleeping runs: memory, engine"), "MiB", 100.0, 40.0),
        Goal::at_most(format!("{runs} sleeping runs: on disk, each"), "bytes", 4_096.0, 2_048.0),
        Goal::at_most(format!("start to ready: product, {runs} sleeping"), "ms", 1_500.0, 300.0),
        Goal::at_most(format!("{runs} sleeping runs: memory, product"), "MiB", 100.0, 40.0),
        Goal::at_most(format!("{runs} sleeping runs: CPU, product"), "%", 0.5, 0.1),
    ]
}

pub(super) fn sleeping(bench: &Bench) -> Result<Vec<Figure>> {
    let (folder, bytes_each) = seeded(bench, "sleeping")?;
    let (start_ms, memory_mib) = starts(bench, &folder)?;
    let idle = product::idle(&bench.programs.product, &bench.scratch, &folder)?;
    bench.say(&format!("  woken {:.1} times a second", idle.activity.wakeups_per_s));
    let figures =
        [start_ms, memory_mib, bytes_each, idle.start_ms, idle.memory_mib, idle.activity.cpu_percent];
    Ok(figures.map(Figure::Ours).to_vec())
}

/// A folder with runs as rows, and what each takes on disk.
fn seeded(bench: &Bench, kind: &str) -> Result<(PathBuf, f64)> {
    let folder = bench.folder("seeded")?;
    let (kind, count) = (format!("kind={kind}"), format!("count={}", bench.size.runs));
    let seeded = bench.programs.run(&bench.scratch, &["seed", &kind, &count], &folder)?;
    bench.say(&format!("  seeded: {kind} {count}"));
    Ok((folder, number(&seeded, "bytes_each")?))
}

/// From the process's start to its first answer in milliseconds, and its memory then; medians.
fn starts(bench: &Bench, folder: &Path) -> Result<(f64, f64)> {
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..bench.size.starts {
        let began = Instant::now();
        let mut served = bench.programs.start(&bench.scratch, &["serve"], folder)?;
        served.wait("ready")?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(SETTLED);
        memory.push(resident_mib(served.running.id())?);
    }
    Ok((median(starts), median(memory)))
}

pub(super) fn timers_goals(size: &Size) -> Vec<Goal> {
    let name = format!("timer lag p99 at 1,000/s, {} sleeping", grouped(size.runs));
    vec![Goal::at_most(name, "ms", 250.0, 100.0)]
}

pub(super) fn timers(bench: &Bench) -> Result<Vec<Figure>> {
    let (folder, _) = seeded(bench, "sleeping")?;
    let seconds = format!("seconds={}", bench.size.seconds);
    let fired = bench.programs.run(&bench.scratch, &["timers", "per-second=1000", &seconds], &folder)?;
    bench.say(&format!("  {fired}"));
    Ok(vec![Figure::Ours(number(&fired, "p99_ms")?)])
}

pub(super) fn killed_goals(size: &Size) -> Vec<Goal> {
    let runs = grouped(size.runs);
    vec![
        Goal::at_most(format!("kill -9, {runs} open runs: first progress"), "s", 3.0, 1.0),
        Goal::at_most(format!("kill -9, {runs} open runs: all due work out"), "s", 15.0, 5.0),
    ]
}

/// The runs wait for a worker; it takes a fifth of their tasks and is killed with the engine.
pub(super) fn killed(bench: &Bench) -> Result<Vec<Figure>> {
    let (folder, _) = seeded(bench, "offered")?;
    let held = format!("expect={}", bench.size.runs / 5);
    let words = ["serve", "pollers=256", "hold=1"];
    let mut served = bench.programs.start(&bench.scratch, &[&words[..], &[&held]].concat(), &folder)?;
    served.wait("all")?;
    served.running.kill();
    let all = format!("expect={}", bench.size.runs);
    let began = Instant::now();
    let mut again = bench.programs.start(&bench.scratch, &[&words[..], &[&all]].concat(), &folder)?;
    again.wait("first")?;
    let first_s = began.elapsed().as_secs_f64();
    again.wait("all")?;
    let all_s = began.elapsed().as_secs_f64();
    bench.say(&format!("  first task out after {first_s:.2} s, all after {all_s:.2} s"));
    Ok(vec![Figure::Ours(first_s), Figure::Ours(all_s)])
}

pub(super) fn product_goals() -> Vec<Goal> {
    product::start_and_size_goals()
}

pub(super) fn product(bench: &Bench) -> Result<Vec<Figure>> {
    product::start_and_size(&bench.programs.product, &bench.scratch, bench.size.starts)
}

pub(super) fn publications_goals(size: &Size) -> Vec<Goal> {
    let count = grouped(size.publications);
    vec![
        Goal::at_most(format!("{count} planned publications: memory, product"), "MiB", 100.0, 64.0),
        Goal::at_most(format!("{count} planned publications: on disk, each"), "bytes", 2_048.0, 1_024.0),
    ]
}

pub(super) fn publications(bench: &Bench) -> Result<Vec<Figure>> {
    let folder = bench.folder("publications")?;
    let (count, key) = (format!("count={}", bench.size.publications), format!("key={}", product::KEY));
    let seeded = bench.programs.run(&bench.scratch, &["ledger", &count, &key], &folder)?;
    bench.say(&format!("  applied: {seeded}"));
    let idle = product::idle(&bench.programs.product, &bench.scratch, &folder)?;
    Ok(vec![Figure::Ours(idle.memory_mib), Figure::Ours(number(&seeded, "bytes_each")?)])
}

/// A count with commas, as people read it.
fn grouped(count: u32) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(50_000), "50,000");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
