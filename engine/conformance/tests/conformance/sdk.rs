//! Scenarios in which the unmodified SDK is worker and client, as users have it.

mod activities;
mod worker;
mod workflows;

use std::time::Duration;

use anyhow::Result;
use engine_conformance::Scene;
use temporalio_client::schedules::{
    CreateScheduleOptions, ScheduleAction, ScheduleOverlapPolicy, ScheduleSpec,
};
use temporalio_client::{
    ActivityIdentifier, WorkflowCancelOptions, WorkflowExecuteUpdateOptions, WorkflowGetResultOptions,
    WorkflowQueryOptions, WorkflowSignalOptions, WorkflowStartUpdateOptions,
};
use temporalio_protos::temporal::api::enums::v1::{EventType, ParentClosePolicy};

use worker::{RunningWorker, client, options, until_event, until_events};
use workflows as w;

fn result() -> WorkflowGetResultOptions {
    WorkflowGetResultOptions::default()
}

fn signal() -> WorkflowSignalOptions {
    WorkflowSignalOptions::default()
}

fn named(id: &str) -> WorkflowExecuteUpdateOptions {
    WorkflowExecuteUpdateOptions::builder().update_id(id.to_owned()).build()
}

async fn activities_one_after_the_other(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Steps::run, 3, options(s, "w")).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn an_activity_is_tried_until_it_succeeds(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Flaky::run, (3, 5), options(s, "w")).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn an_activity_fails_for_good_and_its_workflow_too(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Flaky::run, (9, 2), options(s, "w")).await?;
    s.note("failed", &run.get_result(result()).await.is_err());
    worker.stop().await?;
    s.record_history("w").await
}

async fn local_activities(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Local::run, 1, options(s, "w")).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn an_activity_falls_silent_and_is_tried_again_with_what_it_said(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Silent::run, (), options(s, "w")).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

/// Completes or fails the workflow's activity from outside.
async fn by_somebody_else(s: &Scene, succeeds: bool) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let client = client(s)?;
    let run = client.start_workflow(w::Elsewhere::run, (), options(s, "w")).await?;
    while s.try_describe("w", "").await?.pending_activities.iter().all(|it| it.last_started_time.is_none()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let identifier = ActivityIdentifier::by_id_workflow(s.name("w"), "", "elsewhere");
    let activity = client.get_async_activity_handle(identifier);
    if succeeds {
        activity.complete(Some(17_u64), Default::default()).await?;
        s.note("result", &run.get_result(result()).await?);
    } else {
        s.note("terminate", &s.terminate("w").await.is_ok());
        s.note("too late", &activity.complete(Some(17_u64), Default::default()).await.is_err());
    }
    worker.stop().await?;
    s.record_history("w").await
}

async fn an_activity_is_completed_by_somebody_else(s: &Scene) -> Result<()> {
    by_somebody_else(s, true).await
}

async fn an_activity_is_completed_after_the_end_of_its_workflow(s: &Scene) -> Result<()> {
    by_somebody_else(s, false).await
}

async fn a_cancelled_workflow_cleans_up(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Cancellable::run, (), options(s, "w")).await?;
    until_event(s, "w", EventType::ActivityTaskScheduled).await?;
    while s.try_describe("w", "").await?.pending_activities.iter().all(|it| it.last_heartbeat_time.is_none())
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    run.cancel(WorkflowCancelOptions::builder().reason("enough").build()).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn a_workflow_that_ignores_its_cancellation_completes(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Counter::run, 1, options(s, "w")).await?;
    until_event(s, "w", EventType::WorkflowTaskCompleted).await?;
    // Both are there before the worker sees either: it decides.
    worker.stop().await?;
    run.cancel(WorkflowCancelOptions::builder().reason("enough").build()).await?;
    run.signal(w::Counter::add, 1, signal()).await?;
    let worker = RunningWorker::start(s).await?;
    s.note("completed", &run.get_result(result()).await.is_ok());
    worker.stop().await?;
    s.record_history("w").await
}

async fn a_sleeping_workflow_is_cancelled(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Sleeper::run, 600, options(s, "w")).await?;
    until_event(s, "w", EventType::TimerStarted).await?;
    run.cancel(WorkflowCancelOptions::builder().reason("enough").build()).await?;
    s.note("completed", &run.get_result(result()).await.is_ok());
    worker.stop().await?;
    s.record_history("w").await
}

async fn the_worker_restarts_between_two_signals(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Counter::run, 2, options(s, "w")).await?;
    run.signal(w::Counter::add, 1, signal()).await?;
    s.note("heard", &run.query(w::Counter::heard, (), WorkflowQueryOptions::default()).await?);
    worker.stop().await?;
    run.signal(w::Counter::add, 1, signal()).await?;
    let worker = RunningWorker::start(s).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    let events = s.history("w", "").await?;
    s.note("completed by", &events.last().map(|event| event.event_type));
    Ok(())
}

