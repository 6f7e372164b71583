//! Updates that come with the start of their run.

use anyhow::Result;
use engine_conformance::command::{complete_workflow, seconds, start_timer};
use engine_conformance::{Scene, UpdateAnswer};
use temporalio_protos::temporal::api::enums::v1::{
    UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowIdConflictPolicy as Conflict,
    WorkflowIdReusePolicy as Reuse,
};
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::operation::Operation;
use temporalio_protos::temporal::api::workflowservice::v1::{
    StartWorkflowExecutionRequest as Start, UpdateWorkflowExecutionRequest as Update,
};

/// A start by a request of its own.
fn start(s: &Scene, conflict: Conflict) -> Start {
    Start {
        request_id: s.name("together"),
        workflow_id_conflict_policy: conflict as i32,
        ..s.start_request("w")
    }
}

fn both(start: Start, update: Update) -> Vec<Operation> {
    vec![Operation::StartWorkflow(start), Operation::UpdateWorkflow(update)]
}

/// A start with an update, and the worker's answer to it.
async fn together(s: &Scene, conflict: Conflict, answer: UpdateAnswer, stage: Stage) -> Result<()> {
    let asked = s.try_operations(both(start(s, conflict), s.update_request("w", "u", stage)));
    let (client, worker) = tokio::join!(asked, async {
        let task = s.workflow_task().await?;
        let completion = s.update_completion(&task, answer, [])?;
        s.outcome("worker", &s.try_complete(completion).await);
        anyhow::Ok(())
    });
    worker?;
    s.outcome_in_words("client", &client);
    Ok(())
}

/// The same request once more.
async fn again(s: &Scene, conflict: Conflict) {
    let operations = both(start(s, conflict), s.update_request("w", "u", Stage::Completed));
    s.outcome_in_words("again", &s.try_operations(operations).await);
}

async fn a_new_run_has_the_update_in_its_first_task(s: &Scene) -> Result<()> {
    together(s, Conflict::Fail, UpdateAnswer::AcceptedAndCompleted, Stage::Completed).await?;
    again(s, Conflict::Fail).await;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn the_update_is_accepted_first(s: &Scene) -> Result<()> {
    together(s, Conflict::Fail, UpdateAnswer::Accepted, Stage::Accepted).await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn the_update_fails(s: &Scene) -> Result<()> {
    together(s, Conflict::Fail, UpdateAnswer::AcceptedAndFailed, Stage::Completed).await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn the_update_is_rejected_and_the_run_goes_on(s: &Scene) -> Result<()> {
    together(s, Conflict::Fail, UpdateAnswer::Rejected, Stage::Completed).await?;
    s.signal("w", "end").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_open_run_is_used(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    together(s, Conflict::UseExisting, UpdateAnswer::AcceptedAndCompleted, Stage::Completed).await?;
    again(s, Conflict::Fail).await;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn an_open_run_is_in_the_way(s: &Scene) -> Result<()> {
    s.start("w").await?;
    again(s, Conflict::Fail).await;
    again(s, Conflict::Unspecified).await;
    s.terminate("w").await
}

async fn an_open_run_is_replaced(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    together(s, Conflict::TerminateExisting, UpdateAnswer::AcceptedAndCompleted, Stage::Completed).await?;
    s.record_history_of("w", &first).await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn a_closed_run_that_knows_the_update_answers(s: &Scene) -> Result<()> {
    together(s, Conflict::Fail, UpdateAnswer::AcceptedAndCompleted, Stage::Completed).await?;
    s.terminate("w").await?;
    again(s, Conflict::Fail).await;
    let once = Start { workflow_id_reuse_policy: Reuse::RejectDuplicate as i32, ..start(s, Conflict::Fail) };
    let other = Start { request_id: s.name("other"), ..once };
    let operations = both(other, s.update_request("w", "another", Stage::Completed));
    s.outcome_in_words("another update", &s.try_operations(operations).await);
    Ok(())
}

async fn requests_that_make_no_sense(s: &Scene) -> Result<()> {
    let begin = || start(s, Conflict::Fail);
    let asked = || s.update_request("w", "u", Stage::Completed);
    let (one, other) = (Operation::StartWorkflow(begin()), Operation::UpdateWorkflow(asked()));
    for operations in [
        vec![],
        vec![one.clone()],
        vec![other.clone(), one.clone()],
        vec![one.clone(), one.clone()],
        vec![one.clone(), other.clone(), other],
    ] {
        s.outcome_in_words("operations", &s.try_operations(operations).await);
    }
    for begin in [
        Start { workflow_id: s.name("v"), ..begin() },
        Start { cron_schedule: "* * * * *".to_owned(), ..begin() },
        Start { request_eager_execution: true, ..begin() },
        Start { workflow_start_delay: seconds(5), ..begin() },
        Start { workflow_type: None, ..begin() },
        Start { namespace: "elsewhere".to_owned(), ..begin() },
    ] {
        s.outcome_in_words("start", &s.try_operations(both(begin, asked())).await);
    }
    let stranger = "0190163d-8694-739b-aea5-966c26f8ad91";
    for asked in [
        Update { workflow_execution: s.run("w", stranger), ..asked() },
        Update { first_execution_run_id: stranger.to_owned(), ..asked() },
        Update { request: None, ..asked() },
        Update {
            wait_policy: Some(update::WaitPolicy { lifecycle_stage: Stage::Admitted as i32 }),
            ..asked()
        },
        Update { namespace: "elsewhere".to_owned(), ..asked() },
    ] {
        s.outcome_in_words("update", &s.try_operations(both(begin(), asked)).await);
    }
    let both_wrong = both(Start { workflow_type: None, ..begin() }, Update { request: None, ..asked() });
    s.outcome_in_words("both", &s.try_operations(both_wrong).await);
    Ok(())
}

crate::judge::on_both_homes![
    a_new_run_has_the_update_in_its_first_task,
    the_update_is_accepted_first,
    the_update_fails,
    the_update_is_rejected_and_the_run_goes_on,
    an_open_run_is_used,
    an_open_run_is_in_the_way,
    an_open_run_is_replaced,
    a_closed_run_that_knows_the_update_answers,
    requests_that_make_no_sense,
];
