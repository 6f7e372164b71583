//! `ExecuteMultiOperation`: a start with an update, both or none.
//!
//! A new run has the update before its first workflow task. An open one is updated if the start's policy uses
//! it, if this very request made it, or if it knows the update; what came before is answered as it was.

use std::sync::Arc;

use engine_history::limits::ID_BYTES_MAX;
use engine_history::{StartRun, UpdateStage};
use engine_store::STATUS_RUNNING;
use temporalio_protos::temporal::api::enums::v1::WorkflowIdConflictPolicy;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::operation::Operation;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_response::{
    Response, response,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, ExecuteMultiOperationResponse, StartWorkflowExecutionRequest,
    StartWorkflowExecutionResponse, UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::check_namespace;
use super::start_workflow_execution::{self as start, Checked};
use super::update_workflow_execution::{self as update, Asked};
use crate::call::Call;
use crate::link::LinkedRun;
use crate::service::{Service, fresh_id};
use crate::status::{self, Operated};

type Answers = (StartWorkflowExecutionResponse, UpdateWorkflowExecutionResponse);

pub(crate) async fn execute_multi_operation(
    service: &Arc<Service>,
    request: ExecuteMultiOperationRequest,
    call: &Call,
) -> Result<ExecuteMultiOperationResponse, Status> {
    check_namespace(&request.namespace)?;
    let mut operations = request.operations.into_iter().map(|operation| operation.operation);
    let (Some(Some(Operation::StartWorkflow(start))), Some(Some(Operation::UpdateWorkflow(update))), None) =
        (operations.next(), operations.next(), operations.next())
    else {
        return Err(Status::invalid_argument("Operations have to be exactly [Start, Update]."));
    };
    // Requests are large, and so is what waits with them: not in the future of every other RPC.
    let start = Box::pin(checked_start(service, start, &request.namespace)).await;
    let update = checked_update(update, &request.namespace);
    let (start, update) = match (start, update) {
        (Ok(start), Ok(update)) => (start, update),
        (start, update) => {
            let fate = |status: Option<Status>| status.map_or(Operated::Aborted, Operated::Failed);
            return Err(status::not_all_done([fate(start.err()), fate(update.err())]));
        }
    };
    if start.begin.workflow_id != update.execution.workflow_id {
        return Err(status::not_all_done([Operated::Aborted, Operated::Failed(other_workflow())]));
    }
    let (start, update) =
        Box::pin(service.start_with_update(start, update, call)).await.map_err(status::not_all_done)?;
    let responses = [response::Response::StartWorkflow(start), response::Response::UpdateWorkflow(update)];
    Ok(ExecuteMultiOperationResponse {
        responses: responses.map(|response| Response { response: Some(response) }).into(),
    })
}

fn other_workflow() -> Status {
    Status::invalid_argument("WorkflowId is not consistent with previous operation(s).")
}

/// The operation's namespace is the whole request's.
fn in_namespace(own: String, whole: &str) -> Result<String, Status> {
    if own.is_empty() || own == whole {
        return Ok(whole.to_owned());
    }
    Err(Status::invalid_argument("Operation namespace did not match request's namespace."))
}

async fn checked_start(
    service: &Arc<Service>,
    mut request: StartWorkflowExecutionRequest,
    namespace: &str,
) -> Result<Checked, Status> {
    if request.namespace.is_empty() {
        // Only an update may leave it to the whole request.
        return Err(status::no_such_namespace(""));
    }
    request.namespace = in_namespace(request.namespace, namespace)?;
    let refused = |text: &str| Err(Status::invalid_argument(text));
    let is_eager = request.request_eager_execution;
    let has_cron = !std::mem::take(&mut request.cron_schedule).is_empty();
    let checked = start::checked(service, request).await?;
    if has_cron {
        return refused("CronSchedule is not allowed.");
    }
    if is_eager {
        return refused("RequestEagerExecution is not supported.");
    }
    if checked.begin.start_delay_ns > 0 {
        return refused("WorkflowStartDelay is not supported.");
    }
    Ok(checked)
}

fn checked_update(mut request: UpdateWorkflowExecutionRequest, namespace: &str) -> Result<Asked, Status> {
    request.namespace = in_namespace(request.namespace, namespace)?;
    if request.workflow_execution.as_ref().is_some_and(|it| it.workflow_id.len() > ID_BYTES_MAX) {
        // No start has such an id.
        return Err(other_workflow());
    }
    let asked = update::checked(request)?;
    if !asked.first_run_id.is_empty() {
        return Err(Status::invalid_argument("FirstExecutionRunId is not allowed."));
    }
    if !asked.execution.run_id.is_empty() {
        return Err(Status::invalid_argument("RunId is not allowed."));
    }
    Ok(asked)
}

impl Service {
    async fn start_with_update(
        self: &Arc<Self>,
        start: Checked,
        asked: Asked,
        call: &Call,
    ) -> Result<Answers, [Operated; 2]> {
        let start_failed = |status| [Operated::Failed(status), Operated::Aborted];
        let begin = &start.begin;
        let current = self.current(&begin.namespace, &begin.workflow_id).await.map_err(start_failed)?;
        if let Some(current) = current {
            let run_id = &current.run_id;
            let state = self.state_or_status(run_id).await.map_err(start_failed)?;
            let known = state.updates.get(&asked.update_id);
            let is_completed = known.is_some_and(|update| update.stage() == UpdateStage::Completed);
            let is_meant = current.status == STATUS_RUNNING
                && (known.is_some()
                    || current.start_request_id == begin.request_id
                    || start.policies.conflict == WorkflowIdConflictPolicy::UseExisting);
            if is_completed || is_meant {
                let updated = self.update(run_id, &asked, call).await;
                let mut updated = updated.map_err(|status| [Operated::Aborted, Operated::Failed(status)])?;
                if is_completed {
                    // What has long been done links to nothing.
                    updated.link = None;
                }
                let run = LinkedRun {
                    namespace: &begin.namespace,
                    workflow_id: &begin.workflow_id,
                    run_id: &current.run_id,
                };
                let started = StartWorkflowExecutionResponse {
                    run_id: current.run_id.clone(),
                    status: current.status,
                    link: (!is_completed).then(|| run.started()),
                    ..StartWorkflowExecutionResponse::default()
                };
                return Ok((started, updated));
            }
        }
        self.start_and_update(start, &asked, call).await
    }

    async fn start_and_update(
        self: &Arc<Self>,
        start: Checked,
        asked: &Asked,
        call: &Call,
    ) -> Result<Answers, [Operated; 2]> {
        let start_failed = |status| [Operated::Failed(status), Operated::Aborted];
        let run_id = fresh_id();
        let mut news = self.updates.watch(&run_id, &asked.update_id);
        let begin = StartRun { run_id: run_id.clone(), update: Some(asked.update.clone()), ..start.begin };
        let (namespace, workflow_id) = (begin.namespace.clone(), begin.workflow_id.clone());
        let started = self.start_by_policy(begin, start.policies).await.map_err(start_failed)?;
        if started.run_id != run_id {
            // Somebody else's start came first: the client's next try finds it.
            return Err(start_failed(Status::unavailable("Workflow was not started")));
        }
        let state = self.state_or_status(&run_id).await.map_err(start_failed)?;
        let updated = self.follow_update(&state, asked, &mut news, call).await;
        let updated = updated.map_err(|status| [Operated::Done, Operated::Failed(status)])?;
        let run = LinkedRun { namespace: &namespace, workflow_id: &workflow_id, run_id: &run_id };
        let started = StartWorkflowExecutionResponse {
            link: Some(run.started()),
            run_id: started.run_id,
            first_execution_run_id: started.first_run_id,
            started: true,
            status: started.status,
            ..StartWorkflowExecutionResponse::default()
        };
        Ok((started, updated))
    }
}
