//! Signals and cancel requests from one workflow to another.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    cancel_external, cancel_workflow, command, complete_workflow, seconds, signal_external,
};
use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::command::v1::{
    Command, RequestCancelExternalWorkflowExecutionCommandAttributes,
    SignalExternalWorkflowExecutionCommandAttributes,
};
use temporalio_protos::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest as Start;

/// A workflow that runs on a queue of its own, with its first task done.
async fn other(s: &Scene) -> Result<()> {
    let request = temporalio_protos::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest {
        task_queue: s.queue_named("other-queue"),
        ..s.start_request("other")
    };
    s.start_with(request).await?;
    other_does(s, []).await
}

async fn other_does(s: &Scene, commands: impl IntoIterator<Item = Command>) -> Result<()> {
    let task = s.workflow_task_from(s.queue_named("other-queue")).await?;
    s.complete(&task, commands).await.map(|_| ())
}

async fn a_signal_arrives(s: &Scene) -> Result<()> {
    other(s).await?;
    s.start("w").await?;
    s.first_task([signal_external(s, "other", false)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    other_does(s, [complete_workflow("result")]).await?;
    s.record_history("w").await?;
    s.record_history("other").await
}

async fn a_cancel_request_arrives(s: &Scene) -> Result<()> {
    other(s).await?;
    s.start("w").await?;
    s.first_task([cancel_external(s, "other", false)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    other_does(s, [cancel_workflow()]).await?;
    s.record_history("w").await?;
    s.record_history("other").await
}

async fn nobody_is_there(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([signal_external(s, "unknown", false)]).await?;
    s.first_task([cancel_external(s, "unknown", false)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn it_is_closed(s: &Scene) -> Result<()> {
    other(s).await?;
    s.terminate("other").await?;
    s.start("w").await?;
    s.first_task([signal_external(s, "other", false)]).await?;
    s.first_task([cancel_external(s, "other", false)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn it_is_nobodys_child(s: &Scene) -> Result<()> {
    other(s).await?;
    s.start("w").await?;
    s.first_task([signal_external(s, "other", true)]).await?;
    s.first_task([cancel_external(s, "other", true)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await?;
    s.record_history("other").await?;
    s.terminate("other").await
}

async fn to_itself(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([signal_external(s, "w", false)]).await?;
    s.first_task([cancel_external(s, "w", false)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn and_then_the_sender_ends(s: &Scene) -> Result<()> {
    other(s).await?;
    s.start("w").await?;
    s.first_task([signal_external(s, "other", false), complete_workflow("result")]).await?;
    s.record_history("w").await?;
    // Nobody sends it any more.
    s.signal("other", "end").await?;
    other_does(s, [complete_workflow("result")]).await?;
    s.record_history("other").await
}

async fn says_too_little(s: &Scene) -> Result<()> {
    // What is said wrongly again is answered with nothing but the task's time-out.
    s.start_with(Start { workflow_task_timeout: seconds(2), ..s.start_request("w") }).await?;
    let nameless = SignalExternalWorkflowExecutionCommandAttributes {
        execution: s.execution("other"),
        ..SignalExternalWorkflowExecutionCommandAttributes::default()
    };
    let nobody = SignalExternalWorkflowExecutionCommandAttributes {
        signal_name: "go".to_owned(),
        ..SignalExternalWorkflowExecutionCommandAttributes::default()
    };
    for attributes in [
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(nameless),
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(nobody),
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(
            RequestCancelExternalWorkflowExecutionCommandAttributes::default(),
        ),
    ] {
        let task = s.workflow_task().await?;
        s.outcome("completion", &s.try_complete(s.completion(&task, [command(attributes)])).await);
    }
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

crate::judge::on_both_homes![
    a_signal_arrives,
    a_cancel_request_arrives,
    nobody_is_there,
    it_is_closed,
    it_is_nobodys_child,
    to_itself,
    and_then_the_sender_ends,
    says_too_little,
];
