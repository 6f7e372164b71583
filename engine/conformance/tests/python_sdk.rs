//! Another SDK as user: worker and client of the Python SDK, unmodified, over the engine's listener.

use std::process::Command;

use engine_clock::Clock;
use engine_conformance::{in_ci, journey, python_with_sdk};
use engine_service::{Engine, EngineOptions};
use tokio::net::TcpListener;

/// What the program says, a line for each step that held.
const STEPS: [&str; 10] = [
    "signals_queries_updates",
    "timers",
    "failures",
    "cancellation",
    "children",
    "continued_as_new",
    "async_completion",
    "identity",
    "visibility",
    "schedules",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_runs_unmodified() {
    let python = match tokio::task::spawn_blocking(python_with_sdk).await.unwrap() {
        Ok(python) => python,
        Err(why) if in_ci() => panic!("{why:#}"),
        Err(why) => return println!("skipped: {why:#}"),
    };
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::default();
    let engine = Engine::open(&folder.path().join("engine.db"), Clock::real(), options).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = engine.clone();
    let serving = tokio::spawn(async move { served.serve(listener, std::future::pending()).await });

    // The program gives up by itself: each of its steps has a time limit.
    let travel = move || Command::new(python).arg(journey()).arg(address).output().unwrap();
    let output = tokio::task::spawn_blocking(travel).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    // The SDK's core logs among them.
    let held: Vec<&str> = said.lines().filter(|line| STEPS.contains(line)).collect();
    assert_eq!(held, STEPS, "{said}\n{complained}");

    engine.shutdown().await;
    serving.await.unwrap().unwrap();
}
