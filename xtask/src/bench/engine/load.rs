//! The engine under load: workflows with one activity.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Bench;
use crate::bench::goal::{Figure, Goal, median};
use crate::bench::program::number;

/// Of the loads whose figure is a share, not a rate: enough for hundreds of groups.
const SECONDS: &str = "seconds=4";

pub(super) fn throughput_goals() -> Vec<Goal> {
    vec![
        Goal::at_least("workflows/s at 100 in flight: to a server in memory", "workflows/s", 15.0, 40.0),
        Goal::at_least("workflows/s at 100 in flight: to a server on a file", "workflows/s", 50.0, 100.0),
    ]
}

/// Ours is durable, on a file; the real server is run in memory and on its SQLite file.
pub(super) fn throughput(bench: &Bench) -> Result<Vec<Figure>> {
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..bench.size.rounds {
        for (home, rates) in ["engine", "memory", "file"].iter().zip(&mut rates) {
            rates.push(number(&load(bench, home, &["in-flight=100"])?, "workflows_per_s")?);
        }
    }
    let [ours, memory, file] = rates.map(median);
    Ok(vec![Figure::Ratio { ours, theirs: memory }, Figure::Ratio { ours, theirs: file }])
}

fn load(bench: &Bench, home: &str, more: &[&str]) -> Result<Value> {
    let (home_is, seconds) = (format!("home={home}"), format!("seconds={}", bench.size.seconds));
    let words = [&["load", home_is.as_str(), seconds.as_str()], more].concat();
    bench.run(&words).with_context(|| match home {
        "engine" => "the engine under load",
        _ => "the real server, which is built with Go 1.26 or newer",
    })
}

pub(super) fn commits_goals() -> Vec<Goal> {
    vec![Goal::at_most("commits per workflow at 256 in flight", "commits", 0.3, 0.06)]
}

pub(super) fn commits(bench: &Bench) -> Result<Vec<Figure>> {
    let crowd = load(bench, "engine", &["in-flight=256"])?;
    Ok(vec![Figure::Ours(number(&crowd, "commits_per_workflow")?)])
}

pub(super) fn share_goals() -> Vec<Goal> {
    vec![Goal::at_least("to bare SQLite with the same rows and batches", "workflows/s", 0.3, 0.6)]
}

pub(super) fn share(bench: &Bench) -> Result<Vec<Figure>> {
    let mut shares = Vec::new();
    for _ in 0..bench.size.rounds {
        let result = bench.run(&["share", SECONDS, "in-flight=256"])?;
        shares.push((number(&result, "workflows_per_s")?, number(&result, "replayed_workflows_per_s")?));
    }
    shares.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (ours, theirs) = shares.get(shares.len() / 2).copied().context("nothing was measured")?;
    Ok(vec![Figure::Ratio { ours, theirs }])
}

pub(super) fn latency_goals() -> Vec<Goal> {
    vec![Goal::at_most("p99 of a workflow at 32 in flight, half load", "ms", 100.0, 40.0)]
}

/// Half of what is reached with 32 in flight is asked for, evenly.
pub(super) fn latency(bench: &Bench) -> Result<Vec<Figure>> {
    let most = number(&load(bench, "engine", &["in-flight=32"])?, "workflows_per_s")?;
    let half = format!("per-second={}", (most / 2.0).ceil());
    let paced = load(bench, "engine", &["in-flight=32", &half])?;
    Ok(vec![Figure::Ours(number(&paced, "p99_ms")?)])
}
