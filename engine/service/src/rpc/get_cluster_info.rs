//! `GetClusterInfo`.

use std::sync::Arc;

use temporalio_protos::temporal::api::workflowservice::v1::{GetClusterInfoRequest, GetClusterInfoResponse};
use tonic::Status;

use super::get_system_info::SERVER_VERSION;
use crate::call::Call;
use crate::service::Service;

/// Clients of these names and versions are served; those that Temporal's server of that version lists.
const CLIENTS: [(&str, &str); 9] = [
    ("temporal-cli", "<2.0.0"),
    ("temporal-dotnet", "<2.0.0"),
    ("temporal-go", "<2.0.0"),
    ("temporal-java", "<2.0.0"),
    ("temporal-php", "<3.0.0"),
    ("temporal-python", "<2.0.0"),
    ("temporal-server", "<2.0.0"),
    ("temporal-typescript", "<2.0.0"),
    ("temporal-ui", "<3.0.0"),
];

pub(crate) async fn get_cluster_info(
    service: &Arc<Service>,
    _request: GetClusterInfoRequest,
    _call: &Call,
) -> Result<GetClusterInfoResponse, Status> {
    Ok(GetClusterInfoResponse {
        supported_clients: CLIENTS.map(|(name, versions)| (name.to_owned(), versions.to_owned())).into(),
        server_version: SERVER_VERSION.to_owned(),
        cluster_id: service.process.clone(),
        cluster_name: "active".to_owned(),
        history_shard_count: 1,
        persistence_store: "sqlite".to_owned(),
        visibility_store: "sqlite".to_owned(),
        ..GetClusterInfoResponse::default()
    })
}
