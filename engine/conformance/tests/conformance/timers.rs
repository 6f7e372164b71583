//! Timers: firing, cancellation, and both at once.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{cancel_timer, complete_workflow, start_timer};

async fn a_timer_fires(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 1)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn timers_fire_in_the_order_of_their_times(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("late", 3), start_timer("early", 1)]).await?;
    s.first_task([]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_is_cancelled(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    s.signal("w", "stop").await?;
    s.first_task([cancel_timer("t"), complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_is_cancelled_in_the_task_that_starts_it(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100), cancel_timer("t"), complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn the_id_of_a_timer_that_ended_is_free_again(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 1)]).await?;
    s.first_task([start_timer("t", 100)]).await?;
    s.signal("w", "stop").await?;
    s.first_task([cancel_timer("t"), start_timer("t", 1)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_fires_while_a_workflow_task_runs(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 1), start_timer("u", 2)]).await?;
    s.signal("w", "go").await?;
    let task = s.workflow_task().await?;
    // Both fire before the task ends: the run's description shows when.
    until_the_history_has_buffered(s, 3).await;
    s.complete(&task, []).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_is_cancelled_after_it_fired(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 1)]).await?;
    s.signal("w", "stop").await?;
    let task = s.workflow_task().await?;
    until_the_history_has_buffered(s, 2).await;
    // The firing is buffered: the workflow does not know it yet.
    s.complete(&task, [cancel_timer("t")]).await?;
    s.signal("w", "go").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

/// Buffered events can't be seen from outside on either home, so this waits for longer than they take.
async fn until_the_history_has_buffered(_s: &Scene, after_seconds: u64) {
    tokio::time::sleep(std::time::Duration::from_secs(after_seconds)).await;
}

async fn two_timers_with_the_same_id(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let commands = [start_timer("t", 100), start_timer("t", 100)];
    s.outcome("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_unknown_timer_is_cancelled(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.outcome("completion", &s.try_complete(s.completion(&task, [cancel_timer("t")])).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_without_an_id(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.outcome("completion", &s.try_complete(s.completion(&task, [start_timer("", 1)])).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_that_takes_no_time(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.outcome("completion", &s.try_complete(s.completion(&task, [start_timer("t", 0)])).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_timer_that_takes_less_than_no_time(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.outcome("completion", &s.try_complete(s.completion(&task, [start_timer("t", -5)])).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

crate::judge::on_both_homes![
    a_timer_fires,
    timers_fire_in_the_order_of_their_times,
    a_timer_is_cancelled,
    a_timer_is_cancelled_in_the_task_that_starts_it,
    the_id_of_a_timer_that_ended_is_free_again,
    a_timer_fires_while_a_workflow_task_runs,
    a_timer_is_cancelled_after_it_fired,
    two_timers_with_the_same_id,
    an_unknown_timer_is_cancelled,
    a_timer_without_an_id,
    a_timer_that_takes_no_time,
    a_timer_that_takes_less_than_no_time,
];
