//! Random interleavings: whatever clients and workers do in whatever order, both homes write the same history.
//!
//! Each seed makes one run, its children and their workers. What is done next depends on the seed and on what
//! the home says is pending, so a home that strays is led further astray, and shows. What takes its time
//! (timers, time-outs, news from other runs) is awaited within its step, so that no clock decides the order.
//! Now and then the engine is restarted between two steps, which a real server's history knows nothing of.
//! A failure names its seed; `TIDINGS_SEED` plays it alone.

mod activities;
mod children;
mod dice;
mod play;
mod questions;
mod sticky;
mod waiting;
mod workflow_tasks;

use std::ops::Range;

use engine_conformance::{Home, RealServer, Scene, in_ci};
use futures::StreamExt as _;

/// Seeds of an ordinary run, in about a minute; a soak plays more.
const SEEDS: u64 = 150;
const SEEDS_OF_A_SOAK: u64 = 1_200;
/// One of so many is played on an engine of its own, which is restarted in between.
const SEEDS_PER_RESTARTED: u64 = 3;
/// They wait for timers and time-outs most of the time, not for the processor.
const SEEDS_TOGETHER: usize = 48;
/// With so few, nothing comes late on a busy machine.
const SEEDS_TOGETHER_AGAIN: usize = 4;

/// The seeds of `TIDINGS_SEED`: one, or `first..end`.
fn seeds() -> Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "which seeds to play, not a setting of the product")]
    let (seed, soak) = (std::env::var("TIDINGS_SEED").ok(), std::env::var_os("TIDINGS_SOAK").is_some());
    let chosen = seed.and_then(|seed| match seed.split_once("..") {
        Some((first, end)) => Some(first.parse().ok()?..end.parse().ok()?),
        None => seed.parse().ok().map(|seed| seed..seed + 1),
    });
    chosen.unwrap_or(0..if soak { SEEDS_OF_A_SOAK } else { SEEDS })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_homes_write_the_same_history_whatever_happens() {
    let server = match RealServer::shared().await {
        Ok(server) => server,
        Err(reason) => {
            assert!(!in_ci(), "the real Temporal server is needed: {reason}");
            println!("skipped: no real Temporal server to compare with: {reason}");
            return;
        }
    };
    let engine = Home::embedded().await.unwrap();
    let seeds: Vec<u64> = seeds().collect();
    let differing = play_all(server, &engine, "", &seeds, SEEDS_TOGETHER).await;
    // A real server may fire a timer a second late, and loses an answer when it is short of time: what
    // differs once is played again, and counts if it differs again.
    let doubted: Vec<u64> = differing.into_iter().map(|(seed, _)| seed).collect();
    let differing = play_all(server, &engine, "again-", &doubted, SEEDS_TOGETHER_AGAIN).await;
    engine.close().await;
    for (seed, shown) in &differing {
        println!(
            "seed {seed} (alone: TIDINGS_SEED={seed} cargo test -p engine-conformance chance):\n{shown}"
        );
    }
    let equal = seeds.len() - differing.len();
    println!(
        "{equal} seeds gave equal histories, {} of them when played again",
        doubted.len() - differing.len()
    );
    let failed: Vec<u64> = differing.into_iter().map(|(seed, _)| seed).collect();
    assert!(failed.is_empty(), "these seeds differ: {failed:?}");
    assert!(equal > 0, "no seed was played");
}

/// What differs, by seed.
async fn play_all(
    server: &RealServer,
    engine: &Home,
    prefix: &str,
    seeds: &[u64],
    together: usize,
) -> Vec<(u64, String)> {
    let plays = futures::stream::iter(seeds).map(async |seed| {
        let prefix = format!("{prefix}seed{seed}");
        let scenario = async |s: &Scene| play::play(s, *seed).await;
        // An engine that others use can't be restarted.
        let engine = match seed % SEEDS_PER_RESTARTED {
            0 => Home::embedded_over_a_socket().await,
            _ => Ok(engine.shared()),
        };
        let found = crate::judge::compare(&scenario, Home::real(server).await, engine, &prefix);
        Box::pin(found).await.map(|found| (*seed, found.shown))
    });
    plays.buffer_unordered(together).filter_map(async |found| found).collect().await
}
