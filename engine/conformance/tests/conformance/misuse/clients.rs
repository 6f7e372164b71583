//! Sound requests of clients.

use anyhow::Result;
use engine_conformance::command::payload;
use prost::Message as _;
use temporalio_protos::temporal::api::common::v1::{Memo, RetryPolicy, SearchAttributes, WorkflowExecution};
use temporalio_protos::temporal::api::enums::v1::{
    UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowIdConflictPolicy,
};
use temporalio_protos::temporal::api::update::v1::{UpdateRef, WaitPolicy};
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::{
    Operation, operation,
};
use temporalio_protos::temporal::api::workflowservice::v1::*;

use super::Sound;
use super::place::Place;

fn seconds(seconds: i64) -> Option<prost_wkt_types::Duration> {
    engine_conformance::command::seconds(seconds)
}

/// A start with everything that it may have.
fn full_start(at: &Place<'_>) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        workflow_execution_timeout: seconds(600),
        workflow_run_timeout: seconds(600),
        workflow_id_reuse_policy: 1,
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::Fail as i32,
        retry_policy: Some(RetryPolicy {
            initial_interval: seconds(1),
            maximum_interval: seconds(10),
            maximum_attempts: 3,
            backoff_coefficient: 2.0,
            non_retryable_error_types: vec!["OfNoAvail".to_owned()],
        }),
        memo: Some(Memo { fields: [("memo".to_owned(), payload("memo"))].into() }),
        search_attributes: Some(SearchAttributes {
            indexed_fields: [("BatcherUser".to_owned(), payload("user"))].into(),
        }),
        workflow_start_delay: seconds(60),
        ..at.start_request()
    }
}

pub(super) async fn start(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&full_start(at)))
}

pub(super) async fn signal_with_start(at: &Place<'_>) -> Result<Sound> {
    let start = full_start(at);
    Ok(Sound::of(&SignalWithStartWorkflowExecutionRequest {
        namespace: start.namespace,
        workflow_id: start.workflow_id,
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        input: start.input,
        workflow_execution_timeout: start.workflow_execution_timeout,
        workflow_run_timeout: start.workflow_run_timeout,
        workflow_task_timeout: start.workflow_task_timeout,
        identity: start.identity,
        request_id: start.request_id,
        workflow_id_reuse_policy: 1,
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting as i32,
        signal_name: "signal".to_owned(),
        signal_input: engine_conformance::command::payloads("signal"),
        retry_policy: start.retry_policy,
        memo: start.memo,
        search_attributes: start.search_attributes,
        workflow_start_delay: start.workflow_start_delay,
        ..SignalWithStartWorkflowExecutionRequest::default()
    }))
}

pub(super) async fn start_with_update(at: &Place<'_>) -> Result<Sound> {
    let start =
        StartWorkflowExecutionRequest { retry_policy: None, workflow_start_delay: None, ..full_start(at) };
    let update = UpdateWorkflowExecutionRequest {
        workflow_execution: Some(WorkflowExecution { workflow_id: at.workflow_id(), run_id: String::new() }),
        ..at.s.update_request("w", "u", Stage::Accepted)
    };
    let operations =
        [operation::Operation::StartWorkflow(start), operation::Operation::UpdateWorkflow(update)];
    Ok(Sound::of(&ExecuteMultiOperationRequest {
        namespace: at.s.namespace(),
        operations: operations.map(|operation| Operation { operation: Some(operation) }).to_vec(),
        ..ExecuteMultiOperationRequest::default()
    }))
}

pub(super) async fn signal(at: &Place<'_>) -> Result<Sound> {
    let workflow_execution = Some(at.start().await?);
    let request_id = at.name("request");
    let request =
        SignalWorkflowExecutionRequest { workflow_execution, request_id, ..at.s.signal_request("w", "s") };
    Ok(Sound::of(&request))
}

pub(super) async fn query(at: &Place<'_>) -> Result<Sound> {
    let execution = Some(at.waits().await?);
    Ok(Sound::of(&QueryWorkflowRequest {
        execution,
        query_reject_condition: 1,
        ..at.s.query_request("w", "state")
    }))
}

pub(super) async fn update(at: &Place<'_>) -> Result<Sound> {
    let execution = at.waits().await?;
    Ok(Sound::of(&UpdateWorkflowExecutionRequest {
        first_execution_run_id: execution.run_id.clone(),
        workflow_execution: Some(execution),
        ..at.s.update_request("w", "u", Stage::Accepted)
    }))
}

pub(super) async fn poll_update(at: &Place<'_>) -> Result<Sound> {
    let workflow_execution = Some(at.waits().await?);
    Ok(Sound::of(&PollWorkflowExecutionUpdateRequest {
        namespace: at.s.namespace(),
        update_ref: Some(UpdateRef { workflow_execution, update_id: "u".to_owned() }),
        identity: "client".to_owned(),
        wait_policy: Some(WaitPolicy { lifecycle_stage: Stage::Accepted as i32 }),
    }))
}

pub(super) async fn cancel(at: &Place<'_>) -> Result<Sound> {
    let execution = at.start().await?;
    Ok(Sound::of(&RequestCancelWorkflowExecutionRequest {
        first_execution_run_id: execution.run_id.clone(),
        workflow_execution: Some(execution),
        request_id: at.name("request"),
        reason: "enough".to_owned(),
        ..at.s.cancel_request("w")
    }))
}

pub(super) async fn terminate(at: &Place<'_>) -> Result<Sound> {
    let execution = at.start().await?;
    Ok(Sound::of(&TerminateWorkflowExecutionRequest {
        first_execution_run_id: execution.run_id.clone(),
        workflow_execution: Some(execution),
        ..at.s.terminate_request("w")
    }))
}

pub(super) async fn delete(at: &Place<'_>) -> Result<Sound> {
    let workflow_execution = Some(at.start().await?);
    Ok(Sound::of(&DeleteWorkflowExecutionRequest { namespace: at.s.namespace(), workflow_execution }))
}

pub(super) async fn describe(at: &Place<'_>) -> Result<Sound> {
    let execution = Some(at.start().await?);
    Ok(Sound::of(&DescribeWorkflowExecutionRequest { namespace: at.s.namespace(), execution }))
}

/// The second page of a history.
pub(super) async fn history(at: &Place<'_>) -> Result<Sound> {
    let execution = Some(at.waits().await?);
    let mut request = GetWorkflowExecutionHistoryRequest {
        execution,
        maximum_page_size: 1,
        history_event_filter_type: 1,
        ..at.s.history_request("w")
    };
    let first = at.s.try_history(request.clone()).await?;
    request.next_page_token.clone_from(&first.next_page_token);
    request.wait_new_event = true;
    Ok(Sound { proto: request.encode_to_vec(), token: first.next_page_token })
}

/// As [`history`], backwards.
pub(super) async fn reverse_history(at: &Place<'_>) -> Result<Sound> {
    let execution = Some(at.waits().await?);
    let mut request = GetWorkflowExecutionHistoryReverseRequest {
        namespace: at.s.namespace(),
        execution,
        maximum_page_size: 1,
        ..GetWorkflowExecutionHistoryReverseRequest::default()
    };
    let asked = tonic::Request::new(request.clone());
    let first = at.s.service().get_workflow_execution_history_reverse(asked).await?.into_inner();
    request.next_page_token.clone_from(&first.next_page_token);
    Ok(Sound { proto: request.encode_to_vec(), token: first.next_page_token })
}
