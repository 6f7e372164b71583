//! Updates.

use temporalio_client::{WorkflowExecuteUpdateOptions, WorkflowGetResultOptions, WorkflowSignalOptions};
use temporalio_protos::temporal::api::enums::v1::EventType as E;

use super::bench::Bench;
use super::workflows::Counter;

fn named(id: &str) -> WorkflowExecuteUpdateOptions {
    WorkflowExecuteUpdateOptions::builder().update_id(id.to_owned()).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_validated_carried_out_and_done_once_by_its_id() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let handle = bench.client.start_workflow(Counter::run, 1, bench.start_options("counter")).await.unwrap();
    let first = handle.execute_update(Counter::set_limit, 20, named("a")).await.unwrap();
    assert_eq!(first, 10);
    let again = handle.execute_update(Counter::set_limit, 20, named("a")).await.unwrap();
    assert_eq!(again, 10, "the answer of the first time");
    let second = handle.execute_update(Counter::set_limit, 30, named("b")).await.unwrap();
    assert_eq!(second, 20);
    let error = handle.execute_update(Counter::set_limit, 0, named("c")).await.unwrap_err();
    assert!(format!("{error:?}").contains("a limit of nothing"), "{error:?}");
    handle.signal(Counter::add, 1, WorkflowSignalOptions::default()).await.unwrap();
    handle.get_result(WorkflowGetResultOptions::default()).await.unwrap();
    let events = bench.event_types("counter").await;
    assert_eq!(
        events.iter().filter(|it| **it == E::WorkflowExecutionUpdateAccepted).count(),
        2,
        "{events:?}"
    );
    assert_eq!(events.iter().filter(|it| **it == E::WorkflowExecutionUpdateCompleted).count(), 2);
    worker.stop().await;
}
