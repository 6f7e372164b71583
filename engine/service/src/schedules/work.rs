//! What schedules have to do: starting and stopping workflows, and hearing of their ends. It stands in the
//! schedule's row until it is done; workflows are started once by their number.

use std::sync::Arc;

use engine_history::{Input as RunInput, RunState, StartRun, duration_to_nanos};
use engine_schedules::{Input, Outcome, PendingStart, PendingStop, ScheduleState};
use engine_store::STATUS_RUNNING;
use temporalio_protos::temporal::api::common::v1::{SearchAttributes, WorkflowExecution};
use temporalio_protos::temporal::api::enums::v1::{
    WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
};
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use tonic::{Code, Status};

use super::{NAMESPACE, Unchanged, attribute};
use crate::cross_run::ENGINE_IDENTITY;
use crate::runs::Undone;
use crate::service::Service;
use crate::starting::IdPolicies;

/// The namespace of the workflows that schedules start.
const RUNS: &str = "default";
/// Search attributes by which a workflow knows its schedule; Temporal's names.
const SCHEDULED_BY: &str = "TemporalScheduledById";
const SCHEDULED_AT: &str = "TemporalScheduledStartTime";

impl Service {
    /// Carries out what a schedule has to do, in the background.
    pub(super) fn work_for_schedule(self: &Arc<Self>, id: &str) {
        self.run_errand(id, |service, id| Box::pin(async move { service.do_schedule_work(&id).await }));
    }

    async fn do_schedule_work(self: &Arc<Self>, id: &str) -> Result<(), Status> {
        let state = match self.load_schedule(id).await {
            Ok((state, _)) => state,
            Err(Unchanged::NoSuchSchedule) => return Ok(()),
            Err(unchanged) => return Err(unchanged.into_status()),
        };
        for start in &state.starts {
            let execution = self.start_scheduled(&state, start).await?;
            let input = Input::Started { number: start.number, execution: execution.clone() };
            self.record(id, input).await?;
            if let Some(execution) = execution {
                // It may have ended before the schedule knew of it.
                self.hear_of_end(id, &execution).await?;
            }
        }
        for stop in state.stops.iter().filter(|stop| !stop.is_done) {
            let Some(execution) = stop.execution.clone() else { continue };
            self.stop_scheduled(stop, &execution).await?;
            self.record(id, Input::Stopped { execution }).await?;
        }
        Ok(())
    }

    async fn record(self: &Arc<Self>, id: &str, input: Input) -> Result<(), Status> {
        match self.schedule_step(id, input).await {
            // Refused: it was recorded before.
            Ok(_) | Err(Unchanged::Refused(_) | Unchanged::NoSuchSchedule) => Ok(()),
            Err(Unchanged::Failed(status)) => Err(status),
        }
    }

    /// Starts a workflow; `None` when it can't be started for good.
    async fn start_scheduled(
        self: &Arc<Self>,
        state: &ScheduleState,
        start: &PendingStart,
    ) -> Result<Option<WorkflowExecution>, Status> {
        let Some(begin) = beginning(state, start) else { return Ok(None) };
        let workflow_id = begin.workflow_id.clone();
        let reuse = if state.policies().keep_original_workflow_id {
            WorkflowIdReusePolicy::AllowDuplicate
        } else {
            WorkflowIdReusePolicy::RejectDuplicate
        };
        match self
            .start_by_policy(begin, IdPolicies { reuse, conflict: WorkflowIdConflictPolicy::Fail })
            .await
        {
            Ok(started) => Ok(Some(WorkflowExecution { workflow_id, run_id: started.run_id })),
            Err(status) if matches!(status.code(), Code::AlreadyExists | Code::InvalidArgument) => {
                tracing::warn!(%status, schedule = state.schedule_id, workflow_id, "engine: a scheduled workflow was not started");
                Ok(None)
            }
            Err(status) => Err(status),
        }
    }

    async fn stop_scheduled(
        self: &Arc<Self>,
        stop: &PendingStop,
        execution: &WorkflowExecution,
    ) -> Result<(), Status> {
        let current = self.current(RUNS, &execution.workflow_id).await?;
        let Some(current) =
            current.filter(|it| it.status == STATUS_RUNNING && it.first_run_id == execution.run_id)
        else {
            return Ok(());
        };
        let input = if stop.terminates {
            RunInput::Terminate {
                reason: "terminated by schedule overlap policy".to_owned(),
                details: None,
                identity: ENGINE_IDENTITY.to_owned(),
            }
        } else {
            RunInput::RequestCancel {
                reason: "cancelled by schedule overlap policy".to_owned(),
                identity: ENGINE_IDENTITY.to_owned(),
                request_id: String::new(),
                sender: None,
                sender_initiated_event_id: 0,
                child_only: false,
            }
        };
        match self.transition(&current.run_id, input).await {
            Ok(_) | Err(Undone::Refused(_) | Undone::NoSuchRun) => Ok(()),
            Err(Undone::Failed(status)) => Err(status),
        }
    }

