//! `GetWorkflowExecutionHistory`: page by page, only the close event, or waiting for what comes.

use std::sync::Arc;

use prost::Message;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::history::v1::{History, HistoryEvent};
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
};
use tokio::time::Instant;
use tonic::Status;

use super::request::{check_namespace, checked_execution};
use crate::call::Call;
use crate::runs::Progress;
use crate::service::Service;
use crate::status;
use crate::token::HistoryToken;

/// How long a request waits for new events before it answers with none; Temporal's number.
const WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(20);
/// Events of a page when the request names no number; Temporal's number.
const PAGE_EVENTS: usize = 256;
/// Events of a page, at most.
const PAGE_EVENTS_MAX: usize = 5_000;

/// What a request asks for.
struct Wanted {
    token: HistoryToken,
    page_size: usize,
    only_close: bool,
    waits: bool,
    /// With the events of a workflow task that are not in the history.
    with_unwritten: bool,
}

pub(crate) async fn get_workflow_execution_history(
    service: &Arc<Service>,
    request: GetWorkflowExecutionHistoryRequest,
    call: &Call,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let execution = checked_execution(request.execution)?;
    check_namespace(&request.namespace)?;
    let token = if request.next_page_token.is_empty() {
        HistoryToken {
            run_id: service.resolve(&execution).await?,
            next_event_id: 1,
            ..HistoryToken::default()
        }
    } else {
        service.history_token(&request.next_page_token, &execution).await?
    };
    let page_size = match usize::try_from(request.maximum_page_size) {
        Ok(0) | Err(_) => PAGE_EVENTS,
        Ok(size) => size.min(PAGE_EVENTS_MAX),
    };
    let wanted = Wanted {
        token,
        page_size,
        only_close: request.history_event_filter_type == HistoryEventFilterType::CloseEvent as i32,
        waits: request.wait_new_event,
        with_unwritten: !call.shows_histories,
    };
    let until = call.until(WAIT_MAX.min(service.options.long_poll_max));
    if wanted.only_close {
        close_event(service, wanted, until).await
    } else {
        events(service, wanted, until).await
    }
}

async fn close_event(
    service: &Arc<Service>,
    wanted: Wanted,
    until: Instant,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let run_id = &wanted.token.run_id;
    let mut progress = service.progress(run_id).await?;
    if wanted.waits && progress.is_open {
        progress = service.wait_for(run_id, until, |progress| !progress.is_open).await?;
    }
    if wanted.waits && progress.is_open {
        // The client comes again.
        return Ok(answer(Vec::new(), Some(wanted.token)));
    }
    if progress.is_open {
        return Ok(answer(Vec::new(), None));
    }
    let last = service.event(run_id, progress.last_event_id).await?;
    Ok(answer(last.into_iter().collect(), None))
}

async fn events(
    service: &Arc<Service>,
    wanted: Wanted,
    until: Instant,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let Wanted { token, page_size, waits, with_unwritten, .. } = wanted;
    let run_id = token.run_id.clone();
    let _reader = service.read_along(&run_id).await?;
    let mut progress = service.progress(&run_id).await?;
    if waits && progress.is_open && token.next_event_id > progress.last_event_id {
        let next = token.next_event_id;
        progress = service
            .wait_for(&run_id, until, |progress| !progress.is_open || progress.last_event_id >= next)
            .await?;
    }
    let is_bounded = token.last_event_id > 0;
    let last = if is_bounded { token.last_event_id } else { progress.last_event_id };
    let page = service.events(&run_id, token.next_event_id, last, page_size).await?;
    let next = match page.next_event_id {
        Some(next_event_id) => Some(HistoryToken { next_event_id, ..token.clone() }),
        // There may be more later.
        None if waits && progress.is_open && !is_bounded => {
            Some(HistoryToken { next_event_id: last.max(token.next_event_id - 1) + 1, ..token.clone() })
        }
        None => None,
    };
    let mut events = page.events;
    if next.is_none() && is_bounded {
        events.extend(token.transient_events);
    }
    if with_unwritten && page.next_event_id.is_none() && !is_bounded && !events.is_empty() {
        let unwritten = service.state_or_status(&run_id).await?.unwritten_task_events();
        // None, if the history grew since the page was read.
        events.extend(unwritten.into_iter().skip_while(|event| event.event_id != last + 1));
    }
    Ok(answer(events, next))
}

fn answer(events: Vec<HistoryEvent>, next: Option<HistoryToken>) -> GetWorkflowExecutionHistoryResponse {
    GetWorkflowExecutionHistoryResponse {
        history: Some(History { events }),
        next_page_token: next.map(|token| token.encode_to_vec()).unwrap_or_default(),
        ..GetWorkflowExecutionHistoryResponse::default()
    }
}

impl Service {
    /// The page token of a request, which is of a run of the workflow that the request names.
    pub(super) async fn history_token(
        self: &Arc<Self>,
        token: &[u8],
        execution: &WorkflowExecution,
    ) -> Result<HistoryToken, Status> {
        let token = HistoryToken::read(token, execution)?;
        if self.state_or_status(&token.run_id).await?.workflow_id != execution.workflow_id {
            return Err(status::no_such_workflow(&execution.workflow_id));
        }
        Ok(token)
    }

    pub(super) async fn progress(self: &Arc<Self>, run_id: &str) -> Result<Progress, Status> {
        let state = self.state_or_status(run_id).await?;
        Ok(Progress { last_event_id: state.last_event_id, is_open: state.is_open() })
    }

    /// Waits until the run has come so far, or the time is over.
    async fn wait_for(
        self: &Arc<Self>,
        run_id: &str,
        until: Instant,
        is_enough: impl Fn(&Progress) -> bool,
    ) -> Result<Progress, Status> {
        let cell = self.runs.cell(&Arc::from(run_id));
        let mut watch = cell.watch();
        // What happened between the caller's look and the watch.
        let now = self.progress(run_id).await?;
        if is_enough(&now) {
            return Ok(now);
        }
        let news = watch.wait_for(|progress| progress.as_ref().is_some_and(&is_enough));
        tokio::select! {
            () = self.stopping.cancelled() => Err(status::shutting_down()),
            found = tokio::time::timeout_at(until, news) => match found {
                Ok(Ok(progress)) => Ok((*progress).unwrap_or(now)),
                Ok(Err(_)) | Err(_) => Ok(now),
            },
        }
    }
}
