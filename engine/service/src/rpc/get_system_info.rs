//! `GetSystemInfo`: what the engine can.

use std::sync::Arc;

use temporalio_protos::temporal::api::workflowservice::v1::{
    GetSystemInfoRequest, GetSystemInfoResponse, get_system_info_response::Capabilities,
};
use tonic::Status;

use crate::call::Call;
use crate::service::Service;

/// The version of Temporal's server whose rules the engine follows.
pub(crate) const SERVER_VERSION: &str = "1.32.0";

pub(crate) async fn get_system_info(
    _service: &Arc<Service>,
    _request: GetSystemInfoRequest,
    _call: &Call,
) -> Result<GetSystemInfoResponse, Status> {
    Ok(GetSystemInfoResponse {
        server_version: SERVER_VERSION.to_owned(),
        capabilities: Some(Capabilities {
            signal_and_query_header: true,
            internal_error_differentiation: true,
            activity_failure_include_heartbeat: true,
            supports_schedules: true,
            encoded_failure_attributes: true,
            upsert_memo: true,
            sdk_metadata: true,
            count_group_by_execution_status: true,
            ..Capabilities::default()
        }),
    })
}
