//! `ListNamespaces`.

use std::sync::Arc;

use temporalio_protos::temporal::api::workflowservice::v1::{ListNamespacesRequest, ListNamespacesResponse};
use tonic::Status;

use super::describe_namespace::description;
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn list_namespaces(
    service: &Arc<Service>,
    _request: ListNamespacesRequest,
    _call: &Call,
) -> Result<ListNamespacesResponse, Status> {
    Ok(ListNamespacesResponse { namespaces: vec![description(service)], ..ListNamespacesResponse::default() })
}
