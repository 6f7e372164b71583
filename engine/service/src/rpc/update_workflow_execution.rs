//! `UpdateWorkflowExecution`: admits an update and waits for as much of it as the client wants.

use std::sync::Arc;
use std::time::Duration;

use engine_history::{Input, Refusal, RunState, UpdateStage};
use temporalio_protos::temporal::api::common::v1::{Link, WorkflowExecution};
use temporalio_protos::temporal::api::enums::v1::{
    EventType, UpdateWorkflowExecutionLifecycleStage as Stage,
};
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::update::v1::{Outcome, Request, UpdateRef, WaitPolicy, outcome};
use temporalio_protos::temporal::api::workflowservice::v1::{
    UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse,
};
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::Status;

use super::request::{check_length, check_namespace, check_payloads, checked_execution};
use crate::call::Call;
use crate::link::LinkedRun;
use crate::runs::Undone;
use crate::service::{Service, fresh_id};
use crate::status;
use crate::tasks::execution;
use crate::updates::News;

/// How long a request waits before it says how far the update is; Temporal's number.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// How far an update is.
pub(super) struct Reached {
    pub(super) stage: Stage,
    pub(super) outcome: Option<Outcome>,
}

/// A request that is sound.
pub(super) struct Asked {
    pub(super) execution: WorkflowExecution,
    pub(super) update: Request,
    pub(super) update_id: String,
    pub(super) first_run_id: String,
    wanted: Stage,
}

/// # Errors
/// What is wrong with the request.
pub(super) fn checked(request: UpdateWorkflowExecutionRequest) -> Result<Asked, Status> {
    let execution = checked_execution(request.workflow_execution)?;
    check_namespace(&request.namespace)?;
    let mut update = request.request.unwrap_or_default();
    let Some(meta) = update.meta.as_mut() else {
        return Err(Status::invalid_argument("Update meta is not set on request."));
    };
    check_length("UpdateId", &meta.update_id)?;
    if meta.update_id.is_empty() {
        meta.update_id = fresh_id();
    }
    let update_id = meta.update_id.clone();
    let Some(input) = &update.input else {
        return Err(Status::invalid_argument("Update input is not set on request."));
    };
    if input.name.is_empty() {
        return Err(Status::invalid_argument("Update name is not set on request."));
    }
    check_payloads(input.args.as_ref(), "update arguments")?;
    let wanted = wanted_stage(request.wait_policy.as_ref())?;
    Ok(Asked { execution, update, update_id, first_run_id: request.first_execution_run_id, wanted })
}

pub(crate) async fn update_workflow_execution(
    service: &Arc<Service>,
    request: UpdateWorkflowExecutionRequest,
    call: &Call,
) -> Result<UpdateWorkflowExecutionResponse, Status> {
    let asked = checked(request)?;
    let run_id = service.resolve(&asked.execution).await?;
    service.check_chain(&run_id, &asked.first_run_id, &asked.execution.workflow_id).await?;
    service.update(&run_id, &asked, call).await
}

/// Where the update shows: at its acceptance, and for one that failed, which may have been rejected without
/// a trace, at the run.
fn link(state: &RunState, reached: &Reached, request_id: &str) -> Option<Link> {
    let run =
        LinkedRun { namespace: &state.namespace, workflow_id: &state.workflow_id, run_id: &state.run_id };
    match (&reached.outcome, reached.stage) {
        (Some(Outcome { value: Some(outcome::Value::Failure(_)) }), Stage::Completed) => {
            Some(run.whole("Update rejected"))
        }
        (_, Stage::Accepted | Stage::Completed) => {
            Some(run.by_request(request_id, EventType::WorkflowExecutionUpdateAccepted))
        }
        _ => None,
    }
}

/// What a client waits for; `Unspecified`: nothing, as for a stage that there is not.
pub(super) fn wanted_stage(policy: Option<&WaitPolicy>) -> Result<Stage, Status> {
    match policy.map_or(Ok(Stage::Unspecified), |policy| Stage::try_from(policy.lifecycle_stage)) {
        Ok(Stage::Admitted) => Err(status::permission_denied(
            "UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.",
        )),
        Ok(Stage::Unspecified) => Ok(Stage::Accepted),
        Ok(stage) => Ok(stage),
        Err(_) => Ok(Stage::Unspecified),
    }
}

