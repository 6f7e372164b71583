//! `ShutdownWorker`: a worker goes; its cache's queue needs no tasks any more.

use std::sync::Arc;

use temporalio_protos::temporal::api::workflowservice::v1::{ShutdownWorkerRequest, ShutdownWorkerResponse};
use tonic::Status;

use super::request::check_namespace;
use crate::call::Call;
use crate::matching::{Kind, QueueKey};
use crate::service::Service;

pub(crate) async fn shutdown_worker(
    service: &Arc<Service>,
    request: ShutdownWorkerRequest,
    _call: &Call,
) -> Result<ShutdownWorkerResponse, Status> {
    check_namespace(&request.namespace)?;
    if !request.sticky_task_queue.is_empty() {
        let key = QueueKey { kind: Kind::Workflow, name: request.sticky_task_queue };
        service.retire_sticky(&key);
    }
    Ok(ShutdownWorkerResponse {})
}