    /// Tells the schedule of a workflow that has closed, if a schedule had started it.
    pub(crate) fn tell_schedule(self: &Arc<Self>, state: &Arc<RunState>) {
        let Some(schedule_id) = scheduled_by(state) else { return };
        if !state.successor_run_id.is_empty() {
            return;
        }
        let (service, state) = (self.clone(), state.clone());
        let moving = self.quiet.begin();
        self.work.spawn(async move {
            let _moving = moving;
            let execution = WorkflowExecution {
                workflow_id: state.workflow_id.clone(),
                run_id: state.first_run_id.clone(),
            };
            let told = match service.current(NAMESPACE, &schedule_id).await {
                Ok(Some(schedule)) => service.hear_of_end(&schedule.run_id, &execution).await,
                Ok(None) => Ok(()),
                Err(status) => Err(status),
            };
            if let Err(status) = told {
                // The next start of the engine looks again.
                tracing::warn!(%status, schedule_id, "engine: a schedule does not know that its workflow has ended");
            }
        });
    }

    /// Looks whether a workflow of a schedule has ended, and tells the schedule if so.
    async fn hear_of_end(self: &Arc<Self>, id: &str, execution: &WorkflowExecution) -> Result<(), Status> {
        let current = self.current(RUNS, &execution.workflow_id).await?;
        let outcome = match current.filter(|current| current.first_run_id == execution.run_id) {
            Some(current) if current.status == STATUS_RUNNING => return Ok(()),
            Some(current) => self.outcome(&current.run_id, current.status).await?,
            // It was deleted, or another has taken its id.
            None => {
                Outcome { status: WorkflowExecutionStatus::Unspecified as i32, result: None, failure: None }
            }
        };
        self.record(id, Input::Closed { execution: execution.clone(), outcome: Box::new(outcome) }).await
    }

    async fn outcome(self: &Arc<Self>, run_id: &str, status: i32) -> Result<Outcome, Status> {
        let state = self.state_or_status(run_id).await?;
        let last = self.event(run_id, state.last_event_id).await?.and_then(|event| event.attributes);
        let (result, failure) = match last {
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => (it.result, None),
            Some(Attributes::WorkflowExecutionFailedEventAttributes(it)) => (None, it.failure),
            _ => (None, None),
        };
        Ok(Outcome { status, result, failure })
    }

    /// After a start: what the schedule has to do, and ends that nobody told it of.
    pub(crate) async fn revive_schedule(self: &Arc<Self>, id: &str) {
        let state = match self.load_schedule(id).await {
            Ok((state, _)) => state,
            Err(error) => {
                tracing::error!(?error, id, "engine: a schedule could not be brought back");
                return;
            }
        };
        if state.has_work() {
            self.work_for_schedule(id);
        }
        for execution in state.running() {
            if let Err(status) = self.hear_of_end(id, execution).await {
                tracing::warn!(%status, id, "engine: a schedule does not know whether its workflow has ended");
            }
        }
    }
}

/// The schedule that started a run.
fn scheduled_by(state: &RunState) -> Option<String> {
    let payload = state.search_attributes.as_ref()?.indexed_fields.get(SCHEDULED_BY)?;
    serde_json::from_slice(&payload.data).ok()
}

/// How a scheduled workflow begins.
fn beginning(state: &ScheduleState, start: &PendingStart) -> Option<StartRun> {
    let it = state.start_workflow()?.clone();
    let at = engine_history::nanos_to_timestamp(start.nominal_ns);
    let at = jiff::Timestamp::new(at.seconds, at.nanos).ok()?;
    let mut search_attributes: SearchAttributes = it.search_attributes.unwrap_or_default();
    let text = |value: &str| serde_json::Value::from(value).to_string();
    search_attributes
        .indexed_fields
        .insert(SCHEDULED_BY.to_owned(), attribute("Keyword", &text(&state.schedule_id)));
    search_attributes
        .indexed_fields
        .insert(SCHEDULED_AT.to_owned(), attribute("Datetime", &text(&at.to_string())));
    Some(StartRun {
        namespace: RUNS.to_owned(),
        workflow_id: state.workflow_id_of(start),
        workflow_type: it.workflow_type.map(|kind| kind.name).unwrap_or_default(),
        task_queue: it.task_queue.map(|queue| queue.name).unwrap_or_default(),
        input: it.input,
        header: it.header,
        memo: it.memo,
        search_attributes: Some(search_attributes),
        execution_timeout_ns: duration_to_nanos(it.workflow_execution_timeout.as_ref()),
        run_timeout_ns: duration_to_nanos(it.workflow_run_timeout.as_ref()),
        task_timeout_ns: duration_to_nanos(it.workflow_task_timeout.as_ref()),
        identity: format!("temporal-scheduler-{RUNS}-{}", state.schedule_id),
        request_id: format!("{}:{}", state.id, start.number),
        retry_policy: it.retry_policy.map(engine_history::retry::with_defaults),
        user_metadata: it.user_metadata,
        priority: it.priority,
        last_completion_result: state.last_result.clone(),
        continued_failure: state.last_failure.clone(),
        ..StartRun::default()
    })
}