impl Service {
    /// Admits an update to a run, or finds the one that is there already, and waits for it.
    pub(super) async fn update(
        self: &Arc<Self>,
        run_id: &str,
        asked: &Asked,
        call: &Call,
    ) -> Result<UpdateWorkflowExecutionResponse, Status> {
        let mut news = self.updates.watch(run_id, &asked.update_id);
        let admitted = Input::AdmitUpdate { request: asked.update.clone() };
        let state = match self.transition(run_id, admitted).await {
            Ok(done) => done.state,
            // It is known: the client waits for the one that is under way.
            Err(Undone::Refused(Refusal::Repeated)) => self.state_or_status(run_id).await?,
            Err(Undone::Refused(Refusal::RunClosed)) => {
                let state = self.state_or_status(run_id).await?;
                if !state.updates.contains_key(&asked.update_id) {
                    return Err(status::refused(&Refusal::RunClosed));
                }
                state
            }
            Err(undone) => return Err(undone.into_status(run_id)),
        };
        self.follow_update(&state, asked, &mut news, call).await
    }

    /// Waits for as much of an update that a run has as the client wants. `news` are heard since before it was
    /// admitted: a rejection is told once.
    pub(super) async fn follow_update(
        self: &Arc<Self>,
        state: &RunState,
        asked: &Asked,
        news: &mut watch::Receiver<News>,
        call: &Call,
    ) -> Result<UpdateWorkflowExecutionResponse, Status> {
        let update_id = &asked.update_id;
        let until = self.update_deadline(asked.wanted, call);
        let reached = self.wait_for_update(state, update_id, news, asked.wanted, until).await?;
        Ok(UpdateWorkflowExecutionResponse {
            update_ref: Some(UpdateRef {
                workflow_execution: Some(execution(state)),
                update_id: update_id.clone(),
            }),
            link: link(state, &reached, &asked.update.request_id),
            outcome: reached.outcome,
            stage: reached.stage as i32,
        })
    }

    /// When a client that wants the update so far has an answer, at the latest.
    pub(super) fn update_deadline(&self, wanted: Stage, call: &Call) -> Instant {
        match wanted {
            Stage::Unspecified => Instant::now(),
            _ => call.until(WAIT_MAX.min(self.options.long_poll_max)),
        }
    }

    /// Waits until the update is where the client wants it, or its time is over.
    pub(super) async fn wait_for_update(
        self: &Arc<Self>,
        state: &RunState,
        update_id: &str,
        news: &mut watch::Receiver<News>,
        wanted: Stage,
        until: Instant,
    ) -> Result<Reached, Status> {
        let mut reached = self.reached(state, update_id).await?;
        loop {
            if reached.outcome.is_some() || (wanted == Stage::Accepted && reached.stage == Stage::Accepted) {
                return Ok(reached);
            }
            match news.borrow_and_update().clone() {
                News::None => {}
                News::Accepted => reached.stage = Stage::Accepted,
                News::Outcome(outcome) => {
                    reached = Reached { stage: Stage::Completed, outcome: Some(*outcome) };
                    continue;
                }
                News::RunClosed { continues: true } => {
                    return Err(Status::aborted(
                        "workflow is continuing as new; the update is to be sent again",
                    ));
                }
                News::RunClosed { continues: false } => {
                    return Err(status::not_found("workflow execution already completed"));
                }
            }
            if wanted == Stage::Accepted && reached.stage == Stage::Accepted {
                return Ok(reached);
            }
            tokio::select! {
                () = self.stopping.cancelled() => return Err(status::shutting_down()),
                changed = tokio::time::timeout_at(until, news.changed()) => {
                    if !matches!(changed, Ok(Ok(()))) {
                        return Ok(reached);
                    }
                }
            }
        }
    }

    /// How far the run's state says it is.
    async fn reached(self: &Arc<Self>, state: &RunState, update_id: &str) -> Result<Reached, Status> {
        let Some(update) = state.updates.get(update_id) else {
            return Ok(Reached { stage: Stage::Admitted, outcome: None });
        };
        match update.stage() {
            UpdateStage::Admitted | UpdateStage::Sent => {
                Ok(Reached { stage: Stage::Admitted, outcome: None })
            }
            UpdateStage::Accepted => Ok(Reached { stage: Stage::Accepted, outcome: None }),
            UpdateStage::Completed => {
                let event = self.event(&state.run_id, update.completed_event_id).await?;
                match event.and_then(|event| event.attributes) {
                    Some(Attributes::WorkflowExecutionUpdateCompletedEventAttributes(it)) => {
                        Ok(Reached { stage: Stage::Completed, outcome: it.outcome })
                    }
                    _ => Err(Status::data_loss("the update's outcome can't be read")),
                }
            }
        }
    }
}
