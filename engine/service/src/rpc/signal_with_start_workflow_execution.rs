//! `SignalWithStartWorkflowExecution`: signals the open run, or starts one with the signal.

use std::sync::Arc;

use engine_history::{Input, Refusal, SignalInput, StartRun};
use engine_store::STATUS_RUNNING;
use temporalio_protos::temporal::api::enums::v1::{EventType, WorkflowIdConflictPolicy};
use temporalio_protos::temporal::api::workflowservice::v1::{
    SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{StartParts, check_length, check_payloads};
use super::signal_workflow_execution::check_signal_name;
use crate::call::Call;
use crate::link::LinkedRun;
use crate::runs::Undone;
use crate::service::Service;
use crate::starting::IdPolicies;

/// Attempts while the run closes or starts at the same time.
const TRIES_MAX: usize = 10;

pub(crate) async fn signal_with_start_workflow_execution(
    service: &Arc<Service>,
    request: SignalWithStartWorkflowExecutionRequest,
    _call: &Call,
) -> Result<SignalWithStartWorkflowExecutionResponse, Status> {
    let policies = IdPolicies::read(
        request.workflow_id_reuse_policy,
        request.workflow_id_conflict_policy,
        WorkflowIdConflictPolicy::UseExisting,
    )?;
    if policies.conflict == WorkflowIdConflictPolicy::Fail {
        return Err(Status::invalid_argument(
            "Invalid WorkflowIDConflictPolicy: WORKFLOW_ID_CONFLICT_POLICY_FAIL is not supported for this operation.",
        ));
    }
    check_signal_name(&request.signal_name)?;
    check_length("Identity", &request.identity)?;
    check_payloads(request.signal_input.as_ref(), "signal input")?;
    let signal = SignalInput {
        name: request.signal_name.clone(),
        input: request.signal_input.clone(),
        header: request.header.clone(),
        identity: request.identity.clone(),
        request_id: request.request_id.clone(),
        links: request.links.clone(),
        ..SignalInput::default()
    };
    let begin = StartRun { signal: Some(signal.clone()), ..beginning(service, request).await? };
    service.signal_or_start(begin, signal, policies).await
}

async fn beginning(
    service: &Service,
    request: SignalWithStartWorkflowExecutionRequest,
) -> Result<StartRun, Status> {
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
    Ok(StartRun {
        identity: request.identity,
        header: request.header,
        user_metadata: request.user_metadata,
        links: request.links,
        priority: request.priority,
        ..parts.checked(service).await?
    })
}

impl Service {
    async fn signal_or_start(
        self: &Arc<Self>,
        begin: StartRun,
        signal: SignalInput,
        policies: IdPolicies,
    ) -> Result<SignalWithStartWorkflowExecutionResponse, Status> {
        for _ in 0..TRIES_MAX {
            let current = self.current(&begin.namespace, &begin.workflow_id).await?;
            let open = current.filter(|current| current.status == STATUS_RUNNING);
            if let Some(open) = open.filter(|_| policies.conflict == WorkflowIdConflictPolicy::UseExisting) {
                match self.transition(&open.run_id, Input::Signal(signal.clone())).await {
                    Ok(_) | Err(Undone::Refused(Refusal::Repeated)) => {
                        return Ok(answer(&begin, open.run_id, open.first_run_id, false));
                    }
                    // It closed just now: start another.
                    Err(Undone::Refused(Refusal::RunClosed)) => continue,
                    Err(undone) => return Err(undone.into_status(&open.run_id)),
                }
            }
            let started = self.start_by_policy(begin.clone(), policies).await?;
            if started.is_new {
                return Ok(answer(&begin, started.run_id, started.first_run_id, true));
            }
            // Another one started just now: signal it.
        }
        Err(Status::unavailable("the workflow id is changed by others all the time"))
    }
}

fn answer(
    begin: &StartRun,
    run_id: String,
    first_execution_run_id: String,
    started: bool,
) -> SignalWithStartWorkflowExecutionResponse {
    let run = LinkedRun { namespace: &begin.namespace, workflow_id: &begin.workflow_id, run_id: &run_id };
    SignalWithStartWorkflowExecutionResponse {
        signal_link: Some(run.by_request(&begin.request_id, EventType::WorkflowExecutionSignaled)),
        run_id,
        first_execution_run_id,
        started,
    }
}
