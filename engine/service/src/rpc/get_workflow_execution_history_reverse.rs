//! `GetWorkflowExecutionHistoryReverse`: page by page from the latest event back, as the web page shows it.

use std::sync::Arc;

use temporalio_protos::temporal::api::history::v1::{History, HistoryEvent};
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse,
};
use tonic::Status;

use super::request::{check_namespace, checked_execution};
use crate::call::Call;
use crate::service::Service;
use crate::token::HistoryToken;

/// Events of a page, at most and when the request names no number; Temporal's number.
const PAGE_EVENTS_MAX: i64 = 256;

pub(crate) async fn get_workflow_execution_history_reverse(
    service: &Arc<Service>,
    request: GetWorkflowExecutionHistoryReverseRequest,
    _call: &Call,
) -> Result<GetWorkflowExecutionHistoryReverseResponse, Status> {
    let execution = checked_execution(request.execution)?;
    check_namespace(&request.namespace)?;
    let (run_id, latest) = if request.next_page_token.is_empty() {
        let run_id = service.resolve(&execution).await?;
        let _reader = service.read_along(&run_id).await?;
        let latest = service.progress(&run_id).await?.last_event_id;
        (run_id, latest)
    } else {
        let token = service.history_token(&request.next_page_token, &execution).await?;
        (token.run_id, token.next_event_id)
    };
    let size = match i64::from(request.maximum_page_size) {
        size if size <= 0 => PAGE_EVENTS_MAX,
        size => size.min(PAGE_EVENTS_MAX),
    };
    let events = latest_first(service, &run_id, latest, size).await?;
    let before = events.last().map(|event| event.event_id - 1).filter(|before| *before > 0);
    let token = before.map(|next_event_id| HistoryToken {
        run_id: run_id.clone(),
        next_event_id,
        ..HistoryToken::default()
    });
    Ok(GetWorkflowExecutionHistoryReverseResponse {
        history: Some(History { events }),
        next_page_token: token.map(|token| prost::Message::encode_to_vec(&token)).unwrap_or_default(),
    })
}

/// The events up to `latest`, as many as are asked for and fit into one answer.
async fn latest_first(
    service: &Service,
    run_id: &str,
    latest: i64,
    mut size: i64,
) -> Result<Vec<HistoryEvent>, Status> {
    loop {
        let from = latest.saturating_sub(size - 1).max(1);
        let page = service.events(run_id, from, latest, PAGE_EVENTS_MAX as usize).await?;
        if page.next_event_id.is_none() || size <= 1 {
            return Ok(page.events.into_iter().rev().collect());
        }
        // Too large for one answer.
        size /= 2;
    }
}
