//! `DeleteSchedule`: workflows that it started go on.

use std::sync::Arc;

use temporalio_protos::temporal::api::workflowservice::v1::{DeleteScheduleRequest, DeleteScheduleResponse};
use tonic::Status;

use super::create_schedule::check_schedule_id;
use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn delete_schedule(
    service: &Arc<Service>,
    request: DeleteScheduleRequest,
    _call: &Call,
) -> Result<DeleteScheduleResponse, Status> {
    check_namespace(&request.namespace)?;
    check_schedule_id(&request.schedule_id)?;
    service.delete_schedule(&request.schedule_id).await?;
    Ok(DeleteScheduleResponse {})
}
