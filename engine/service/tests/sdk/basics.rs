//! One run at a time.

use temporalio_client::{
    UntypedWorkflow, WorkflowCancelOptions, WorkflowGetResultOptions, WorkflowListOptions,
    WorkflowQueryOptions, WorkflowSignalOptions, WorkflowTerminateOptions,
};
use temporalio_protos::temporal::api::enums::v1::EventType as E;

use futures_util::StreamExt;

use super::bench::Bench;
use super::workflows::{Cancellable, Counter, Failing, Flaky, OneActivity, Rounds, Silent};

fn result() -> WorkflowGetResultOptions {
    WorkflowGetResultOptions::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_with_one_activity_completes() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(OneActivity::run, 41, bench.start_options("one")).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), 42);
    assert_eq!(
        bench.event_types("one").await,
        [
            E::WorkflowExecutionStarted,
            E::WorkflowTaskScheduled,
            E::WorkflowTaskStarted,
            E::WorkflowTaskCompleted,
            E::ActivityTaskScheduled,
            E::ActivityTaskStarted,
            E::ActivityTaskCompleted,
            E::WorkflowTaskScheduled,
            E::WorkflowTaskStarted,
            E::WorkflowTaskCompleted,
            E::WorkflowExecutionCompleted,
        ]
    );
    worker.stop().await;
    bench.engine.shutdown().await;
}

/// Start, first answer with the activity, the activity's result, second answer. That a worker of this process
/// took a task is stored with its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_with_one_activity_is_four_commits() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(OneActivity::run, 1, bench.start_options("one")).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), 2);
    let stats = bench.engine.stats();
    assert_eq!((stats.commits, stats.transitions), (4, 6));
    worker.stop().await;
    bench.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_is_tried_again_until_it_succeeds() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(Flaky::run, 3, bench.start_options("flaky")).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), 3);
    let events = bench.event_types("flaky").await;
    assert_eq!(events.iter().filter(|it| **it == E::ActivityTaskStarted).count(), 1, "{events:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_that_fails_for_good_fails_its_workflow() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(Failing::run, (), bench.start_options("failing")).await.unwrap();
    let error = format!("{:?}", handle.get_result(result()).await.unwrap_err());
    assert!(error.contains("attempt 1 fails"), "{error}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_and_queries_reach_a_run_and_queries_a_closed_one() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(Counter::run, 3, bench.start_options("counter")).await.unwrap();
    handle.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
    let heard = handle.query(Counter::heard, (), WorkflowQueryOptions::default()).await.unwrap();
    assert_eq!(heard, 1);
    handle.signal(Counter::add, 2, WorkflowSignalOptions::default()).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), 3);
    let heard = handle.query(Counter::heard, (), WorkflowQueryOptions::default()).await.unwrap();
    assert_eq!(heard, 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_a_cache_gets_whole_histories() {
    let bench = Bench::new().await;
    let worker = bench.forgetful_worker().await;
    let handle = bench.client.start_workflow(Counter::run, 3, bench.start_options("counter")).await.unwrap();
    for _ in 0..3 {
        handle.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
        handle.query(Counter::heard, (), WorkflowQueryOptions::default()).await.unwrap();
    }
    assert_eq!(handle.get_result(result()).await.unwrap(), 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signal_with_start_starts_once_and_signals_each_time() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    for _ in 0..2 {
        bench
            .client
            .signal_with_start_workflow(Counter::run, 2, Counter::add, 1, bench.start_options("counter"))
            .await
            .unwrap();
    }
    let handle = bench.client.get_workflow_handle::<Counter>("counter");
    assert_eq!(handle.get_result(result()).await.unwrap(), 2);
    let events = bench.event_types("counter").await;
    assert_eq!(events.iter().filter(|it| **it == E::WorkflowExecutionSignaled).count(), 2, "{events:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_continues_as_new() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle =
        bench.client.start_workflow(Rounds::run, (1, 3), bench.start_options("rounds")).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), 3);
    let runs: Vec<_> =
        bench.client.list_workflows("WorkflowId = 'rounds'", WorkflowListOptions::default()).collect().await;
    assert_eq!(runs.len(), 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_workflow_stops_its_activity_and_cleans_up() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle =
        bench.client.start_workflow(Cancellable::run, (), bench.start_options("cancellable")).await.unwrap();
    bench.until_event("cancellable", E::ActivityTaskScheduled).await;
    handle.cancel(WorkflowCancelOptions::builder().reason("enough").build()).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), "cancelled (enough), cleaned up 2");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_workflow_is_over_at_once() {
    let bench = Bench::new().await;
    let handle = bench.client.start_workflow(Counter::run, 1, bench.start_options("counter")).await.unwrap();
    handle.terminate(WorkflowTerminateOptions::builder().reason("no more").build()).await.unwrap();
    let error = format!("{:?}", handle.get_result(result()).await.unwrap_err());
    assert!(error.contains("Terminated"), "{error}");
    let description =
        bench.client.get_workflow_handle::<UntypedWorkflow>("counter").describe(Default::default()).await;
    assert_eq!(description.unwrap().history_length(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_that_falls_silent_is_tried_again_with_what_it_said() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(Silent::run, (), bench.start_options("silent")).await.unwrap();
    assert_eq!(handle.get_result(result()).await.unwrap(), 7);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_workflow_id_is_not_started_twice() {
    let bench = Bench::new().await;
    bench.client.start_workflow(Counter::run, 1, bench.start_options("counter")).await.unwrap();
    let error =
        bench.client.start_workflow(Counter::run, 1, bench.start_options("counter")).await.err().unwrap();
    assert!(format!("{error:?}").contains("AlreadyStarted"), "{error:?}");
}
