//! `CountWorkflowExecutions`, also grouped by status.

use std::sync::Arc;

use engine_store::{Filter, ListQuery, PAGE_MAX};
use temporalio_protos::temporal::api::common::v1::Payload;
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse,
    count_workflow_executions_response::AggregationGroup,
};
use tonic::Status;

use super::request::check_namespace;
use crate::call::Call;
use crate::service::Service;
use crate::status;
use crate::visibility::{Condition, status_name};

/// The statuses that a count can be grouped by.
const STATUSES: [WorkflowExecutionStatus; 7] = [
    WorkflowExecutionStatus::Running,
    WorkflowExecutionStatus::Completed,
    WorkflowExecutionStatus::Failed,
    WorkflowExecutionStatus::Canceled,
    WorkflowExecutionStatus::Terminated,
    WorkflowExecutionStatus::ContinuedAsNew,
    WorkflowExecutionStatus::TimedOut,
];

pub(crate) async fn count_workflow_executions(
    service: &Arc<Service>,
    request: CountWorkflowExecutionsRequest,
    _call: &Call,
) -> Result<CountWorkflowExecutionsResponse, Status> {
    check_namespace(&request.namespace)?;
    let condition = service.condition(&request.query).await?;
    if !condition.by_status {
        let count = service.count(&request.namespace, &condition).await?;
        return Ok(CountWorkflowExecutionsResponse { count, groups: Vec::new() });
    }
    let mut groups = Vec::new();
    let mut total = 0;
    for status in STATUSES {
        let mut one = condition.clone();
        one.filters.push(Filter::Status(vec![status as i32]));
        let count = service.count(&request.namespace, &one).await?;
        if count > 0 {
            total += count;
            groups.push(AggregationGroup { group_values: vec![keyword(status_name(status))], count });
        }
    }
    Ok(CountWorkflowExecutionsResponse { count: total, groups })
}

fn keyword(text: &str) -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec()), ("type".to_owned(), b"Keyword".to_vec())]
            .into(),
        data: format!("\"{text}\"").into_bytes(),
        ..Payload::default()
    }
}

impl Service {
    async fn count(&self, namespace: &str, condition: &Condition) -> Result<i64, Status> {
        if condition.is_plain() {
            let count = self.store.count(namespace, &condition.filters).await;
            let count = count.map_err(|error| status::unread(&error))?;
            return Ok(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut count = 0;
        let mut page = None;
        loop {
            let filters = condition.filters.clone();
            let query = ListQuery { namespace: namespace.to_owned(), filters, page, limit: PAGE_MAX };
            let found = self.store.list(&query).await.map_err(|error| status::unread(&error))?;
            count += found.runs.iter().filter(|run| condition.holds(&run.key, &run.summary)).count();
            page = found.next;
            if page.is_none() {
                return Ok(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
    }
}
