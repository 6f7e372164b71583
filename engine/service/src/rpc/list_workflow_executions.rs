//! `ListWorkflowExecutions`.

use std::sync::Arc;

use engine_store::{ListQuery, PAGE_MAX, PageToken};
use temporalio_protos::temporal::api::workflowservice::v1::{
    ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse,
};
use tonic::Status;

use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;
use crate::status;
use crate::visibility::{info, parse};

pub(crate) async fn list_workflow_executions(
    service: &Arc<Service>,
    request: ListWorkflowExecutionsRequest,
    _call: &Call,
) -> Result<ListWorkflowExecutionsResponse, Status> {
    check_namespace(&request.namespace)?;
    let condition = parse(&request.query).map_err(|error| Status::invalid_argument(error.to_string()))?;
    let limit = match usize::try_from(request.page_size) {
        Ok(0) | Err(_) => PAGE_MAX,
        Ok(size) => size.min(PAGE_MAX),
    };
    let mut page = match request.next_page_token.as_slice() {
        [] => None,
        bytes => {
            let token = PageToken::from_bytes(bytes);
            Some(token.ok_or_else(|| Status::invalid_argument("Invalid NextPageToken."))?)
        }
    };
    let mut executions = Vec::new();
    loop {
        let query = ListQuery {
            namespace: request.namespace.clone(),
            filters: condition.filters.clone(),
            page,
            limit: limit - executions.len(),
        };
        let found = service.store.list(&query).await.map_err(|error| status::unread(&error))?;
        executions.extend(
            found
                .runs
                .iter()
                .filter(|run| condition.holds(&run.summary))
                .map(|run| info(&run.key, &run.summary)),
        );
        page = found.next;
        if page.is_none() || executions.len() >= limit {
            break;
        }
    }
    Ok(ListWorkflowExecutionsResponse {
        executions,
        next_page_token: page.map(|token| token.to_bytes().to_vec()).unwrap_or_default(),
    })
}
