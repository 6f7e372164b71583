//! `StartWorkflowExecution`.

use std::sync::Arc;

use engine_history::{Input, StartRun};
use temporalio_protos::temporal::api::enums::v1::{EventType, WorkflowIdConflictPolicy};
use temporalio_protos::temporal::api::workflowservice::v1::{
    StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{StartParts, check_length};
use crate::call::Call;
use crate::link::LinkedRun;
use crate::runs::Undone;
use crate::service::Service;
use crate::starting::IdPolicies;

/// A request that is sound.
pub(super) struct Checked {
    pub(super) begin: StartRun,
    pub(super) policies: IdPolicies,
    /// Its request id is to be kept by a run that is there already.
    attaches: bool,
}

/// # Errors
/// What is wrong with the request.
pub(super) async fn checked(
    service: &Arc<Service>,
    request: StartWorkflowExecutionRequest,
) -> Result<Checked, Status> {
    let policies = IdPolicies::read(
        request.workflow_id_reuse_policy,
        request.workflow_id_conflict_policy,
        WorkflowIdConflictPolicy::Fail,
    )?;
    check_length("Identity", &request.identity)?;
    let attaches = request.on_conflict_options.is_some_and(|options| options.attach_request_id);
    let parts = StartParts {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        workflow_type: request.workflow_type,
        task_queue: request.task_queue,
        input: request.input,
        execution_timeout: request.workflow_execution_timeout,
        run_timeout: request.workflow_run_timeout,
        task_timeout: request.workflow_task_timeout,
        start_delay: request.workflow_start_delay,
        request_id: request.request_id,
        retry_policy: request.retry_policy,
        cron_schedule: request.cron_schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
    };
    let begin = StartRun {
        identity: request.identity,
        header: request.header,
        user_metadata: request.user_metadata,
        links: request.links,
        priority: request.priority,
        last_completion_result: request.last_completion_result,
        continued_failure: request.continued_failure,
        ..parts.checked(service).await?
    };
    Ok(Checked { begin, policies, attaches })
}

pub(crate) async fn start_workflow_execution(
    service: &Arc<Service>,
    request: StartWorkflowExecutionRequest,
    _call: &Call,
) -> Result<StartWorkflowExecutionResponse, Status> {
    let Checked { begin, policies, attaches } = checked(service, request).await?;
    let (namespace, workflow_id) = (begin.namespace.clone(), begin.workflow_id.clone());
    let request_id = begin.request_id.clone();
    let started = service.start_by_policy(begin, policies).await?;
    let run = LinkedRun { namespace: &namespace, workflow_id: &workflow_id, run_id: &started.run_id };
    let mut link = run.started();
    if !started.is_new && attaches {
        link = run.by_request(&request_id, EventType::WorkflowExecutionOptionsUpdated);
        match service.transition(&started.run_id, Input::AttachStart { request_id }).await {
            Ok(_) | Err(Undone::Refused(_)) => {}
            Err(undone) => return Err(undone.into_status(&started.run_id)),
        }
    }
    Ok(StartWorkflowExecutionResponse {
        link: Some(link),
        run_id: started.run_id,
        first_execution_run_id: started.first_run_id,
        started: started.is_new,
        status: started.status,
        ..StartWorkflowExecutionResponse::default()
    })
}
