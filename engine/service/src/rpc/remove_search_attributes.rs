//! The operator's `RemoveSearchAttributes`. Runs keep the values; nobody sees them until the name comes back.

use std::sync::Arc;

use engine_history::search_attributes::built_in;
use temporalio_protos::temporal::api::operatorservice::v1::{
    RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
};
use tonic::Status;

use super::add_search_attributes::not_set;
use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn remove_search_attributes(
    service: &Arc<Service>,
    request: RemoveSearchAttributesRequest,
    _call: &Call,
) -> Result<RemoveSearchAttributesResponse, Status> {
    if request.search_attributes.is_empty() {
        return Err(not_set());
    }
    check_namespace(&request.namespace)?;
    if let Some(name) = request.search_attributes.iter().find(|name| built_in(name).is_some()) {
        return Err(Status::invalid_argument(format!(
            "Unable to remove non-custom search attributes: {name}."
        )));
    }
    let remove = |registered: &mut std::collections::BTreeMap<_, _>| {
        registered.retain(|name, _| !request.search_attributes.contains(name));
        Ok(())
    };
    service.change_attributes(remove).await?;
    Ok(RemoveSearchAttributesResponse {})
}
