//! Activities that are to be cancelled, and what their workers make of it.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, application_failure, cancel_activity, complete_workflow, retries, schedule, seconds,
    start_timer,
};
use temporalio_protos::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes as Activity;

/// The event by which the first workflow task of a run schedules its first activity.
const SCHEDULED: i64 = 5;

async fn before_a_worker_takes_it(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    s.signal("w", "stop").await?;
    s.first_task([cancel_activity(SCHEDULED)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn in_the_task_that_schedules_it(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a")), cancel_activity(SCHEDULED)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn before_a_worker_takes_it_among_other_commands(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    s.signal("w", "stop").await?;
    s.first_task([start_timer("t", 100), cancel_activity(SCHEDULED), start_timer("u", 100)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn before_a_worker_takes_it_and_the_workflow_ends(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    s.signal("w", "stop").await?;
    let task = s.workflow_task().await?;
    let commands = [cancel_activity(SCHEDULED), complete_workflow("result")];
    s.outcome("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.record_history("w").await
}

async fn the_worker_learns_it_by_a_heartbeat(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.outcome("heartbeat", &s.try_heartbeat(&task, "half").await);
    s.signal("w", "stop").await?;
    s.first_task([cancel_activity(SCHEDULED)]).await?;
    s.outcome("heartbeat", &s.try_heartbeat(&task, "more").await);
    s.outcome("cancelled", &s.try_cancel_activity(&task).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn the_worker_completes_all_the_same(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.signal("w", "stop").await?;
    s.first_task([cancel_activity(SCHEDULED)]).await?;
    s.complete_activity(&task, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn the_worker_fails_and_there_is_no_retry(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { retry_policy: retries(5), ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    s.signal("w", "stop").await?;
    s.first_task([cancel_activity(SCHEDULED)]).await?;
    s.fail_activity(&task, application_failure("it broke", false)).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn between_two_attempts(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let policy = temporalio_protos::temporal::api::common::v1::RetryPolicy {
        initial_interval: seconds(4),
        ..Default::default()
    };
    s.first_task([schedule(Activity { retry_policy: Some(policy), ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    s.fail_activity(&task, application_failure("it broke", false)).await?;
    s.signal("w", "stop").await?;
    s.first_task([cancel_activity(SCHEDULED)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn nobody_asked_the_worker_to_cancel(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.outcome("cancelled", &s.try_cancel_activity(&task).await);
    s.outcome("completed", &s.try_complete_activity(&task, "done").await);
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn after_it_is_completed(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.signal("w", "stop").await?;
    let workflow_task = s.workflow_task().await?;
    s.complete_activity(&task, "done").await?;
    // The completion is buffered: the workflow does not know it yet.
    s.complete(&workflow_task, [cancel_activity(SCHEDULED)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn twice(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.signal("w", "stop").await?;
    let workflow_task = s.workflow_task().await?;
    let commands = [cancel_activity(SCHEDULED), cancel_activity(SCHEDULED)];
    s.outcome("completion", &s.try_complete(s.completion(&workflow_task, commands)).await);
    s.first_task([cancel_activity(SCHEDULED)]).await?;
    s.outcome("cancelled", &s.try_cancel_activity(&task).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

crate::judge::on_both_homes![
    before_a_worker_takes_it,
    before_a_worker_takes_it_among_other_commands,
    before_a_worker_takes_it_and_the_workflow_ends,
    in_the_task_that_schedules_it,
    the_worker_learns_it_by_a_heartbeat,
    the_worker_completes_all_the_same,
    the_worker_fails_and_there_is_no_retry,
    between_two_attempts,
    nobody_asked_the_worker_to_cancel,
    after_it_is_completed,
    twice,
];
