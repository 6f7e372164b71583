//! `DescribeNamespace`: there is one, `default`.

use std::sync::Arc;

use engine_history::DEFAULT_NAMESPACE_ID;
use temporalio_protos::temporal::api::enums::v1::{ArchivalState, NamespaceState};
use temporalio_protos::temporal::api::namespace::v1::{NamespaceConfig, NamespaceInfo, namespace_info};
use temporalio_protos::temporal::api::replication::v1::{
    ClusterReplicationConfig, NamespaceReplicationConfig,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, DescribeNamespaceResponse,
};
use tonic::Status;

use super::request::{NAMESPACE, check_namespace};
use crate::call::Call;
use crate::service::Service;
use crate::status;

pub(crate) async fn describe_namespace(
    service: &Arc<Service>,
    request: DescribeNamespaceRequest,
    _call: &Call,
) -> Result<DescribeNamespaceResponse, Status> {
    match request.id.as_str() {
        DEFAULT_NAMESPACE_ID => {}
        "" => check_namespace(&request.namespace)?,
        other => return Err(status::no_such_namespace(other)),
    }
    Ok(description(service))
}

pub(super) fn description(service: &Service) -> DescribeNamespaceResponse {
    let seconds = i64::try_from(service.options.retention.as_secs()).unwrap_or(i64::MAX);
    let cluster = "active".to_owned();
    DescribeNamespaceResponse {
        namespace_info: Some(NamespaceInfo {
            name: NAMESPACE.to_owned(),
            state: NamespaceState::Registered as i32,
            description: "The namespace of the embedded engine".to_owned(),
            id: DEFAULT_NAMESPACE_ID.to_owned(),
            capabilities: Some(namespace_info::Capabilities {
                sync_update: true,
                async_update: true,
                ..namespace_info::Capabilities::default()
            }),
            ..NamespaceInfo::default()
        }),
        config: Some(NamespaceConfig {
            workflow_execution_retention_ttl: Some(prost_wkt_types::Duration { seconds, nanos: 0 }),
            history_archival_state: ArchivalState::Disabled as i32,
            visibility_archival_state: ArchivalState::Disabled as i32,
            ..NamespaceConfig::default()
        }),
        replication_config: Some(NamespaceReplicationConfig {
            active_cluster_name: cluster.clone(),
            clusters: vec![ClusterReplicationConfig {
                cluster_name: cluster,
                ..ClusterReplicationConfig::default()
            }],
            ..NamespaceReplicationConfig::default()
        }),
        ..DescribeNamespaceResponse::default()
    }
}
