//! The operator's `ListSearchAttributes`.

use std::sync::Arc;

use temporalio_protos::temporal::api::operatorservice::v1::{
    ListSearchAttributesRequest, ListSearchAttributesResponse,
};
use tonic::Status;

use super::get_search_attributes::built_in;
use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn list_search_attributes(
    service: &Arc<Service>,
    request: ListSearchAttributesRequest,
    _call: &Call,
) -> Result<ListSearchAttributesResponse, Status> {
    check_namespace(&request.namespace)?;
    let known = service.known_attributes().await?;
    Ok(ListSearchAttributesResponse {
        custom_attributes: known
            .registered()
            .iter()
            .map(|(name, kind)| (name.clone(), *kind as i32))
            .collect(),
        system_attributes: built_in().collect(),
        ..ListSearchAttributesResponse::default()
    })
}
