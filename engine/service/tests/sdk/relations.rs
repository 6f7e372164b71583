//! Runs that have to do with each other.

use temporalio_client::{WorkflowGetResultOptions, WorkflowListOptions};
use temporalio_protos::temporal::api::enums::v1::EventType as E;

use futures_util::StreamExt;

use super::bench::Bench;
use super::workflows::{Cancellable, Counter, Messenger, Parent};

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_gets_the_result_of_the_last_run_of_its_child() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench
        .client
        .start_workflow(Parent::run, "child".to_owned(), bench.start_options("parent"))
        .await
        .unwrap();
    assert_eq!(handle.get_result(WorkflowGetResultOptions::default()).await.unwrap(), 2);
    let events = bench.event_types("parent").await;
    assert!(events.contains(&E::ChildWorkflowExecutionStarted), "{events:?}");
    assert!(events.contains(&E::ChildWorkflowExecutionCompleted), "{events:?}");
    let children = bench.client.list_workflows("ParentWorkflowId = 'parent'", WorkflowListOptions::default());
    assert_eq!(children.collect::<Vec<_>>().await.len(), 2);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_signals_and_cancels_others_and_learns_who_is_not_there() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let counter = bench.client.start_workflow(Counter::run, 1, bench.start_options("counter")).await.unwrap();
    let cancellable =
        bench.client.start_workflow(Cancellable::run, (), bench.start_options("cancellable")).await.unwrap();
    bench.until_event("cancellable", E::ActivityTaskScheduled).await;
    let to = ("counter".to_owned(), "cancellable".to_owned());
    let messenger =
        bench.client.start_workflow(Messenger::run, to, bench.start_options("messenger")).await.unwrap();
    assert!(messenger.get_result(WorkflowGetResultOptions::default()).await.unwrap());
    assert_eq!(counter.get_result(WorkflowGetResultOptions::default()).await.unwrap(), 1);
    let cleaned = cancellable.get_result(WorkflowGetResultOptions::default()).await.unwrap();
    assert!(cleaned.starts_with("cancelled"), "{cleaned}");
    worker.stop().await;
}
