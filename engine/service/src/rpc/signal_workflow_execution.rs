//! `SignalWorkflowExecution`.

use std::sync::Arc;

use engine_history::{Input, Refusal, SignalInput};
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::workflowservice::v1::{
    SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, check_payloads, checked_execution};
use crate::call::Call;
use crate::link::LinkedRun;
use crate::runs::Undone;
use crate::service::Service;

pub(crate) async fn signal_workflow_execution(
    service: &Arc<Service>,
    request: SignalWorkflowExecutionRequest,
    _call: &Call,
) -> Result<SignalWorkflowExecutionResponse, Status> {
    let execution = checked_execution(request.workflow_execution)?;
    check_signal_name(&request.signal_name)?;
    check_length("RequestId", &request.request_id)?;
    check_namespace(&request.namespace)?;
    check_payloads(request.input.as_ref(), "signal input")?;
    let signal = SignalInput {
        name: request.signal_name,
        input: request.input,
        header: request.header,
        identity: request.identity,
        request_id: request.request_id,
        links: request.links,
        ..SignalInput::default()
    };
    let run_id = service.resolve(&execution).await?;
    let run =
        LinkedRun { namespace: &request.namespace, workflow_id: &execution.workflow_id, run_id: &run_id };
    let link = run.by_request(&signal.request_id, EventType::WorkflowExecutionSignaled);
    match service.transition(&run_id, Input::Signal(signal)).await {
        Ok(_) | Err(Undone::Refused(Refusal::Repeated)) => {
            Ok(SignalWorkflowExecutionResponse { link: Some(link) })
        }
        Err(undone) => Err(undone.into_status(&run_id)),
    }
}

pub(super) fn check_signal_name(name: &str) -> Result<(), Status> {
    if name.is_empty() {
        return Err(Status::invalid_argument("SignalName is not set on request."));
    }
    check_length("SignalName", name)
}
