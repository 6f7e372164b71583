//! `PollActivityTaskQueue`: a worker waits for activities.

use std::sync::Arc;

use engine_history::Poller;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace, checked_queue};
use crate::call::Call;
use crate::matching::{Kind, QueueKey, Task};
use crate::service::{Service, fresh_id};

pub(crate) async fn poll_activity_task_queue(
    service: &Arc<Service>,
    request: PollActivityTaskQueueRequest,
    call: &Call,
) -> Result<PollActivityTaskQueueResponse, Status> {
    check_namespace(&request.namespace)?;
    check_length("Identity", &request.identity)?;
    let key = QueueKey { kind: Kind::Activity, name: checked_queue(request.task_queue)?.name };
    let until = call.until(service.options.long_poll_max);
    while let Some(task) = service.poll(&key, &request.identity, until).await? {
        let Task::Run { run_id, scheduled_event_id, attempt } = task else { continue };
        let poller = Poller {
            identity: request.identity.clone(),
            request_id: fresh_id(),
            holder: service.holder(call.in_process),
            is_sticky: false,
        };
        if let Some(answer) = service.take_activity(&run_id, scheduled_event_id, attempt, poller).await? {
            return Ok(answer);
        }
    }
    Ok(PollActivityTaskQueueResponse::default())
}
