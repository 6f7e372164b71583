//! Virtual time.

use std::time::Duration;

use engine_clock::Clock;
use temporalio_client::WorkflowGetResultOptions;

use super::bench::Bench;
use super::workflows::Sleeper;

const MONTH_S: u64 = 30 * 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_month_passes_at_once() {
    let clock = Clock::skipping();
    let before = clock.now();
    clock.set_horizon(Some(before + Duration::from_secs(2 * MONTH_S)));
    let bench = Bench::with_clock(clock).await;
    let worker = bench.worker().await;
    let handle =
        bench.client.start_workflow(Sleeper::run, MONTH_S, bench.start_options("sleeper")).await.unwrap();
    assert_eq!(handle.get_result(WorkflowGetResultOptions::default()).await.unwrap(), MONTH_S + 1);
    assert!(bench.clock.now() >= before + Duration::from_secs(MONTH_S));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_stands_still_while_it_is_held() {
    let clock = Clock::skipping();
    let before = clock.now();
    clock.set_horizon(Some(before + Duration::from_secs(2 * MONTH_S)));
    let bench = Bench::with_clock(clock).await;
    let hold = bench.engine.hold_clock();
    let worker = bench.worker().await;
    let handle =
        bench.client.start_workflow(Sleeper::run, MONTH_S, bench.start_options("sleeper")).await.unwrap();
    let result = handle.get_result(WorkflowGetResultOptions::default());
    tokio::pin!(result);
    let soon = tokio::time::timeout(Duration::from_millis(300), &mut result).await;
    assert!(soon.is_err() && bench.clock.now() < before + Duration::from_secs(MONTH_S));
    drop(hold);
    assert_eq!(result.await.unwrap(), MONTH_S + 1);
    worker.stop().await;
}
