//! `GetSearchAttributes`: every name that filters know.

use std::sync::Arc;

use engine_history::search_attributes::{INTERNAL, PREDEFINED, SYSTEM};
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetSearchAttributesRequest, GetSearchAttributesResponse,
};
use tonic::Status;

use crate::call::Call;
use crate::service::Service;

pub(crate) async fn get_search_attributes(
    service: &Arc<Service>,
    _request: GetSearchAttributesRequest,
    _call: &Call,
) -> Result<GetSearchAttributesResponse, Status> {
    let known = service.known_attributes().await?;
    let registered = known.registered().iter().map(|(name, kind)| (name.clone(), *kind as i32));
    Ok(GetSearchAttributesResponse { keys: built_in().chain(registered).collect() })
}

/// The names that are there without being registered.
pub(super) fn built_in() -> impl Iterator<Item = (String, i32)> {
    let all = SYSTEM.into_iter().chain(PREDEFINED).chain(INTERNAL);
    all.map(|(name, kind)| (name.to_owned(), kind as i32))
}
