//! Statuses as a Temporal server gives them, with the details that clients read.

use engine_history::Refusal;
use engine_store::{CommitError, CurrentRun, ReadError};
use prost::Message;
use prost_wkt_types::Any;
use temporalio_protos::google::rpc;
use temporalio_protos::temporal::api::enums::v1::{ResourceExhaustedCause, ResourceExhaustedScope};
use temporalio_protos::temporal::api::errordetails::v1::multi_operation_execution_failure::OperationStatus;
use temporalio_protos::temporal::api::errordetails::v1::{
    MultiOperationExecutionFailure, NamespaceNotFoundFailure, NotFoundFailure, PermissionDeniedFailure,
    QueryFailedFailure, ResourceExhaustedFailure, WorkflowExecutionAlreadyStartedFailure,
    WorkflowNotReadyFailure,
};
use temporalio_protos::temporal::api::failure::v1::Failure;
use tonic::{Code, Status};

/// A status with one detail.
fn with_detail<T: Message>(code: Code, message: &str, name: &str, detail: &T) -> Status {
    let status = rpc::Status {
        code: code as i32,
        message: message.to_owned(),
        details: vec![Any {
            type_url: format!("type.googleapis.com/temporal.api.errordetails.v1.{name}"),
            value: detail.encode_to_vec(),
        }],
    };
    Status::with_details(code, message, status.encode_to_vec().into())
}

pub(crate) fn already_started(current: &CurrentRun, message: &str) -> Status {
    let detail = WorkflowExecutionAlreadyStartedFailure {
        start_request_id: current.start_request_id.clone(),
        run_id: current.run_id.clone(),
        first_execution_run_id: current.first_run_id.clone(),
    };
    with_detail(Code::AlreadyExists, message, "WorkflowExecutionAlreadyStartedFailure", &detail)
}

/// As for a workflow, by which SDKs know it; a schedule has no runs to name.
pub(crate) fn schedule_exists(schedule_id: &str) -> Status {
    let message = format!("schedule with this ID is already registered: {schedule_id}");
    let detail = WorkflowExecutionAlreadyStartedFailure::default();
    with_detail(Code::AlreadyExists, &message, "WorkflowExecutionAlreadyStartedFailure", &detail)
}

pub(crate) fn not_found(message: &str) -> Status {
    with_detail(Code::NotFound, message, "NotFoundFailure", &NotFoundFailure::default())
}

/// No run of that id.
pub(crate) fn no_such_workflow(workflow_id: &str) -> Status {
    not_found(&format!("workflow not found for ID: {workflow_id}"))
}

pub(crate) fn no_such_run(run_id: &str) -> Status {
    not_found(&format!("Workflow executionsRow not found.  RunId: {run_id}"))
}

pub(crate) fn no_such_namespace(namespace: &str) -> Status {
    let detail = NamespaceNotFoundFailure { namespace: namespace.to_owned() };
    let message = format!("Namespace {namespace} is not found.");
    with_detail(Code::NotFound, &message, "NamespaceNotFoundFailure", &detail)
}

/// The run can't answer questions in its state.
pub(crate) fn not_ready(message: &str) -> Status {
    let detail = WorkflowNotReadyFailure::default();
    with_detail(Code::FailedPrecondition, message, "WorkflowNotReadyFailure", &detail)
}

pub(crate) fn permission_denied(message: &str) -> Status {
    let detail = PermissionDeniedFailure::default();
    with_detail(Code::PermissionDenied, message, "PermissionDeniedFailure", &detail)
}

pub(crate) fn query_failed(message: &str, failure: Option<Failure>) -> Status {
    let detail = QueryFailedFailure { failure };
    with_detail(Code::InvalidArgument, message, "QueryFailedFailure", &detail)
}

/// What became of one of several operations.
#[derive(Debug)]
pub(crate) enum Operated {
    Done,
    /// Another one failed.
    Aborted,
    Failed(Status),
}

/// Not all operations of a request were done; the status of the first that failed counts.
pub(crate) fn not_all_done(operations: [Operated; 2]) -> Status {
    let failed = operations.iter().find_map(|operation| match operation {
        Operated::Failed(status) => Some(status.code()),
        Operated::Done | Operated::Aborted => None,
    });
    let detail = MultiOperationExecutionFailure { statuses: operations.into_iter().map(operated).collect() };
    let message = "Update-with-Start could not be executed.";
    with_detail(failed.unwrap_or(Code::Aborted), message, "MultiOperationExecutionFailure", &detail)
}

fn operated(operation: Operated) -> OperationStatus {
    match operation {
        Operated::Done => OperationStatus::default(),
        Operated::Aborted => OperationStatus {
            code: Code::Aborted as i32,
            message: "Operation was aborted.".to_owned(),
            details: vec![Any {
                type_url: "type.googleapis.com/temporal.api.failure.v1.MultiOperationExecutionAborted"
                    .to_owned(),
                value: Vec::new(),
            }],
        },
        Operated::Failed(status) => OperationStatus {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: rpc::Status::decode(status.details()).map(|it| it.details).unwrap_or_default(),
        },
    }
}

/// The engine stops: the caller comes again later.
pub(crate) fn shutting_down() -> Status {
    Status::unavailable("the engine is shutting down")
}

pub(crate) fn refused(refusal: &Refusal) -> Status {
    let message = refusal.to_string();
    match refusal {
        Refusal::RunClosed
        | Refusal::WorkflowTaskNotFound
        | Refusal::ActivityNotFound
        | Refusal::OtherParent
        | Refusal::TaskStale
        | Refusal::NothingDue
        | Refusal::Repeated => not_found(&message),
        Refusal::NotReady(message) => not_ready(message),
        Refusal::InvalidArgument(_) => Status::invalid_argument(message),
        Refusal::FailedPrecondition(_) => Status::failed_precondition(message),
        Refusal::LimitReached(_) => exhausted(&message, ResourceExhaustedCause::ConcurrentLimit),
        Refusal::Closing => exhausted(&message, ResourceExhaustedCause::BusyWorkflow),
    }
}

fn exhausted(message: &str, cause: ResourceExhaustedCause) -> Status {
    let scope = ResourceExhaustedScope::Namespace as i32;
    let detail = ResourceExhaustedFailure { cause: cause as i32, scope };
    with_detail(Code::ResourceExhausted, message, "ResourceExhaustedFailure", &detail)
}

pub(crate) fn unread(error: &ReadError) -> Status {
    tracing::error!(%error, "engine: a read failed");
    Status::unavailable("the engine's database can't be read")
}

pub(crate) fn uncommitted(error: &CommitError) -> Status {
    match error {
        CommitError::Conflict { .. } => Status::aborted("the run was changed at the same time"),
        CommitError::Invalid { reason } => {
            tracing::error!(%reason, "engine: a commit can't be stored");
            Status::internal("the change can't be stored")
        }
        CommitError::Unavailable { source } => {
            tracing::error!(error = %source, "engine: a commit failed");
            Status::unavailable("the engine's database refuses work")
        }
    }
}
