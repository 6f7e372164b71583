//! What clients and workers ask, and what they hear.

use bytes::Bytes;
use engine_service::Engine;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use temporalio_client::callback_based::GrpcRequest;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Status;

/// One request, with what is to be written down about its answer.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Start(Box<StartWorkflowExecutionRequest>),
    Signal(SignalWorkflowExecutionRequest),
    SignalWithStart(Box<SignalWithStartWorkflowExecutionRequest>),
    Cancel(RequestCancelWorkflowExecutionRequest),
    Terminate(TerminateWorkflowExecutionRequest),
    Update(UpdateWorkflowExecutionRequest),
    ReadHistory(GetWorkflowExecutionHistoryRequest),
    PollWorkflowTask(PollWorkflowTaskQueueRequest),
    PollActivity(PollActivityTaskQueueRequest),
    /// With the run that it is about, and the mark that the completion leaves in its history.
    CompleteTask {
        run_id: String,
        mark: String,
        request: RespondWorkflowTaskCompletedRequest,
    },
    FailTask(RespondWorkflowTaskFailedRequest),
    /// With the activity that it is about, and the result.
    CompleteActivity {
        run_id: String,
        activity_id: String,
        result: String,
        request: RespondActivityTaskCompletedRequest,
    },
    FailActivity(RespondActivityTaskFailedRequest),
    CancelActivity(RespondActivityTaskCanceledRequest),
    Heartbeat(RecordActivityTaskHeartbeatRequest),
}

/// Why nothing was learned, or nothing done.
#[derive(Debug)]
pub(crate) enum Unheard {
    /// The answer never came: whether it was done is not known.
    Lost,
    /// The engine refused.
    Refused(Status),
}

/// An encoded answer.
pub(crate) type Heard = Result<Vec<u8>, Unheard>;

impl Request {
    /// Whether its sender insists: asks again, with the same words, until an answer comes.
    pub(crate) fn is_insisted_on(&self) -> bool {
        match self {
            Self::Start(_)
            | Self::Signal(_)
            | Self::SignalWithStart(_)
            | Self::Cancel(_)
            | Self::Terminate(_)
            | Self::Update(_)
            | Self::CompleteTask { .. }
            | Self::CompleteActivity { .. } => true,
            Self::ReadHistory(_)
            | Self::PollWorkflowTask(_)
            | Self::PollActivity(_)
            | Self::FailTask(_)
            | Self::FailActivity(_)
            | Self::CancelActivity(_)
            | Self::Heartbeat(_) => false,
        }
    }

    fn wire(&self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Start(it) => ("StartWorkflowExecution", it.encode_to_vec()),
            Self::Signal(it) => ("SignalWorkflowExecution", it.encode_to_vec()),
            Self::SignalWithStart(it) => ("SignalWithStartWorkflowExecution", it.encode_to_vec()),
            Self::Cancel(it) => ("RequestCancelWorkflowExecution", it.encode_to_vec()),
            Self::Terminate(it) => ("TerminateWorkflowExecution", it.encode_to_vec()),
            Self::Update(it) => ("UpdateWorkflowExecution", it.encode_to_vec()),
            Self::ReadHistory(it) => ("GetWorkflowExecutionHistory", it.encode_to_vec()),
            Self::PollWorkflowTask(it) => ("PollWorkflowTaskQueue", it.encode_to_vec()),
            Self::PollActivity(it) => ("PollActivityTaskQueue", it.encode_to_vec()),
            Self::CompleteTask { request, .. } => ("RespondWorkflowTaskCompleted", request.encode_to_vec()),
            Self::FailTask(it) => ("RespondWorkflowTaskFailed", it.encode_to_vec()),
            Self::CompleteActivity { request, .. } => {
                ("RespondActivityTaskCompleted", request.encode_to_vec())
            }
            Self::FailActivity(it) => ("RespondActivityTaskFailed", it.encode_to_vec()),
            Self::CancelActivity(it) => ("RespondActivityTaskCanceled", it.encode_to_vec()),
            Self::Heartbeat(it) => ("RecordActivityTaskHeartbeat", it.encode_to_vec()),
        }
    }

    /// Asks the engine.
    pub(crate) async fn ask(&self, engine: &Engine) -> Result<Vec<u8>, Status> {
        let (rpc, proto) = self.wire();
        // Who shows histories to people gets what is written, without what only workers are told.
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("client-name"),
            HeaderValue::from_static("temporal-cli"),
        )]);
        let request = GrpcRequest {
            service: "temporal.api.workflowservice.v1.WorkflowService".to_owned(),
            rpc: rpc.to_owned(),
            headers,
            proto: Bytes::from(proto),
        };
        engine.answer(request).await.map(|answer| answer.proto)
    }
}
