//! `QueryWorkflow`: along with the run's workflow task if there is one, else as a task of its own.

use std::sync::Arc;
use std::time::Duration;

use engine_history::RunState;
use temporalio_protos::temporal::api::enums::v1::{
    QueryRejectCondition, QueryResultType, WorkflowExecutionStatus,
};
use temporalio_protos::temporal::api::query::v1::{QueryRejected, WorkflowQuery, WorkflowQueryResult};
use temporalio_protos::temporal::api::workflowservice::v1::{QueryWorkflowRequest, QueryWorkflowResponse};
use tokio::time::Instant;
use tonic::Status;

use super::request::{check_namespace, check_payloads, checked_execution};
use crate::call::Call;
use crate::matching::{Kind, QueueKey, Task};
use crate::queries::{Asked, QueryOutcome};
use crate::service::{Service, fresh_id};
use crate::status;

/// How long an answer is waited for when the caller says nothing.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How long the worker with the run in its cache may take to come for a query before others may have it.
const STICKY_WAIT: Duration = Duration::from_secs(5);
/// Queries are taken before other tasks: somebody waits.
const PRIORITY: i32 = 0;

pub(crate) async fn query_workflow(
    service: &Arc<Service>,
    request: QueryWorkflowRequest,
    call: &Call,
) -> Result<QueryWorkflowResponse, Status> {
    let execution = checked_execution(request.execution)?;
    check_namespace(&request.namespace)?;
    let Some(query) = request.query else {
        return Err(Status::invalid_argument("WorkflowQuery is not set on request."));
    };
    if query.query_type.is_empty() {
        return Err(Status::invalid_argument("QueryType is not set on request."));
    }
    check_payloads(query.query_args.as_ref(), "query arguments")?;
    let run_id = service.resolve(&execution).await?;
    let state = service.state_or_status(&run_id).await?;
    if let Some(rejected) = rejected(&state, request.query_reject_condition) {
        return Ok(QueryWorkflowResponse {
            query_rejected: Some(rejected),
            ..QueryWorkflowResponse::default()
        });
    }
    let result = service.ask(&state, query, call.until(WAIT_MAX)).await?;
    answer(result)
}

fn rejected(state: &RunState, condition: i32) -> Option<QueryRejected> {
    let is_rejected = match QueryRejectCondition::try_from(condition).unwrap_or_default() {
        QueryRejectCondition::NotOpen => !state.is_open(),
        QueryRejectCondition::NotCompletedCleanly => {
            !state.is_open() && state.status() != WorkflowExecutionStatus::Completed
        }
        QueryRejectCondition::None | QueryRejectCondition::Unspecified => false,
    };
    is_rejected.then_some(QueryRejected { status: state.status })
}

/// Refuses what no worker would answer, with Temporal's words.
fn check_ready(state: &RunState) -> Result<(), Status> {
    if !state.is_open() && !state.completed_a_workflow_task() {
        return Err(status::not_ready("Workflow execution closed before WorkflowTaskStarted event"));
    }
    if state.is_open() && state.waits_for_first_task() {
        return Err(status::not_ready("Workflow task is not scheduled yet."));
    }
    if state.fails_again_and_again() {
        return Err(status::not_ready("Unable to query workflow due to Workflow Task in failed state."));
    }
    Ok(())
}

fn answer(result: WorkflowQueryResult) -> Result<QueryWorkflowResponse, Status> {
    match result.result_type() {
        QueryResultType::Answered => {
            Ok(QueryWorkflowResponse { query_result: result.answer, ..QueryWorkflowResponse::default() })
        }
        QueryResultType::Failed | QueryResultType::Unspecified => {
            Err(status::query_failed(&result.error_message, result.failure))
        }
    }
}

impl Service {
    async fn ask(
        self: &Arc<Self>,
        state: &RunState,
        query: WorkflowQuery,
        until: Instant,
    ) -> Result<WorkflowQueryResult, Status> {
        check_ready(state)?;
        let goes_along = state.is_open() && state.workflow_task.is_some();
        if goes_along {
            let Some(mut asked) = self.queries.buffer(fresh_id(), &state.run_id, query.clone()) else {
                return Err(Status::resource_exhausted("consistent query buffer is full"));
            };
            // The task may have ended before the query was there to go along.
            let is_still_there = self.state_or_status(&state.run_id).await?.workflow_task.is_some();
            if is_still_there
                && let QueryOutcome::Answered(result) = self.wait_for_answer(&mut asked, until).await?
            {
                return Ok(*result);
            }
        }
        self.ask_apart(state, query, until).await
    }

    /// Asks the worker with the run in its cache, and if it doesn't come for the query, any.
    async fn ask_apart(
        self: &Arc<Self>,
        state: &RunState,
        query: WorkflowQuery,
        until: Instant,
    ) -> Result<WorkflowQueryResult, Status> {
        let state = self.state_or_status(&state.run_id).await?;
        let id = fresh_id();
        let mut asked = self.queries.ask_apart(id.clone(), &state.run_id, query);
        let sticky =
            state.sticky.as_ref().map(|it| QueueKey { kind: Kind::Workflow, name: it.queue.clone() });
        if let Some(key) = sticky.filter(|key| self.matching.is_polled(key)) {
            self.matching.offer(key, PRIORITY, Task::Query { query_id: id.clone() });
            let soon = until.min(Instant::now() + STICKY_WAIT);
            match tokio::time::timeout_at(soon, &mut asked.outcome).await {
                Ok(Ok(QueryOutcome::Answered(result))) => return Ok(*result),
                _ if self.queries.is_taken(&id) => return self.last_answer(&mut asked, until).await,
                _ => {}
            }
        }
        let key = QueueKey { kind: Kind::Workflow, name: state.task_queue.clone() };
        self.matching.offer(key, PRIORITY, Task::Query { query_id: id });
        self.last_answer(&mut asked, until).await
    }

    async fn last_answer(
        &self,
        asked: &mut Asked<'_>,
        until: Instant,
    ) -> Result<WorkflowQueryResult, Status> {
        match self.wait_for_answer(asked, until).await? {
            QueryOutcome::Answered(result) => Ok(*result),
            QueryOutcome::AskApart => Err(Status::unavailable("the query was not answered")),
        }
    }

    async fn wait_for_answer(&self, asked: &mut Asked<'_>, until: Instant) -> Result<QueryOutcome, Status> {
        tokio::select! {
            () = self.stopping.cancelled() => Err(status::shutting_down()),
            outcome = tokio::time::timeout_at(until, &mut asked.outcome) => match outcome {
                Ok(Ok(outcome)) => Ok(outcome),
                Ok(Err(_)) => Ok(QueryOutcome::AskApart),
                Err(_) => Err(Status::deadline_exceeded("no worker answered the query in time")),
            },
        }
    }
}
