//! `ListTaskQueuePartitions`: every queue is one.

use std::sync::Arc;

use temporalio_protos::temporal::api::taskqueue::v1::TaskQueuePartitionMetadata;
use temporalio_protos::temporal::api::workflowservice::v1::{
    ListTaskQueuePartitionsRequest, ListTaskQueuePartitionsResponse,
};
use tonic::Status;

use super::request::{check_namespace, checked_queue};
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn list_task_queue_partitions(
    service: &Arc<Service>,
    request: ListTaskQueuePartitionsRequest,
    _call: &Call,
) -> Result<ListTaskQueuePartitionsResponse, Status> {
    let queue = checked_queue(request.task_queue)?;
    check_namespace(&request.namespace)?;
    let partition = TaskQueuePartitionMetadata { key: queue.name, owner_host_name: service.process.clone() };
    Ok(ListTaskQueuePartitionsResponse {
        activity_task_queue_partitions: vec![partition.clone()],
        workflow_task_queue_partitions: vec![partition],
    })
}
