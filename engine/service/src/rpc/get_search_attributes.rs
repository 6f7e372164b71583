//! `GetSearchAttributes` and the operator's `ListSearchAttributes`: the ones that are always there.
//! Others need not be registered: their payloads carry their types.

use std::collections::HashMap;
use std::sync::Arc;

use temporalio_protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_protos::temporal::api::operatorservice::v1::{
    ListSearchAttributesRequest, ListSearchAttributesResponse,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetSearchAttributesRequest, GetSearchAttributesResponse,
};
use tonic::Status;

use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;

/// Names that list filters know, with their types.
const SYSTEM: [(&str, IndexedValueType); 13] = [
    ("CloseTime", IndexedValueType::Datetime),
    ("ExecutionDuration", IndexedValueType::Int),
    ("ExecutionStatus", IndexedValueType::Keyword),
    ("ExecutionTime", IndexedValueType::Datetime),
    ("HistoryLength", IndexedValueType::Int),
    ("HistorySizeBytes", IndexedValueType::Int),
    ("ParentRunId", IndexedValueType::Keyword),
    ("ParentWorkflowId", IndexedValueType::Keyword),
    ("RunId", IndexedValueType::Keyword),
    ("StartTime", IndexedValueType::Datetime),
    ("TaskQueue", IndexedValueType::Keyword),
    ("WorkflowId", IndexedValueType::Keyword),
    ("WorkflowType", IndexedValueType::Keyword),
];

fn system() -> HashMap<String, i32> {
    SYSTEM.into_iter().map(|(name, kind)| (name.to_owned(), kind as i32)).collect()
}

pub(crate) async fn get_search_attributes(
    _service: &Arc<Service>,
    _request: GetSearchAttributesRequest,
    _call: &Call,
) -> Result<GetSearchAttributesResponse, Status> {
    Ok(GetSearchAttributesResponse { keys: system() })
}

pub(crate) async fn list_search_attributes(
    _service: &Arc<Service>,
    request: ListSearchAttributesRequest,
    _call: &Call,
) -> Result<ListSearchAttributesResponse, Status> {
    check_namespace(&request.namespace)?;
    Ok(ListSearchAttributesResponse {
        system_attributes: system(),
        ..ListSearchAttributesResponse::default()
    })
}
