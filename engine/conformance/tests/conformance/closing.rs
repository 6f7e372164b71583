//! The ways in which a run ends: by itself, by request, by force, by time, and as another run.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, cancel_workflow, child, complete_workflow, continue_as_new, fail_workflow, go_on, schedule,
    seconds, start_child, start_timer,
};
use temporalio_protos::temporal::api::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes as GoOn;
use temporalio_protos::temporal::api::common::v1::{Memo, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowTaskQueueResponse, RequestCancelWorkflowExecutionRequest,
    StartWorkflowExecutionRequest as Start, TerminateWorkflowExecutionRequest,
};

async fn completes_with_work_still_open(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100), schedule(activity(s, "a")), complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn fails(s: &Scene) -> Result<()> {
    let run_id = s.start("w").await?;
    s.first_task([fail_workflow("it broke")]).await?;
    let closed = s.closed("w", &run_id).await?;
    s.events("close event", &[closed]);
    s.record_description("w").await
}

async fn is_cancelled(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    s.cancel("w").await?;
    s.first_task([cancel_workflow()]).await?;
    s.record_history("w").await?;
    s.record_description("w").await
}

async fn is_to_be_cancelled_and_completes(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.cancel("w").await?;
    s.first_task([complete_workflow("all the same")]).await?;
    s.record_history("w").await
}

async fn is_to_be_cancelled_during_the_task_that_completes_it(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.cancel("w").await?;
    let refused = s.try_complete(s.completion(&task, [complete_workflow("too early")])).await;
    s.outcome_in_words("completion", &refused);
    s.first_task([cancel_workflow()]).await?;
    s.record_history("w").await
}

async fn is_to_be_cancelled_twice(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.outcome("first", &s.try_cancel(s.cancel_request("w")).await);
    s.outcome("again", &s.try_cancel(s.cancel_request("w")).await);
    let other =
        RequestCancelWorkflowExecutionRequest { request_id: s.name("another"), ..s.cancel_request("w") };
    s.outcome("by another request", &s.try_cancel(other).await);
    s.first_task([cancel_workflow()]).await?;
    s.outcome_in_words("closed", &s.try_cancel(s.cancel_request("w")).await);
    s.outcome_in_words("unknown", &s.try_cancel(s.cancel_request("unknown")).await);
    s.record_history("w").await
}

async fn is_cancelled_without_request(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([cancel_workflow()]).await?;
    s.record_history("w").await
}

async fn is_terminated(s: &Scene) -> Result<()> {
    let run_id = s.start("w").await?;
    s.first_task([start_timer("t", 100), schedule(activity(s, "a"))]).await?;
    s.terminate("w").await?;
    s.outcome_in_words("again", &s.try_terminate(s.terminate_request("w")).await);
    s.outcome_in_words("unknown", &s.try_terminate(s.terminate_request("unknown")).await);
    let nonsense = TerminateWorkflowExecutionRequest {
        workflow_execution: s.run("w", "nonsense"),
        ..s.terminate_request("w")
    };
    s.outcome("no run id", &s.try_terminate(nonsense).await);
    s.record_history_of("w", &run_id).await
}

async fn is_terminated_during_a_workflow_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.signal("w", "buffered").await?;
    s.terminate("w").await?;
    s.outcome("completion", &s.try_complete(s.completion(&task, [complete_workflow("late")])).await);
    s.record_history("w").await
}

async fn a_chain_is_terminated_by_its_first_run(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    s.first_task([go_on(continue_as_new(s, "second"))]).await?;
    let by_chain = |first_execution_run_id: String| TerminateWorkflowExecutionRequest {
        first_execution_run_id,
        ..s.terminate_request("w")
    };
    let stranger = "0190163d-8694-739b-aea5-966c26f8ad91".to_owned();
    s.outcome("another chain", &s.try_terminate(by_chain(stranger)).await);
    s.outcome("this chain", &s.try_terminate(by_chain(first)).await);
    s.record_history("w").await
}

async fn runs_out_of_time(s: &Scene) -> Result<()> {
    let run_id = s.start_with(Start { workflow_run_timeout: seconds(1), ..s.start_request("w") }).await?;
    s.first_task([start_timer("t", 100)]).await?;
    s.closed("w", &run_id).await?;
    s.record_history("w").await?;
    s.record_description("w").await
}

async fn runs_out_of_the_executions_time(s: &Scene) -> Result<()> {
    let request = Start { workflow_execution_timeout: seconds(2), ..s.start_request("w") };
    s.start_with(request).await?;
    s.first_task([go_on(continue_as_new(s, "second"))]).await?;
    s.first_task([]).await?;
    s.closed("w", "").await?;
    s.record_history("w").await
}

