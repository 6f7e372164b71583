//! Signals, alone and with a start.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{complete_workflow, fail_workflow, start_timer};
use temporalio_protos::temporal::api::enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use temporalio_protos::temporal::api::workflowservice::v1::{
    SignalWithStartWorkflowExecutionRequest, SignalWorkflowExecutionRequest,
};

async fn before_the_first_workflow_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.signal("w", "early").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn to_a_workflow_that_waits(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([]).await?;
    s.signal("w", "one").await?;
    s.first_task([]).await?;
    s.signal("w", "two").await?;
    s.signal("w", "three").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn during_a_workflow_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.signal("w", "one").await?;
    s.signal("w", "two").await?;
    s.events("meanwhile", &s.history("w", "").await?);
    s.complete(&task, [start_timer("t", 100)]).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn during_the_task_that_would_complete_the_workflow(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.signal("w", "wait").await?;
    let refused = s.try_complete(s.completion(&task, [complete_workflow("too early")])).await;
    s.outcome_in_words("completion", &refused);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn during_the_task_that_would_fail_the_workflow(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.signal("w", "wait").await?;
    let commands = [start_timer("t", 100), fail_workflow("too early")];
    s.outcome_in_words("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn with_a_header_and_a_request_id_twice(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([]).await?;
    let request = SignalWorkflowExecutionRequest {
        request_id: s.name("request"),
        header: Some(temporalio_protos::temporal::api::common::v1::Header {
            fields: [("trace".to_owned(), engine_conformance::command::payload("7"))].into(),
        }),
        ..s.signal_request("w", "once")
    };
    s.outcome("first", &s.try_signal(request.clone()).await);
    s.outcome("again", &s.try_signal(request).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn to_one_run(s: &Scene) -> Result<()> {
    let run_id = s.start("w").await?;
    let to = |run_id: &str| SignalWorkflowExecutionRequest {
        workflow_execution: s.run("w", run_id),
        ..s.signal_request("w", "go")
    };
    s.outcome("to the run", &s.try_signal(to(&run_id)).await);
    let other = "0190163d-8694-739b-aea5-966c26f8ad91";
    s.outcome("to a run that is not", &s.try_signal(to(other)).await);
    s.outcome("to no run", &s.try_signal(to("nonsense")).await);
    s.first_task([complete_workflow("result")]).await?;
    s.outcome("to the closed run", &s.try_signal(to(&run_id)).await);
    s.record_history("w").await
}

async fn to_nobody(s: &Scene) -> Result<()> {
    s.outcome_in_words("unknown", &s.try_signal(s.signal_request("unknown", "go")).await);
    s.start("w").await?;
    s.outcome("without a name", &s.try_signal(s.signal_request("w", "")).await);
    let nobody = SignalWorkflowExecutionRequest { workflow_execution: None, ..s.signal_request("w", "go") };
    s.outcome("without a workflow", &s.try_signal(nobody).await);
    let elsewhere =
        SignalWorkflowExecutionRequest { namespace: "nowhere".to_owned(), ..s.signal_request("w", "go") };
    s.outcome("in an unknown namespace", &s.try_signal(elsewhere).await);
    s.first_task([complete_workflow("result")]).await?;
    s.outcome_in_words("closed", &s.try_signal(s.signal_request("w", "go")).await);
    s.record_history("w").await
}

async fn with_start_of_a_new_workflow(s: &Scene) -> Result<()> {
    s.outcome("started", &s.try_signal_with_start(s.signal_with_start_request("w", "go")).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn with_start_of_a_workflow_that_runs(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.outcome("first", &s.try_signal_with_start(s.signal_with_start_request("w", "one")).await);
    s.first_task([]).await?;
    s.outcome("second", &s.try_signal_with_start(s.signal_with_start_request("w", "two")).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn with_start_twice_by_the_same_request(s: &Scene) -> Result<()> {
    let request = s.signal_with_start_request("w", "go");
    s.outcome("first", &s.try_signal_with_start(request.clone()).await);
    s.outcome("again", &s.try_signal_with_start(request).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn with_start_of_a_workflow_that_is_closed(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    let refused = SignalWithStartWorkflowExecutionRequest {
        workflow_id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate as i32,
        ..s.signal_with_start_request("w", "no")
    };
    s.outcome("rejected", &s.try_signal_with_start(refused).await);
    let failed_only = SignalWithStartWorkflowExecutionRequest {
        workflow_id_reuse_policy: WorkflowIdReusePolicy::AllowDuplicateFailedOnly as i32,
        ..s.signal_with_start_request("w", "nor")
    };
    s.outcome("only after a failure", &s.try_signal_with_start(failed_only).await);
    s.outcome("allowed", &s.try_signal_with_start(s.signal_with_start_request("w", "go")).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn with_start_instead_of_a_workflow_that_runs(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    let terminating = SignalWithStartWorkflowExecutionRequest {
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::TerminateExisting as i32,
        ..s.signal_with_start_request("w", "go")
    };
    s.outcome("started", &s.try_signal_with_start(terminating).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history_of("w", &first).await?;
    s.record_history("w").await
}

async fn with_start_that_says_too_little(s: &Scene) -> Result<()> {
    let request = s.signal_with_start_request("w", "go");
    let nameless = SignalWithStartWorkflowExecutionRequest { signal_name: String::new(), ..request.clone() };
    s.outcome("without a signal's name", &s.try_signal_with_start(nameless).await);
    let typeless = SignalWithStartWorkflowExecutionRequest { workflow_type: None, ..request.clone() };
    s.outcome("without a type", &s.try_signal_with_start(typeless).await);
    let queueless = SignalWithStartWorkflowExecutionRequest { task_queue: None, ..request.clone() };
    s.outcome("without a queue", &s.try_signal_with_start(queueless).await);
    let idless = SignalWithStartWorkflowExecutionRequest { workflow_id: String::new(), ..request };
    s.outcome("without an id", &s.try_signal_with_start(idless).await);
    Ok(())
}

crate::judge::on_both_homes![
    before_the_first_workflow_task,
    to_a_workflow_that_waits,
    during_a_workflow_task,
    during_the_task_that_would_complete_the_workflow,
    during_the_task_that_would_fail_the_workflow,
    with_a_header_and_a_request_id_twice,
    to_one_run,
    to_nobody,
    with_start_of_a_new_workflow,
    with_start_of_a_workflow_that_runs,
    with_start_twice_by_the_same_request,
    with_start_of_a_workflow_that_is_closed,
    with_start_instead_of_a_workflow_that_runs,
    with_start_that_says_too_little,
];
