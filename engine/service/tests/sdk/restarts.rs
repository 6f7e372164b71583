//! The engine goes away in the middle and comes back on the same file.

use engine_clock::Clock;
use temporalio_client::{WorkflowGetResultOptions, WorkflowSignalOptions};
use temporalio_protos::temporal::api::enums::v1::EventType as E;

use super::bench::Bench;
use super::workflows::{Cancellable, Counter, OneActivity, Sleeper};

fn result() -> WorkflowGetResultOptions {
    WorkflowGetResultOptions::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_started_before_a_restart_completes_after_it() {
    let first = Bench::new().await;
    let folder = first.kept_folder();
    first.client.start_workflow(OneActivity::run, 1, first.start_options("one")).await.unwrap();
    let counter = first.client.start_workflow(Counter::run, 2, first.start_options("counter")).await.unwrap();
    counter.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
    drop((counter, first));

    let second = Bench::on(folder, Clock::real()).await;
    let worker = second.worker().await;
    let one = second.client.get_workflow_handle::<OneActivity>("one");
    assert_eq!(one.get_result(result()).await.unwrap(), 2);
    let counter = second.client.get_workflow_handle::<Counter>("counter");
    counter.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
    assert_eq!(counter.get_result(result()).await.unwrap(), 2);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_that_the_dead_process_held_is_tried_again() {
    let first = Bench::new().await;
    let folder = first.kept_folder();
    let worker = first.worker().await;
    let handle =
        first.client.start_workflow(Cancellable::run, (), first.start_options("cancellable")).await.unwrap();
    first.until_event("cancellable", E::ActivityTaskScheduled).await;
    while !is_activity_started(&first).await {
        tokio::task::yield_now().await;
    }
    // The worker of the first process goes on with an engine that is closed: to the second it is dead.
    first.engine.shutdown().await;

    let second = Bench::on(folder, Clock::real()).await;
    let next = second.worker().await;
    while attempts(&second).await < 2 {
        tokio::task::yield_now().await;
    }
    let again = second.client.get_workflow_handle::<Cancellable>("cancellable");
    again.cancel(Default::default()).await.unwrap();
    assert!(again.get_result(result()).await.unwrap().starts_with("cancelled"));
    next.stop().await;
    drop((handle, worker));
}

async fn attempts(bench: &Bench) -> i32 {
    let handle = bench.client.get_workflow_handle::<Cancellable>("cancellable");
    let description = handle.describe(Default::default()).await.unwrap();
    description.raw().pending_activities.first().map_or(0, |activity| activity.attempt)
}

async fn is_activity_started(bench: &Bench) -> bool {
    let handle = bench.client.get_workflow_handle::<Cancellable>("cancellable");
    let description = handle.describe(Default::default()).await.unwrap();
    description.raw().pending_activities.first().is_some_and(|activity| activity.last_started_time.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_came_due_while_nobody_ran_fires_at_the_next_start() {
    let first = Bench::new().await;
    let folder = first.kept_folder();
    let worker = first.worker().await;
    first.client.start_workflow(Sleeper::run, 1, first.start_options("sleeper")).await.unwrap();
    first.until_event("sleeper", E::TimerStarted).await;
    first.engine.shutdown().await;

    let clock = Clock::skipping();
    clock.advance(std::time::Duration::from_secs(5)).unwrap();
    let second = Bench::on(folder, clock).await;
    let next = second.worker().await;
    let sleeper = second.client.get_workflow_handle::<Sleeper>("sleeper");
    assert_eq!(sleeper.get_result(result()).await.unwrap(), 2);
    next.stop().await;
    drop(worker);
}