async fn goes_on_as_another_run(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    s.first_task([start_timer("t", 100), go_on(continue_as_new(s, "second"))]).await?;
    let closed = s.closed("w", &first).await?;
    s.events("close event", &[closed]);
    s.first_task([go_on(continue_as_new(s, "third"))]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history_of("w", &first).await?;
    s.record_history("w").await?;
    s.record_description("w").await
}

async fn goes_on_as_something_else(s: &Scene) -> Result<()> {
    let request = Start {
        workflow_run_timeout: seconds(200),
        workflow_task_timeout: seconds(7),
        memo: Some(Memo {
            fields: [("note".to_owned(), engine_conformance::command::payload("remember"))].into(),
        }),
        ..s.start_request("w")
    };
    let first = s.start_with(request).await?;
    let changed = GoOn {
        workflow_type: Some(WorkflowType { name: "another-type".to_owned() }),
        task_queue: s.queue_named("elsewhere"),
        workflow_run_timeout: seconds(100),
        workflow_task_timeout: seconds(9),
        ..continue_as_new(s, "second")
    };
    s.first_task([go_on(changed)]).await?;
    let task = s.workflow_task_from(s.queue_named("elsewhere")).await?;
    s.complete(&task, [complete_workflow("result")]).await?;
    s.record_history_of("w", &first).await?;
    s.record_history("w").await
}

async fn goes_on_after_a_while(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let later = GoOn { backoff_start_interval: seconds(1), ..continue_as_new(s, "second") };
    s.first_task([go_on(later)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn goes_on_during_a_signal(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    let task = s.workflow_task().await?;
    s.signal("w", "wait").await?;
    let refused = s.try_complete(s.completion(&task, [go_on(continue_as_new(s, "second"))])).await;
    s.outcome_in_words("completion", &refused);
    s.first_task([go_on(continue_as_new(s, "second"))]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history_of("w", &first).await?;
    s.record_history("w").await
}

/// Gives the task of a run that tried to close, and tries again.
async fn about_to_close(s: &Scene) -> Result<PollWorkflowTaskQueueResponse> {
    let task = s.workflow_task().await?;
    s.signal("w", "in the way").await?;
    s.outcome("closes", &s.try_complete(s.completion(&task, [complete_workflow("result")])).await);
    s.workflow_task().await
}

async fn signals_are_held_up_while_a_run_tries_again_to_close(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = about_to_close(s).await?;
    s.outcome_in_words("news", &s.try_signal(s.signal_request("w", "news")).await);
    s.outcome("news again", &s.try_signal(s.signal_request("w", "news again")).await);
    let or_start = s.signal_with_start_request("w", "and again");
    s.outcome("and again", &s.try_signal_with_start(or_start).await);
    s.outcome("closes", &s.try_complete(s.completion(&task, [complete_workflow("result")])).await);
    s.record_history("w").await
}

async fn an_update_is_held_up_once_while_a_run_tries_again_to_close(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = about_to_close(s).await?;
    let update = s.update_request("w", "u", Stage::Completed);
    s.outcome_in_words("update", &s.try_update(update).await);
    s.outcome("news", &s.try_signal(s.signal_request("w", "news")).await);
    s.outcome("closes", &s.try_complete(s.completion(&task, [complete_workflow("result")])).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_request_that_is_refused_lets_news_in_while_a_run_tries_again_to_close(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let activity_task = s.activity_task().await?;
    s.complete_activity(&activity_task, "done").await?;
    let task = about_to_close(s).await?;
    s.outcome("done twice", &s.try_complete_activity(&activity_task, "done").await);
    s.outcome("news", &s.try_signal(s.signal_request("w", "news")).await);
    s.outcome("closes", &s.try_complete(s.completion(&task, [complete_workflow("result")])).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn commands_after_the_end(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let commands = [complete_workflow("result"), start_timer("t", 1)];
    s.outcome("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn what_was_pending_at_the_end_is_described(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a")), start_timer("t", 100), start_child(child(s, "child"))]).await?;
    s.first_task([]).await?;
    s.activity_task().await?;
    s.terminate("w").await?;
    s.record_description("w").await?;
    s.closed("child", "").await.map(|_| ())
}

crate::judge::on_both_homes![
    what_was_pending_at_the_end_is_described,
    completes_with_work_still_open,
    fails,
    is_cancelled,
    is_to_be_cancelled_and_completes,
    is_to_be_cancelled_during_the_task_that_completes_it,
    is_to_be_cancelled_twice,
    is_cancelled_without_request,
    is_terminated,
    is_terminated_during_a_workflow_task,
    a_chain_is_terminated_by_its_first_run,
    runs_out_of_time,
    runs_out_of_the_executions_time,
    goes_on_as_another_run,
    goes_on_as_something_else,
    goes_on_after_a_while,
    goes_on_during_a_signal,
    commands_after_the_end,
    signals_are_held_up_while_a_run_tries_again_to_close,
    an_update_is_held_up_once_while_a_run_tries_again_to_close,
    a_request_that_is_refused_lets_news_in_while_a_run_tries_again_to_close,
];