async fn the_worker_restarts_in_a_workflows_sleep(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Sleeper::run, 3, options(s, "w")).await?;
    until_event(s, "w", EventType::TimerStarted).await?;
    worker.stop().await?;
    until_event(s, "w", EventType::TimerFired).await?;
    let worker = RunningWorker::start(s).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn a_worker_without_a_cache(s: &Scene) -> Result<()> {
    let worker = RunningWorker::with_cache(s, 0).await?;
    let run = client(s)?.start_workflow(w::Steps::run, 3, options(s, "w")).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn signals_before_there_is_a_worker(s: &Scene) -> Result<()> {
    let client = client(s)?;
    for _ in 0..3 {
        client.signal_with_start_workflow(w::Counter::run, 3, w::Counter::add, 1, options(s, "w")).await?;
    }
    let worker = RunningWorker::start(s).await?;
    let run = client.get_workflow_handle::<w::Counter>(s.name("w"));
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await
}

async fn a_query_of_a_closed_run(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Counter::run, 2, options(s, "w")).await?;
    run.signal(w::Counter::add, 2, signal()).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    let worker = RunningWorker::start(s).await?;
    s.note("heard", &run.query(w::Counter::heard, (), WorkflowQueryOptions::default()).await?);
    worker.stop().await
}

async fn an_update_is_carried_out_once(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Counter::run, 1, options(s, "w")).await?;
    until_event(s, "w", EventType::WorkflowTaskCompleted).await?;
    s.note("first", &run.execute_update(w::Counter::set_limit, 20, named("a")).await?);
    s.note("again", &run.execute_update(w::Counter::set_limit, 20, named("a")).await?);
    s.note("second", &run.execute_update(w::Counter::set_limit, 30, named("b")).await?);
    worker.stop().await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn an_update_is_rejected_by_its_validator(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Counter::run, 1, options(s, "w")).await?;
    until_event(s, "w", EventType::WorkflowTaskCompleted).await?;
    let error = run.execute_update(w::Counter::set_limit, 0, named("a")).await.err();
    s.note("rejected", &error.is_some_and(|error| format!("{error:?}").contains("a limit of nothing")));
    let events = s.history("w", "").await?;
    let traces = events.iter().filter(|event| {
        event.event_type == EventType::WorkflowExecutionUpdateAccepted as i32
            || event.event_type == EventType::WorkflowExecutionUpdateRejected as i32
    });
    s.note("traces", &traces.count());
    worker.stop().await?;
    s.terminate("w").await
}

async fn an_update_outlives_its_worker(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let run = client(s)?.start_workflow(w::Counter::run, 1, options(s, "w")).await?;
    until_event(s, "w", EventType::WorkflowTaskCompleted).await?;
    let options = WorkflowStartUpdateOptions::builder().update_id("slow".to_owned());
    let update = run.start_update(w::Counter::set_limit_slowly, 20, options.build()).await?;
    worker.stop().await?;
    until_event(s, "w", EventType::TimerFired).await?;
    let worker = RunningWorker::start(s).await?;
    s.note("result", &update.get_result(Default::default()).await?);
    worker.stop().await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn a_run_goes_on_with_signals(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let client = client(s)?;
    let first = client.start_workflow(w::Carrier::run, (0, 3), options(s, "w")).await?;
    let run_id = first.run_id().unwrap_or_default().to_owned();
    let run = client.get_workflow_handle::<w::Carrier>(s.name("w"));
    let mut before = run_id;
    for round in 1..=3 {
        until_event(s, "w", EventType::WorkflowTaskCompleted).await?;
        // A run that goes on within its first second waits before it does.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        run.signal(w::Carrier::add, round, signal()).await?;
        s.closed("w", &before).await?;
        s.record_history_of("w", &before).await?;
        before = s
            .try_describe("w", "")
            .await?
            .workflow_execution_info
            .and_then(|info| info.execution)
            .map(|execution| execution.run_id)
            .unwrap_or_default();
    }
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await
}

/// A parent that ends before its child.
async fn a_child_by_policy(s: &Scene, policy: ParentClosePolicy) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let input = (s.name("child"), policy as i32, false);
    let run = client(s)?.start_workflow(w::Parent::run, input, options(s, "w")).await?;
    run.get_result(result()).await?;
    match policy {
        ParentClosePolicy::Abandon => {
            until_event(s, "child", EventType::WorkflowTaskCompleted).await?;
            s.terminate("child").await?;
        }
        _ => {
            s.closed("child", "").await?;
        }
    }
    worker.stop().await?;
    s.record_history("w").await?;
    let last = s.history("child", "").await?.pop();
    s.note("the child's end", &last.map(|event| event.event_type));
    Ok(())
}

