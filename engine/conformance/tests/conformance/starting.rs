//! Starts: duplicates, policies, delays, and requests that are refused.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{cancel_workflow, complete_workflow, fail_workflow, payload, seconds};
use temporalio_protos::temporal::api::common::v1::{Header, Memo, Payload, Payloads, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use temporalio_protos::temporal::api::sdk::v1::UserMetadata;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest as Start;

/// A second start of the same workflow.
fn another(s: &Scene) -> Start {
    Start { request_id: s.name("another"), ..s.start_request("w") }
}

fn with_reuse(s: &Scene, policy: WorkflowIdReusePolicy) -> Start {
    Start { workflow_id_reuse_policy: policy as i32, ..another(s) }
}

async fn with_everything(s: &Scene) -> Result<()> {
    let request = Start {
        workflow_execution_timeout: seconds(300),
        workflow_run_timeout: seconds(200),
        workflow_task_timeout: seconds(7),
        memo: Some(Memo { fields: [("note".to_owned(), payload("remember"))].into() }),
        header: Some(Header { fields: [("trace".to_owned(), payload("7"))].into() }),
        user_metadata: Some(UserMetadata {
            summary: Some(payload("summary")),
            details: Some(payload("details")),
        }),
        ..s.start_request("w")
    };
    s.start_with(request).await?;
    s.record_description("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await?;
    s.record_description("w").await
}

async fn with_nothing_but_names(s: &Scene) -> Result<()> {
    s.start_with(Start { input: None, workflow_task_timeout: None, ..s.start_request("w") }).await?;
    s.record_description("w").await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn while_it_runs(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.outcome_in_words("another", &s.try_start(another(s)).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn twice_by_the_same_request(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.outcome("again", &s.try_start(s.start_request("w")).await);
    s.first_task([complete_workflow("result")]).await?;
    s.outcome("after it is closed", &s.try_start(s.start_request("w")).await);
    s.record_history("w").await
}

async fn after_it_completed(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    let failed_only = with_reuse(s, WorkflowIdReusePolicy::AllowDuplicateFailedOnly);
    s.outcome_in_words("only after a failure", &s.try_start(failed_only).await);
    s.outcome_in_words("never", &s.try_start(with_reuse(s, WorkflowIdReusePolicy::RejectDuplicate)).await);
    s.outcome("always", &s.try_start(with_reuse(s, WorkflowIdReusePolicy::AllowDuplicate)).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn after_it_failed(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([fail_workflow("it broke")]).await?;
    s.outcome("never", &s.try_start(with_reuse(s, WorkflowIdReusePolicy::RejectDuplicate)).await);
    let failed_only = with_reuse(s, WorkflowIdReusePolicy::AllowDuplicateFailedOnly);
    s.outcome("after a failure", &s.try_start(failed_only).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn after_it_was_cancelled(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.cancel("w").await?;
    s.first_task([cancel_workflow()]).await?;
    let failed_only = with_reuse(s, WorkflowIdReusePolicy::AllowDuplicateFailedOnly);
    s.outcome("after a cancellation", &s.try_start(failed_only).await);
    s.terminate("w").await?;
    let again = Start {
        request_id: s.name("third"),
        ..with_reuse(s, WorkflowIdReusePolicy::AllowDuplicateFailedOnly)
    };
    s.outcome("after a termination", &s.try_start(again).await);
    s.terminate("w").await
}

async fn uses_the_one_that_runs(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let using =
        Start { workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting as i32, ..another(s) };
    s.outcome("another", &s.try_start(using.clone()).await);
    s.first_task([complete_workflow("result")]).await?;
    s.outcome("after it is closed", &s.try_start(Start { request_id: s.name("third"), ..using }).await);
    s.record_history("w").await
}

async fn terminates_the_one_that_runs(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    let terminating = Start {
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::TerminateExisting as i32,
        ..another(s)
    };
    s.outcome("another", &s.try_start(terminating).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history_of("w", &first).await?;
    s.record_history("w").await
}

async fn policies_that_contradict_each_other(s: &Scene) -> Result<()> {
    let request = Start {
        workflow_id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate as i32,
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::TerminateExisting as i32,
        ..s.start_request("w")
    };
    s.outcome("rejects and terminates", &s.try_start(request).await);
    #[expect(deprecated, reason = "older clients send it")]
    let request = Start {
        workflow_id_reuse_policy: WorkflowIdReusePolicy::TerminateIfRunning as i32,
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting as i32,
        ..s.start_request("w")
    };
    s.outcome("terminates and uses", &s.try_start(request).await);
    Ok(())
}

async fn with_a_delay(s: &Scene) -> Result<()> {
    s.start_with(Start { workflow_start_delay: seconds(1), ..s.start_request("w") }).await?;
    s.events("before", &s.history("w", "").await?);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn with_a_delay_during_which_a_signal_comes(s: &Scene) -> Result<()> {
    s.start_with(Start { workflow_start_delay: seconds(2), ..s.start_request("w") }).await?;
    s.signal("w", "now").await?;
    s.events("after the signal", &s.history("w", "").await?);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn says_too_little(s: &Scene) -> Result<()> {
    let request = || s.start_request("w");
    s.outcome("without an id", &s.try_start(Start { workflow_id: String::new(), ..request() }).await);
    s.outcome("without a type", &s.try_start(Start { workflow_type: None, ..request() }).await);
    let nameless = Some(WorkflowType::default());
    s.outcome("with an empty type", &s.try_start(Start { workflow_type: nameless, ..request() }).await);
    s.outcome("without a queue", &s.try_start(Start { task_queue: None, ..request() }).await);
    let nameless = Some(TaskQueue::default());
    s.outcome("with an empty queue", &s.try_start(Start { task_queue: nameless, ..request() }).await);
    s.outcome("in no namespace", &s.try_start(Start { namespace: String::new(), ..request() }).await);
    let nowhere = Start { namespace: "nowhere".to_owned(), ..request() };
    s.outcome_in_words("in an unknown namespace", &s.try_start(nowhere).await);
    // A request id is made up for those who give none.
    s.outcome("without a request id", &s.try_start(Start { request_id: String::new(), ..request() }).await);
    s.terminate("w").await
}

async fn says_too_much(s: &Scene) -> Result<()> {
    let request = || s.start_request("w");
    let long = "x".repeat(1_001);
    s.outcome("id", &s.try_start(Start { workflow_id: long.clone(), ..request() }).await);
    s.outcome("request id", &s.try_start(Start { request_id: long.clone(), ..request() }).await);
    let named = Some(WorkflowType { name: long.clone() });
    s.outcome("type", &s.try_start(Start { workflow_type: named, ..request() }).await);
    let queue = Some(TaskQueue { name: long, ..TaskQueue::default() });
    s.outcome("queue", &s.try_start(Start { task_queue: queue, ..request() }).await);
    let large = Payload { data: vec![b'x'; 3 << 20], ..Payload::default() };
    let input = Some(Payloads { payloads: vec![large.clone()] });
    s.outcome("input", &s.try_start(Start { input, ..request() }).await);
    let memo = Some(Memo { fields: [("note".to_owned(), large)].into() });
    s.outcome("memo", &s.try_start(Start { memo, ..request() }).await);
    Ok(())
}

async fn with_time_outs_that_make_no_sense(s: &Scene) -> Result<()> {
    let request = || s.start_request("w");
    for negative in [-1, i64::MIN] {
        let timeout = seconds(negative);
        let run = Start { workflow_run_timeout: timeout, ..request() };
        s.outcome("run", &s.try_start(run).await);
        let execution = Start { workflow_execution_timeout: timeout, ..request() };
        s.outcome("execution", &s.try_start(execution).await);
        let task = Start { workflow_task_timeout: timeout, ..request() };
        s.outcome("task", &s.try_start(task).await);
        let delay = Start { workflow_start_delay: timeout, ..request() };
        s.outcome("delay", &s.try_start(delay).await);
    }
    // A task can't take longer than two minutes, nor a run longer than the execution.
    s.start_with(Start {
        workflow_execution_timeout: seconds(50),
        workflow_run_timeout: seconds(100),
        workflow_task_timeout: seconds(500),
        ..request()
    })
    .await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

crate::judge::on_both_homes![
    with_everything,
    with_nothing_but_names,
    while_it_runs,
    twice_by_the_same_request,
    after_it_completed,
    after_it_failed,
    after_it_was_cancelled,
    uses_the_one_that_runs,
    terminates_the_one_that_runs,
    policies_that_contradict_each_other,
    with_a_delay,
    with_a_delay_during_which_a_signal_comes,
    says_too_little,
    says_too_much,
    with_time_outs_that_make_no_sense,
];
