//! What all requests are checked for, with a Temporal server's words.

use std::sync::Arc;

use engine_history::limits::{ID_BYTES_MAX, MEMO_BYTES_MAX, PAYLOAD_BYTES_MAX};
use engine_history::{StartRun, duration_to_nanos, retry};
use prost::Message;
use prost_wkt_types::Duration;
use temporalio_protos::temporal::api::common::v1::{
    Memo, Payloads, RetryPolicy, SearchAttributes, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use tonic::Status;

use crate::service::{Service, fresh_id};
use crate::status;

/// The only namespace.
pub(crate) const NAMESPACE: &str = "default";

fn invalid(message: impl Into<String>) -> Status {
    Status::invalid_argument(message)
}

pub(super) fn check_namespace(namespace: &str) -> Result<(), Status> {
    match namespace {
        NAMESPACE => Ok(()),
        "" => Err(invalid("Namespace not set on request.")),
        _ if namespace.len() > ID_BYTES_MAX => Err(invalid("Namespace length exceeds limit.")),
        _ => Err(status::no_such_namespace(namespace)),
    }
}

/// As [`check_namespace`], for requests whose token names the run: those may leave it open.
pub(super) fn check_token_namespace(namespace: &str) -> Result<(), Status> {
    if namespace.is_empty() { Ok(()) } else { check_namespace(namespace) }
}

pub(super) fn check_length(what: &str, value: &str) -> Result<(), Status> {
    if value.len() > ID_BYTES_MAX { Err(invalid(format!("{what} length exceeds limit."))) } else { Ok(()) }
}

fn check_workflow_id(workflow_id: &str) -> Result<(), Status> {
    if workflow_id.is_empty() {
        return Err(invalid("WorkflowId is not set on request."));
    }
    check_length("WorkflowId", workflow_id)
}

/// The execution of a request; its run id may be open.
pub(super) fn checked_execution(execution: Option<WorkflowExecution>) -> Result<WorkflowExecution, Status> {
    let Some(execution) = execution else { return Err(invalid("Execution is not set on request.")) };
    if execution.workflow_id.is_empty() {
        return Err(invalid("WorkflowId is not set on request."));
    }
    check_run_id(&execution.run_id)?;
    // Too long for a status, too.
    if execution.workflow_id.len() > ID_BYTES_MAX {
        return Err(status::not_found("workflow not found: WorkflowId length exceeds limit."));
    }
    Ok(execution)
}

/// A run id, which may be open.
pub(super) fn check_run_id(run_id: &str) -> Result<(), Status> {
    if !run_id.is_empty() && uuid::Uuid::parse_str(run_id).is_err() {
        return Err(invalid("Invalid RunId."));
    }
    Ok(())
}

pub(super) fn check_payloads(payloads: Option<&Payloads>, what: &str) -> Result<(), Status> {
    if payloads.map_or(0, Payloads::encoded_len) > PAYLOAD_BYTES_MAX {
        return Err(invalid(format!("Blob data size exceeds limit: {what}.")));
    }
    Ok(())
}

pub(super) fn checked_queue(queue: Option<TaskQueue>) -> Result<TaskQueue, Status> {
    let Some(queue) = queue else { return Err(invalid("taskQueue is not set")) };
    if queue.name.is_empty() {
        return Err(invalid("missing task queue name"));
    }
    if queue.name.len() > ID_BYTES_MAX {
        return Err(invalid("taskQueue length exceeds limit."));
    }
    Ok(queue)
}

/// The parts that starts have in common; each is taken as the client gave it.
pub(super) struct StartParts {
    pub(super) namespace: String,
    pub(super) workflow_id: String,
    pub(super) workflow_type: Option<WorkflowType>,
    pub(super) task_queue: Option<TaskQueue>,
    pub(super) input: Option<Payloads>,
    pub(super) execution_timeout: Option<Duration>,
    pub(super) run_timeout: Option<Duration>,
    pub(super) task_timeout: Option<Duration>,
    pub(super) start_delay: Option<Duration>,
    pub(super) request_id: String,
    pub(super) retry_policy: Option<RetryPolicy>,
    pub(super) cron_schedule: String,
    pub(super) memo: Option<Memo>,
    pub(super) search_attributes: Option<SearchAttributes>,
}

impl StartParts {
    /// Checks everything and gives the beginning of a run, without what only some starts have.
    pub(super) async fn checked(self, service: &Service) -> Result<StartRun, Status> {
        check_workflow_id(&self.workflow_id)?;
        check_namespace(&self.namespace)?;
        let retry_policy = self.retry_policy.map(retry::with_defaults);
        if let Some(policy) = &retry_policy {
            retry::check(policy).map_err(invalid)?;
        }
        if !self.cron_schedule.is_empty() {
            return Err(Status::unimplemented(
                "CronSchedule is not supported by this engine; use a schedule",
            ));
        }
        let workflow_type = self.workflow_type.map(|kind| kind.name).unwrap_or_default();
        if workflow_type.is_empty() {
            return Err(invalid("WorkflowType is not set on request."));
        }
        check_length("WorkflowType", &workflow_type)?;
        let task_queue = checked_queue(self.task_queue)?.name;
        check_length("RequestId", &self.request_id)?;
        let search_attributes = service.checked_attributes(self.search_attributes).await?;
        check_payloads(self.input.as_ref(), "input")?;
        if self.memo.as_ref().map_or(0, Memo::encoded_len) > MEMO_BYTES_MAX {
            return Err(invalid("Blob data size exceeds limit: memo."));
        }
        Ok(StartRun {
            execution_timeout_ns: span("WorkflowExecutionTimeout", self.execution_timeout.as_ref())?,
            run_timeout_ns: span("WorkflowRunTimeout", self.run_timeout.as_ref())?,
            task_timeout_ns: span("WorkflowTaskTimeout", self.task_timeout.as_ref())?,
            start_delay_ns: span("WorkflowStartDelay", self.start_delay.as_ref())?,
            namespace: self.namespace,
            workflow_id: self.workflow_id,
            workflow_type,
            task_queue,
            input: self.input,
            request_id: if self.request_id.is_empty() { fresh_id() } else { self.request_id },
            retry_policy,
            memo: self.memo,
            search_attributes,
            ..StartRun::default()
        })
    }
}

pub(super) fn span(what: &str, value: Option<&Duration>) -> Result<i64, Status> {
    if value.is_some_and(|value| value.seconds < 0 || value.nanos < 0) {
        return Err(invalid(format!("invalid {what}: negative duration")));
    }
    Ok(duration_to_nanos(value))
}

impl Service {
    /// The run that a request means: the one it names, else the current one of the workflow id.
    pub(super) async fn resolve(self: &Arc<Self>, execution: &WorkflowExecution) -> Result<String, Status> {
        if !execution.run_id.is_empty() {
            let state = self.state_or_status(&execution.run_id).await?;
            if state.workflow_id != execution.workflow_id {
                return Err(status::no_such_workflow(&execution.workflow_id));
            }
            return Ok(execution.run_id.clone());
        }
        let current = self.current(NAMESPACE, &execution.workflow_id).await?;
        current.map(|current| current.run_id).ok_or_else(|| status::no_such_workflow(&execution.workflow_id))
    }
}
