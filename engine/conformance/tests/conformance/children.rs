//! Children: how they start, how they end, and what becomes of them when their parent ends.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    cancel_external, cancel_workflow, child, complete_workflow, continue_as_new, fail_workflow, go_on,
    seconds, signal_external, start_child,
};
use temporalio_protos::temporal::api::command::v1::{
    Command, StartChildWorkflowExecutionCommandAttributes as Child,
};
use temporalio_protos::temporal::api::enums::v1::{ParentClosePolicy, WorkflowIdReusePolicy};
use temporalio_protos::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest as Start;

/// Starts a parent whose first task starts a child, and takes the task by which it learns of that.
async fn parent_of(s: &Scene, attributes: Child) -> Result<()> {
    s.start("parent").await?;
    s.first_task([start_child(attributes)]).await?;
    s.first_task([]).await
}

/// Takes the child's next task and completes it.
async fn child_does(s: &Scene, commands: impl IntoIterator<Item = Command>) -> Result<()> {
    let task = s.workflow_task_from(s.queue_named("child-queue")).await?;
    s.complete(&task, commands).await.map(|_| ())
}

async fn record_both(s: &Scene) -> Result<()> {
    s.record_history("parent").await?;
    s.record_history("child").await
}

async fn completes(s: &Scene) -> Result<()> {
    parent_of(s, child(s, "child")).await?;
    s.record_description("child").await?;
    child_does(s, [complete_workflow("the child's result")]).await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn fails(s: &Scene) -> Result<()> {
    parent_of(s, child(s, "child")).await?;
    child_does(s, [fail_workflow("the child broke")]).await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn is_cancelled_by_its_parent(s: &Scene) -> Result<()> {
    parent_of(s, child(s, "child")).await?;
    s.signal("parent", "stop").await?;
    s.first_task([cancel_external(s, "child", true)]).await?;
    s.first_task([]).await?;
    child_does(s, [cancel_workflow()]).await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn is_signalled_by_its_parent(s: &Scene) -> Result<()> {
    parent_of(s, child(s, "child")).await?;
    s.signal("parent", "go").await?;
    s.first_task([signal_external(s, "child", true)]).await?;
    s.first_task([]).await?;
    child_does(s, [complete_workflow("the child's result")]).await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn is_terminated(s: &Scene) -> Result<()> {
    parent_of(s, child(s, "child")).await?;
    s.terminate("child").await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn runs_out_of_time(s: &Scene) -> Result<()> {
    parent_of(s, Child { workflow_run_timeout: seconds(1), ..child(s, "child") }).await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn goes_on_as_another_run(s: &Scene) -> Result<()> {
    parent_of(s, child(s, "child")).await?;
    let next =
        temporalio_protos::temporal::api::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes {
            task_queue: s.queue_named("child-queue"),
            ..continue_as_new(s, "second")
        };
    child_does(s, [go_on(next)]).await?;
    child_does(s, [complete_workflow("the child's result")]).await?;
    s.first_task([complete_workflow("result")]).await?;
    record_both(s).await
}

async fn its_id_is_in_use(s: &Scene) -> Result<()> {
    s.start("child").await?;
    s.first_task([]).await?;
    s.start("parent").await?;
    s.first_task([start_child(child(s, "child"))]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("parent").await?;
    s.terminate("child").await
}

async fn its_id_was_in_use_and_may_not_be_again(s: &Scene) -> Result<()> {
    s.start("child").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.start("parent").await?;
    let unique = Child {
        workflow_id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate as i32,
        ..child(s, "child")
    };
    s.first_task([start_child(unique)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("parent").await
}

/// Ends the parent while the child runs, and shows what becomes of the child.
async fn left_behind(s: &Scene, policy: ParentClosePolicy) -> Result<()> {
    parent_of(s, Child { parent_close_policy: policy as i32, ..child(s, "child") }).await?;
    s.signal("parent", "stop").await?;
    s.first_task([complete_workflow("result")]).await
}

async fn is_terminated_with_its_parent(s: &Scene) -> Result<()> {
    left_behind(s, ParentClosePolicy::Terminate).await?;
    s.closed("child", "").await?;
    record_both(s).await
}

async fn is_cancelled_with_its_parent(s: &Scene) -> Result<()> {
    left_behind(s, ParentClosePolicy::RequestCancel).await?;
    // It has a task from the start; the request is in its history before somebody takes that.
    loop {
        let described = s.try_describe("child", "").await?;
        if described.workflow_extended_info.is_some_and(|info| info.cancel_requested) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    child_does(s, [cancel_workflow()]).await?;
    record_both(s).await
}

async fn outlives_its_parent(s: &Scene) -> Result<()> {
    left_behind(s, ParentClosePolicy::Abandon).await?;
    child_does(s, [complete_workflow("the child's result")]).await?;
    record_both(s).await
}

async fn is_to_start_and_its_parent_ends_in_the_same_task(s: &Scene) -> Result<()> {
    s.start("parent").await?;
    let abandoned = Child { parent_close_policy: ParentClosePolicy::Abandon as i32, ..child(s, "child") };
    s.first_task([start_child(abandoned), complete_workflow("result")]).await?;
    s.record_history("parent").await?;
    s.outcome("the child", &s.try_describe("child", "").await);
    Ok(())
}

async fn says_too_little(s: &Scene) -> Result<()> {
    // What is said wrongly again is answered with nothing but the task's time-out.
    s.start_with(Start { workflow_task_timeout: seconds(2), ..s.start_request("parent") }).await?;
    for attributes in [
        Child { workflow_id: String::new(), ..child(s, "child") },
        Child { workflow_type: None, ..child(s, "child") },
        Child { workflow_run_timeout: seconds(-1), ..child(s, "child") },
    ] {
        let task = s.workflow_task().await?;
        s.outcome("completion", &s.try_complete(s.completion(&task, [start_child(attributes)])).await);
    }
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("parent").await
}

crate::judge::on_both_homes![
    completes,
    fails,
    is_cancelled_by_its_parent,
    is_signalled_by_its_parent,
    is_terminated,
    runs_out_of_time,
    goes_on_as_another_run,
    its_id_is_in_use,
    its_id_was_in_use_and_may_not_be_again,
    is_terminated_with_its_parent,
    is_cancelled_with_its_parent,
    outlives_its_parent,
    is_to_start_and_its_parent_ends_in_the_same_task,
    says_too_little,
];