async fn a_child_ends_with_its_parent(s: &Scene) -> Result<()> {
    a_child_by_policy(s, ParentClosePolicy::Terminate).await
}

async fn a_child_is_cancelled_with_its_parent(s: &Scene) -> Result<()> {
    a_child_by_policy(s, ParentClosePolicy::RequestCancel).await
}

async fn a_child_is_left_alone(s: &Scene) -> Result<()> {
    a_child_by_policy(s, ParentClosePolicy::Abandon).await
}

async fn a_child_gives_its_result(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let client = client(s)?;
    let input = (s.name("child"), 0, true);
    let run = client.start_workflow(w::Parent::run, input, options(s, "w")).await?;
    until_events(s, "w", EventType::WorkflowTaskCompleted, 2).await?;
    until_event(s, "child", EventType::WorkflowTaskCompleted).await?;
    client.get_workflow_handle::<w::Counter>(s.name("child")).signal(w::Counter::add, 5, signal()).await?;
    s.note("result", &run.get_result(result()).await?);
    worker.stop().await?;
    s.record_history("w").await?;
    s.record_history("child").await
}

async fn a_child_has_the_id_of_another_workflow(s: &Scene) -> Result<()> {
    let client = client(s)?;
    client.start_workflow(w::Counter::run, 1, options(s, "child")).await?;
    let worker = RunningWorker::start(s).await?;
    let input = (s.name("child"), 0, true);
    let run = client.start_workflow(w::Parent::run, input, options(s, "w")).await?;
    s.note("completed", &run.get_result(result()).await.is_ok());
    worker.stop().await?;
    s.record_history("w").await?;
    s.terminate("child").await
}

async fn a_workflow_reaches_others(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let client = client(s)?;
    client.start_workflow(w::Counter::run, 1, options(s, "counter")).await?;
    client.start_workflow(w::Sleeper::run, 600, options(s, "sleeper")).await?;
    until_event(s, "counter", EventType::WorkflowTaskCompleted).await?;
    until_event(s, "sleeper", EventType::TimerStarted).await?;
    let to = (s.name("counter"), s.name("nobody"), s.name("sleeper"));
    let run = client.start_workflow(w::Messenger::run, to, options(s, "w")).await?;
    s.note("lost", &run.get_result(result()).await?);
    s.closed("counter", "").await?;
    s.closed("sleeper", "").await?;
    worker.stop().await?;
    for workflow in ["w", "counter", "sleeper"] {
        s.record_history(workflow).await?;
    }
    Ok(())
}

async fn a_schedule_is_triggered(s: &Scene) -> Result<()> {
    let worker = RunningWorker::start(s).await?;
    let client = client(s)?;
    let action = ScheduleAction::start_workflow(w::Steps::run, 1_u64, s.name("queue"), s.name("w"));
    let created = CreateScheduleOptions::builder()
        .action(action)
        .spec(ScheduleSpec::from_interval(Duration::from_secs(86_400)))
        .build();
    let schedule = client.create_schedule(s.name("schedule"), created).await?;
    schedule.trigger(ScheduleOverlapPolicy::AllowAll, Default::default()).await?;
    let description = loop {
        let description = schedule.describe(Default::default()).await?;
        if !description.recent_actions().is_empty() {
            break description;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    s.note("actions", &description.action_count());
    s.note("paused", &description.paused());
    schedule.delete(Default::default()).await?;
    s.note("gone", &schedule.describe(Default::default()).await.is_err());
    worker.stop().await
}

crate::judge::on_both_homes![
    activities_one_after_the_other,
    an_activity_is_tried_until_it_succeeds,
    an_activity_fails_for_good_and_its_workflow_too,
    local_activities,
    an_activity_falls_silent_and_is_tried_again_with_what_it_said,
    an_activity_is_completed_by_somebody_else,
    an_activity_is_completed_after_the_end_of_its_workflow,
    a_cancelled_workflow_cleans_up,
    a_workflow_that_ignores_its_cancellation_completes,
    a_sleeping_workflow_is_cancelled,
    the_worker_restarts_between_two_signals,
    the_worker_restarts_in_a_workflows_sleep,
    a_worker_without_a_cache,
    signals_before_there_is_a_worker,
    a_query_of_a_closed_run,
    an_update_is_carried_out_once,
    an_update_is_rejected_by_its_validator,
    an_update_outlives_its_worker,
    a_run_goes_on_with_signals,
    a_child_ends_with_its_parent,
    a_child_is_cancelled_with_its_parent,
    a_child_is_left_alone,
    a_child_gives_its_result,
    a_child_has_the_id_of_another_workflow,
    a_workflow_reaches_others,
    a_schedule_is_triggered,
];
