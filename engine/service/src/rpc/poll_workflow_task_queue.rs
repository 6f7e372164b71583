//! `PollWorkflowTaskQueue`: a worker waits for workflow tasks and queries.

use std::sync::Arc;

use engine_history::{Input, Poller};
use temporalio_protos::temporal::api::enums::v1::TaskQueueKind;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, checked_queue};
use crate::call::Call;
use crate::matching::{Kind, QueueKey, Task};
use crate::service::{Service, fresh_id};

pub(crate) async fn poll_workflow_task_queue(
    service: &Arc<Service>,
    request: PollWorkflowTaskQueueRequest,
    call: &Call,
) -> Result<PollWorkflowTaskQueueResponse, Status> {
    check_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let queue = checked_queue(request.task_queue)?;
    let is_sticky = queue.kind == TaskQueueKind::Sticky as i32;
    let key = QueueKey { kind: Kind::Workflow, name: queue.name };
    let until = call.until(service.options.long_poll_max);
    while let Some(task) = service.poll(&key, &request.identity, until).await? {
        let poller = Poller {
            identity: request.identity.clone(),
            request_id: fresh_id(),
            holder: service.holder(call.in_process),
            is_sticky,
        };
        if let Some(answer) = hand_out(service, task, poller).await? {
            return Ok(answer);
        }
    }
    Ok(PollWorkflowTaskQueueResponse::default())
}

/// The task as the worker gets it; `None` when it is stale.
async fn hand_out(
    service: &Arc<Service>,
    task: Task,
    poller: Poller,
) -> Result<Option<PollWorkflowTaskQueueResponse>, Status> {
    match task {
        Task::Run { run_id, scheduled_event_id, attempt } => {
            let input = Input::StartWorkflowTask { scheduled_event_id, attempt, poller };
            service.take_workflow_task(&run_id, input).await
        }
        Task::Query { query_id } => {
            let Some((run_id, query)) = service.queries.take(&query_id) else { return Ok(None) };
            let state = service.state_or_status(&run_id).await?;
            service.query_task(&state, &query_id, query, poller.is_sticky).await.map(Some)
        }
    }
}
