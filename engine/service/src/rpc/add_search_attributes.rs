//! The operator's `AddSearchAttributes`: names that runs may use and filters know.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine_history::limits::{KEYWORD_ATTRIBUTES_MAX, TYPE_ATTRIBUTES_MAX};
use engine_history::search_attributes::{is_reserved, type_name};
use temporalio_protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_protos::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, AddSearchAttributesResponse,
};
use tonic::Status;

use super::request::{check_length, check_namespace};
use crate::call::Call;
use crate::service::Service;

pub(crate) async fn add_search_attributes(
    service: &Arc<Service>,
    request: AddSearchAttributesRequest,
    _call: &Call,
) -> Result<AddSearchAttributesResponse, Status> {
    let added = checked(request.search_attributes)?;
    check_namespace(&request.namespace)?;
    service.change_attributes(|registered| add(registered, added)).await?;
    Ok(AddSearchAttributesResponse {})
}

fn checked(
    wanted: impl IntoIterator<Item = (String, i32)>,
) -> Result<Vec<(String, IndexedValueType)>, Status> {
    let wanted: Vec<_> = wanted.into_iter().collect();
    if wanted.is_empty() {
        return Err(not_set());
    }
    let one = |(name, kind): (String, i32)| {
        if is_reserved(&name) {
            return Err(Status::invalid_argument(format!("Search attribute {name} is reserved by system.")));
        }
        check_length("Search attribute", &name)?;
        let kind = IndexedValueType::try_from(kind)
            .map_err(|_| Status::invalid_argument(format!("Unknown search attribute type: {kind}.")))?;
        Ok((name, kind))
    };
    wanted.into_iter().map(one).collect()
}

/// A name that is there stays as it is, whatever its type.
fn add(
    registered: &mut BTreeMap<String, IndexedValueType>,
    added: Vec<(String, IndexedValueType)>,
) -> Result<(), Status> {
    for (name, kind) in added {
        if registered.contains_key(&name) {
            continue;
        }
        let max = match kind {
            IndexedValueType::Unspecified => 0,
            IndexedValueType::Keyword => KEYWORD_ATTRIBUTES_MAX,
            _ => TYPE_ATTRIBUTES_MAX,
        };
        if registered.values().filter(|it| **it == kind).count() >= max {
            return Err(Status::invalid_argument(format!(
                "Unable to create search attributes: cannot have more than {max} search attribute of type {}.",
                type_name(kind)
            )));
        }
        registered.insert(name, kind);
    }
    Ok(())
}

pub(super) fn not_set() -> Status {
    Status::invalid_argument("SearchAttributes are not set on request.")
}
