//! Workflow tasks: failures, time-outs, sticky queues, answers that come too late.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{activity, complete_workflow, marker, schedule, seconds, start_timer};
use temporalio_protos::temporal::api::enums::v1::WorkflowTaskFailedCause;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse, RespondWorkflowTaskCompletedRequest,
    StartWorkflowExecutionRequest as Start,
};

async fn one_fails_and_is_tried_again(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    s.events("meanwhile", &s.history("w", "").await?);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn one_fails_again_and_again(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let cause = WorkflowTaskFailedCause::NonDeterministicError;
    for _ in 0..3 {
        let task = s.workflow_task().await?;
        s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    }
    s.record_description("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_signal_comes_between_failures(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    let task = s.workflow_task().await?;
    s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    let task = s.workflow_task().await?;
    s.signal("w", "during the second attempt").await?;
    s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn one_takes_too_long(s: &Scene) -> Result<()> {
    s.start_with(Start { workflow_task_timeout: seconds(3), ..s.start_request("w") }).await?;
    let late = s.workflow_task().await?;
    let again = s.workflow_task().await?;
    s.outcome("late completion", &s.try_complete(s.completion(&late, [complete_workflow("late")])).await);
    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    s.outcome("late failure", &s.try_fail_workflow_task(&late, cause).await);
    s.complete(&again, [complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn one_takes_too_long_while_signals_come(s: &Scene) -> Result<()> {
    s.start_with(Start { workflow_task_timeout: seconds(3), ..s.start_request("w") }).await?;
    s.workflow_task().await?;
    s.signal("w", "buffered").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_sticky_worker_gets_only_what_is_new(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.try_complete(s.sticky_completion(&task, [start_timer("t", 100)], "sticky", 60)).await?;
    let task = s.sticky_workflow_task_after("sticky", s.signal("w", "one")).await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 60)).await?;
    let task = s.sticky_workflow_task_after("sticky", s.signal("w", "two")).await?;
    s.complete(&task, [complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_sticky_worker_vanishes(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 2)).await?;
    s.signal("w", "go").await?;
    // Nobody ever polled the sticky queue: the task is in the normal one, with the whole history.
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_sticky_worker_vanishes_after_its_first_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 2)).await?;
    let task = s.sticky_workflow_task_after("sticky", s.signal("w", "one")).await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 2)).await?;
    s.signal("w", "two").await?;
    // It polled a moment ago: the home waits for it until the time-out.
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_sticky_worker_takes_too_long(s: &Scene) -> Result<()> {
    s.start_with(Start { workflow_task_timeout: seconds(3), ..s.start_request("w") }).await?;
    let task = s.workflow_task().await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 60)).await?;
    s.sticky_workflow_task_after("sticky", s.signal("w", "go")).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_sticky_worker_fails_a_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 60)).await?;
    let task = s.sticky_workflow_task_after("sticky", s.signal("w", "go")).await?;
    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_worker_asks_for_the_next_task_at_once(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.signal("w", "buffered").await?;
    let completion = RespondWorkflowTaskCompletedRequest {
        return_new_workflow_task: true,
        ..s.completion(&task, [start_timer("t", 100)])
    };
    let answer = s.try_complete(completion).await?;
    let next = answer.workflow_task.unwrap_or_default();
    s.note_workflow_task(&next);
    let last = RespondWorkflowTaskCompletedRequest {
        return_new_workflow_task: true,
        ..s.completion(&next, [complete_workflow("result")])
    };
    s.note("completion", &s.try_complete(last).await?);
    s.record_history("w").await
}

async fn a_worker_makes_another_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let completion = RespondWorkflowTaskCompletedRequest {
        return_new_workflow_task: true,
        force_create_new_workflow_task: true,
        ..s.completion(&task, [marker("progress")])
    };
    let answer = s.try_complete(completion).await?;
    let next = answer.workflow_task.unwrap_or_default();
    s.note_workflow_task(&next);
    let completion = RespondWorkflowTaskCompletedRequest {
        force_create_new_workflow_task: true,
        ..s.completion(&next, [])
    };
    s.try_complete(completion).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn many_commands_in_one_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([
        marker("first"),
        start_timer("t", 100),
        schedule(activity(s, "a")),
        marker("second"),
        schedule(activity(s, "b")),
        complete_workflow("result"),
    ])
    .await?;
    s.record_history("w").await
}

async fn one_is_completed_twice(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.complete(&task, []).await?;
    s.outcome("again", &s.try_complete(s.completion(&task, [])).await);
    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    s.signal("w", "go").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.outcome("after the end", &s.try_complete(s.completion(&task, [])).await);
    s.record_history("w").await
}

async fn tokens_that_nobody_gave(s: &Scene) -> Result<()> {
    for token in [&b""[..], b"nonsense", &[0xff; 40]] {
        let task = PollWorkflowTaskQueueResponse { task_token: token.to_vec(), ..Default::default() };
        s.outcome("completed", &s.try_complete(s.completion(&task, [])).await);
        let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
        s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
        s.outcome("query answered", &s.try_answer_query(&task, "no").await);
    }
    Ok(())
}

async fn polls_that_say_too_little(s: &Scene) -> Result<()> {
    let poll = |namespace: String, queue| PollWorkflowTaskQueueRequest {
        namespace,
        task_queue: queue,
        identity: "worker".to_owned(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    for request in [
        poll(s.namespace(), None),
        poll(s.namespace(), Some(Default::default())),
        poll("nowhere".to_owned(), s.queue()),
        poll(String::new(), s.queue()),
    ] {
        let answer = s.service().poll_workflow_task_queue(tonic::Request::new(request)).await;
        s.outcome("poll", &answer.map(tonic::Response::into_inner));
    }
    Ok(())
}

crate::judge::on_both_homes![
    one_fails_and_is_tried_again,
    one_fails_again_and_again,
    a_signal_comes_between_failures,
    one_takes_too_long,
    one_takes_too_long_while_signals_come,
    a_sticky_worker_gets_only_what_is_new,
    a_sticky_worker_vanishes,
    a_sticky_worker_vanishes_after_its_first_task,
    a_sticky_worker_takes_too_long,
    a_sticky_worker_fails_a_task,
    a_worker_asks_for_the_next_task_at_once,
    a_worker_makes_another_task,
    many_commands_in_one_task,
    one_is_completed_twice,
    tokens_that_nobody_gave,
    polls_that_say_too_little,
];
