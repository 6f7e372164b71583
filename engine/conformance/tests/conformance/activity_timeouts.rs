//! The four time-outs of activities, and answers that come after them.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, application_failure, complete_workflow, retries, schedule, seconds,
};
use temporalio_protos::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes as Activity;
use temporalio_protos::temporal::api::common::v1::RetryPolicy;

async fn no_worker_takes_the_activity(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { schedule_to_start_timeout: seconds(1), ..activity(s, "a") })]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn no_worker_takes_the_activity_that_could_be_retried(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let retried =
        Activity { schedule_to_start_timeout: seconds(1), retry_policy: retries(3), ..activity(s, "a") };
    s.first_task([schedule(retried)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn the_worker_does_not_answer_in_time(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { start_to_close_timeout: seconds(1), ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    s.first_task([]).await?;
    s.outcome("late completion", &s.try_complete_activity(&task, "late").await);
    s.outcome("late failure", &s.try_fail_activity(&task, application_failure("late", false)).await);
    s.outcome("late heartbeat", &s.try_heartbeat(&task, "late").await);
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn a_time_out_is_retried(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let retried =
        Activity { start_to_close_timeout: seconds(1), retry_policy: retries(3), ..activity(s, "a") };
    s.first_task([schedule(retried)]).await?;
    let first = s.activity_task().await?;
    let second = s.activity_task().await?;
    s.outcome("completion of the first attempt", &s.try_complete_activity(&first, "late").await);
    s.complete_activity(&second, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn time_runs_out_while_the_activity_runs(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let short = Activity { schedule_to_close_timeout: seconds(1), ..activity(s, "a") };
    s.first_task([schedule(short)]).await?;
    s.activity_task().await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn there_is_no_time_for_another_attempt(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let policy = RetryPolicy { initial_interval: seconds(5), ..RetryPolicy::default() };
    let short =
        Activity { schedule_to_close_timeout: seconds(3), retry_policy: Some(policy), ..activity(s, "a") };
    s.first_task([schedule(short)]).await?;
    let task = s.activity_task().await?;
    s.fail_activity(&task, application_failure("it broke", false)).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn heartbeats_stop(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { heartbeat_timeout: seconds(2), ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    s.outcome("heartbeat", &s.try_heartbeat(&task, "half").await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn heartbeats_stop_and_the_next_attempt_goes_on_from_them(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let retried = Activity { heartbeat_timeout: seconds(2), retry_policy: retries(3), ..activity(s, "a") };
    s.first_task([schedule(retried)]).await?;
    let task = s.activity_task().await?;
    s.outcome("heartbeat", &s.try_heartbeat(&task, "half").await);
    let again = s.activity_task().await?;
    s.complete_activity(&again, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn heartbeats_keep_an_activity_alive(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { heartbeat_timeout: seconds(3), ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    // The only way to see that a time-out does not come is to go on for longer than it takes.
    let mut pace = tokio::time::interval(std::time::Duration::from_millis(500));
    for beat in 0..8 {
        pace.tick().await;
        s.outcome("heartbeat", &s.try_heartbeat(&task, &format!("beat {beat}")).await);
    }
    s.complete_activity(&task, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

crate::judge::on_both_homes![
    no_worker_takes_the_activity,
    no_worker_takes_the_activity_that_could_be_retried,
    the_worker_does_not_answer_in_time,
    a_time_out_is_retried,
    time_runs_out_while_the_activity_runs,
    there_is_no_time_for_another_attempt,
    heartbeats_stop,
    heartbeats_stop_and_the_next_attempt_goes_on_from_them,
    heartbeats_keep_an_activity_alive,
];
