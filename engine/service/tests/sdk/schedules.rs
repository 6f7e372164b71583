//! Schedules, by virtual time.

use std::time::Duration;

use engine_clock::Clock;
use futures_util::StreamExt;
use temporalio_client::WorkflowListOptions;
use temporalio_client::schedules::{
    CreateScheduleOptions, ListSchedulesOptions, ScheduleAction, ScheduleDescription, ScheduleHandle,
    ScheduleOverlapPolicy, ScheduleSpec,
};

use super::bench::{Bench, QUEUE};
use super::workflows::{Counter, OneActivity};

const HOUR: Duration = Duration::from_secs(3_600);

/// Time that passes by itself for the next two days.
fn two_days() -> Clock {
    let clock = Clock::skipping();
    clock.set_horizon(Some(clock.now() + 48 * HOUR));
    clock
}

async fn described(
    handle: &ScheduleHandle<temporalio_client::Client>,
    is_enough: impl Fn(&ScheduleDescription) -> bool,
) -> ScheduleDescription {
    loop {
        let description = handle.describe(Default::default()).await.unwrap();
        if is_enough(&description) {
            return description;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_starts_a_workflow_each_hour() {
    let bench = Bench::with_clock(two_days()).await;
    let worker = bench.worker().await;
    let options = CreateScheduleOptions::builder()
        .action(ScheduleAction::start_workflow(OneActivity::run, 1_u64, QUEUE, "hourly"))
        .spec(ScheduleSpec::from_interval(HOUR))
        .build();
    let handle = bench.client.create_schedule("each-hour", options).await.unwrap();
    let description = described(&handle, |it| it.action_count() >= 5).await;
    assert_eq!((description.missed_catchup_window(), description.overlap_skipped()), (0, 0));
    let listed: Vec<_> = bench
        .client
        .list_workflows("WorkflowId STARTS_WITH 'hourly-'", WorkflowListOptions::default())
        .collect()
        .await;
    assert!(listed.len() >= 5);
    let schedules: Vec<_> = bench.client.list_schedules(ListSchedulesOptions::default()).collect().await;
    assert_eq!(schedules.len(), 1);
    handle.delete(Default::default()).await.unwrap();
    assert!(handle.describe(Default::default()).await.is_err());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_paused_acts_only_when_triggered() {
    let bench = Bench::new().await;
    let worker = bench.worker().await;
    let options = CreateScheduleOptions::builder()
        .action(ScheduleAction::start_workflow(OneActivity::run, 1_u64, QUEUE, "rare"))
        .spec(ScheduleSpec::from_interval(Duration::from_secs(1)))
        .paused(true)
        .build();
    let handle = bench.client.create_schedule("rare", options).await.unwrap();
    handle.trigger(ScheduleOverlapPolicy::AllowAll, Default::default()).await.unwrap();
    let description =
        described(&handle, |it| it.action_count() == 1 && it.running_actions().is_empty()).await;
    // When it would act is said of a paused one, too, as by a server.
    assert!(description.paused() && !description.future_action_times().is_empty());
    handle.unpause(None::<String>, Default::default()).await.unwrap();
    described(&handle, |it| it.action_count() >= 2).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_runs_is_terminated_for_the_next_and_found_again_after_a_restart() {
    let first = Bench::new().await;
    let folder = first.kept_folder();
    // No worker: what is started goes on until it is ended.
    let options = CreateScheduleOptions::builder()
        .action(ScheduleAction::start_workflow(Counter::run, 1_u64, QUEUE, "counter"))
        .spec(ScheduleSpec::from_interval(Duration::from_secs(1)))
        .overlap_policy(ScheduleOverlapPolicy::TerminateOther)
        .build();
    let handle = first.client.create_schedule("replacing", options).await.unwrap();
    described(&handle, |it| it.action_count() >= 2).await;
    drop(handle);
    first.engine.shutdown().await;

    let second = Bench::on(folder, Clock::real()).await;
    let handle = second.client.get_schedule_handle("replacing");
    let before = described(&handle, |_| true).await.action_count();
    let after = described(&handle, |it| it.action_count() >= before + 2).await;
    assert!(after.running_actions().len() <= 1);
    let open: Vec<_> = second
        .client
        .list_workflows(
            "ExecutionStatus = 'Running' AND WorkflowType = 'Counter'",
            WorkflowListOptions::default(),
        )
        .collect()
        .await;
    assert!(open.len() <= 1, "{}", open.len());
    handle.delete(Default::default()).await.unwrap();
}
