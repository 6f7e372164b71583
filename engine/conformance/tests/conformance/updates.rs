//! Updates: accepted, rejected, completed, repeated.

use anyhow::Result;
use engine_conformance::command::{complete_workflow, start_timer};
use engine_conformance::{Scene, UpdateAnswer};
use temporalio_protos::temporal::api::enums::v1::{
    UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowTaskFailedCause,
};
use temporalio_protos::temporal::api::workflowservice::v1::UpdateWorkflowExecutionRequest;

/// Takes the next task and answers its updates.
async fn worker_answers(s: &Scene, answer: UpdateAnswer) -> Result<()> {
    let task = s.workflow_task().await?;
    let completion = s.update_completion(&task, answer, [])?;
    s.outcome("worker", &s.try_complete(completion).await);
    Ok(())
}

/// An update of a run that waits, with the worker's answer.
async fn updated(s: &Scene, answer: UpdateAnswer, stage: Stage) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    let (client, worker) =
        tokio::join!(s.try_update(s.update_request("w", "u", stage)), worker_answers(s, answer));
    worker?;
    s.outcome("client", &client);
    Ok(())
}

async fn is_completed_at_once(s: &Scene) -> Result<()> {
    updated(s, UpdateAnswer::AcceptedAndCompleted, Stage::Completed).await?;
    s.signal("w", "end").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn fails(s: &Scene) -> Result<()> {
    updated(s, UpdateAnswer::AcceptedAndFailed, Stage::Completed).await?;
    s.signal("w", "end").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn is_accepted_first(s: &Scene) -> Result<()> {
    updated(s, UpdateAnswer::Accepted, Stage::Accepted).await?;
    s.outcome("poll", &s.try_poll_update("w", "u", Stage::Accepted).await);
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn is_rejected(s: &Scene) -> Result<()> {
    updated(s, UpdateAnswer::Rejected, Stage::Completed).await?;
    s.terminate("w").await
}

async fn is_sent_twice(s: &Scene) -> Result<()> {
    updated(s, UpdateAnswer::AcceptedAndCompleted, Stage::Completed).await?;
    s.outcome("again", &s.try_update(s.update_request("w", "u", Stage::Completed)).await);
    s.outcome("poll", &s.try_poll_update("w", "u", Stage::Completed).await);
    s.terminate("w").await
}

async fn comes_with_the_first_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let (client, worker) = tokio::join!(s.try_update(s.update_request("w", "u", Stage::Completed)), async {
        // The update is there before the poll.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        worker_answers(s, UpdateAnswer::AcceptedAndCompleted).await
    });
    worker?;
    s.outcome("client", &client);
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn finds_its_workflow_closed(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    let request = s.update_request("w", "u", Stage::Completed);
    s.outcome_in_words("closed", &s.try_update(request).await);
    let request = s.update_request("unknown", "u", Stage::Completed);
    s.outcome_in_words("unknown", &s.try_update(request).await);
    s.outcome("poll", &s.try_poll_update("w", "u", Stage::Completed).await);
    Ok(())
}

async fn says_too_little(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let request = || s.update_request("w", "u", Stage::Completed);
    let nothing = UpdateWorkflowExecutionRequest { request: None, ..request() };
    s.outcome("nothing", &s.try_update(nothing).await);
    let mut nameless = request();
    if let Some(input) = nameless.request.as_mut().and_then(|request| request.input.as_mut()) {
        input.name = String::new();
    }
    s.outcome("nameless", &s.try_update(nameless).await);
    s.terminate("w").await
}

async fn comes_while_tasks_fail(s: &Scene) -> Result<()> {
    s.start("w").await?;
    for _ in 0..2 {
        let task = s.workflow_task().await?;
        let cause = WorkflowTaskFailedCause::NonDeterministicError;
        s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    }
    s.outcome_in_words("client", &s.try_update(s.update_request("w", "u", Stage::Completed)).await);
    s.terminate("w").await
}

crate::judge::on_both_homes![
    is_completed_at_once,
    fails,
    is_accepted_first,
    is_rejected,
    is_sent_twice,
    comes_with_the_first_task,
    finds_its_workflow_closed,
    comes_while_tasks_fail,
    says_too_little,
];
