//! gRPC's health check.

use std::sync::Arc;

use temporalio_protos::grpc::health::v1::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
};
use tonic::Status;

use crate::call::Call;
use crate::service::Service;

pub(crate) async fn health_check(
    _service: &Arc<Service>,
    _request: HealthCheckRequest,
    _call: &Call,
) -> Result<HealthCheckResponse, Status> {
    Ok(HealthCheckResponse { status: ServingStatus::Serving as i32 })
}
