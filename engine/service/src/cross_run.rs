//! Work of one run on others: children, external signals and cancel requests, and what is owed after a
//! close. It is recorded in the run's state by the commit that causes it, carried out here after the
//! commit, and again after a restart; request ids make it happen once.

use std::sync::Arc;

use engine_history::{
    ChildClosed, CloseOutcome, CrossRunWork, ExternalOutcome, Input, Parent, PendingChild, PendingExternal,
    Refusal, RunState, SignalInput, StartRun, duration_to_nanos,
};
use engine_store::STATUS_RUNNING;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::{
    ParentClosePolicy, StartChildWorkflowExecutionFailedCause, WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy,
};
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use tonic::{Code, Status};

use crate::runs::Undone;
use crate::service::Service;
use crate::starting::IdPolicies;

/// Who the engine is to the runs that it closes.
pub(crate) const ENGINE_IDENTITY: &str = "history-service";
const BY_CLOSE_POLICY: &str = "by parent close policy";

impl Service {
    /// Carries out what a run has to do on others, in the background.
    pub(crate) fn carry_out_cross_run(self: &Arc<Self>, run_id: &str) {
        self.run_errand(run_id, |service, run_id| Box::pin(async move { service.work_for(&run_id).await }));
    }

    async fn work_for(self: &Arc<Self>, run_id: &str) -> Result<(), Status> {
        let state = self.state_or_status(run_id).await?;
        for work in state.cross_run_work() {
            let result = match work {
                CrossRunWork::StartChild { initiated_event_id } => {
                    let Some(child) = state.children.get(&initiated_event_id) else { continue };
                    self.start_child(&state, initiated_event_id, child).await?
                }
                CrossRunWork::SignalExternal { initiated_event_id } => {
                    let Some(signal) = state.external_signals.get(&initiated_event_id) else { continue };
                    let outcome = self.signal_external(&state, signal).await?;
                    Input::ExternalSignalDone { initiated_event_id, outcome }
                }
                CrossRunWork::CancelExternal { initiated_event_id } => {
                    let Some(cancel) = state.external_cancels.get(&initiated_event_id) else { continue };
                    let outcome = self.cancel_external(&state, initiated_event_id, cancel).await?;
                    Input::ExternalCancelDone { initiated_event_id, outcome }
                }
                CrossRunWork::TellParent => {
                    self.tell_parent(&state).await?;
                    Input::ParentTold
                }
                CrossRunWork::CloseChild(child) => {
                    self.close_child(&state, &child).await?;
                    Input::ChildDealtWith { run_id: child.key().to_owned() }
                }
            };
            match self.transition(run_id, result).await {
                // Refused: it was done before, or the run closed meanwhile.
                Ok(_) | Err(Undone::Refused(_) | Undone::NoSuchRun) => {}
                Err(Undone::Failed(status)) => return Err(status),
            }
        }
        Ok(())
    }

    async fn start_child(
        self: &Arc<Self>,
        state: &RunState,
        initiated_event_id: i64,
        child: &PendingChild,
    ) -> Result<Input, Status> {
        let Some(begin) = child_beginning(state, initiated_event_id, child) else {
            return Err(Status::internal("a child has no beginning"));
        };
        let reuse = child.initiated.as_ref().map_or(0, |it| it.workflow_id_reuse_policy);
        let policies = IdPolicies {
            reuse: WorkflowIdReusePolicy::try_from(reuse).unwrap_or(WorkflowIdReusePolicy::AllowDuplicate),
            conflict: WorkflowIdConflictPolicy::Fail,
        };
        match self.start_by_policy(begin, policies).await {
            // The first run of the chain is the child, wherever the chain is by now.
            Ok(started) => Ok(Input::ChildStarted { initiated_event_id, run_id: started.run_id }),
            Err(status) if status.code() == Code::AlreadyExists => Ok(Input::ChildStartFailed {
                initiated_event_id,
                cause: StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists as i32,
            }),
            Err(status) => Err(status),
        }
    }

    async fn signal_external(
        self: &Arc<Self>,
        state: &RunState,
        pending: &PendingExternal,
    ) -> Result<ExternalOutcome, Status> {
        let Some(initiated) = &pending.signal else { return Ok(ExternalOutcome::NotFound) };
        let Some(run_id) = self.target(state, initiated.workflow_execution.as_ref()).await? else {
            return Ok(ExternalOutcome::NotFound);
        };
        let signal = SignalInput {
            name: initiated.signal_name.clone(),
            input: initiated.input.clone(),
            header: initiated.header.clone(),
            identity: ENGINE_IDENTITY.to_owned(),
            request_id: pending.request_id.clone(),
            links: Vec::new(),
            sender: Some(crate::tasks::execution(state)),
            child_only: initiated.child_workflow_only,
        };
        outcome(self.transition(&run_id, Input::Signal(signal)).await)
    }

    async fn cancel_external(
        self: &Arc<Self>,
        state: &RunState,
        initiated_event_id: i64,
        pending: &PendingExternal,
    ) -> Result<ExternalOutcome, Status> {
        let Some(initiated) = &pending.cancel else { return Ok(ExternalOutcome::NotFound) };
        let Some(run_id) = self.target(state, initiated.workflow_execution.as_ref()).await? else {
            return Ok(ExternalOutcome::NotFound);
        };
        let input = Input::RequestCancel {
            reason: initiated.reason.clone(),
            identity: ENGINE_IDENTITY.to_owned(),
            request_id: pending.request_id.clone(),
            sender: Some(crate::tasks::execution(state)),
            sender_initiated_event_id: initiated_event_id,
            child_only: initiated.child_workflow_only,
        };
        match self.transition(&run_id, input).await {
            // Who wants a run to end has what they want when it has ended.
            Err(Undone::Refused(Refusal::RunClosed)) => Ok(ExternalOutcome::Delivered),
            done => outcome(done),
        }
    }

    /// The run that an external command means.
    async fn target(
        &self,
        state: &RunState,
        execution: Option<&WorkflowExecution>,
    ) -> Result<Option<String>, Status> {
        // A run has no business with its own workflow id from outside.
        let Some(execution) = execution.filter(|it| it.workflow_id != state.workflow_id) else {
            return Ok(None);
        };
        if !execution.run_id.is_empty() {
            return Ok(Some(execution.run_id.clone()));
        }
        let current = self.current(&state.namespace, &execution.workflow_id).await?;
        Ok(current.map(|current| current.run_id))
    }

    /// Tells the parent how the run ended.
    async fn tell_parent(self: &Arc<Self>, state: &RunState) -> Result<(), Status> {
        let Some(Parent { run_id, initiated_event_id, .. }) = &state.parent else { return Ok(()) };
        let Some(event) = self.event(&state.run_id, state.last_event_id).await? else {
            return Err(Status::data_loss("a run has no last event"));
        };
        let Some(outcome) = event.attributes.and_then(close_outcome) else {
            return Err(Status::internal("a closed run ends with another event"));
        };
        let closed =
            ChildClosed { initiated_event_id: *initiated_event_id, run_id: state.run_id.clone(), outcome };
        match self.transition(run_id, Input::ChildClosed(Box::new(closed))).await {
            // The parent is gone, or knows already.
            Ok(_) | Err(Undone::Refused(_) | Undone::NoSuchRun) => Ok(()),
            Err(Undone::Failed(status)) => Err(status),
        }
    }

    /// Treats a child as its close policy says.
    async fn close_child(self: &Arc<Self>, parent: &RunState, child: &PendingChild) -> Result<(), Status> {
        let policy = child.initiated.as_ref().map_or(0, |initiated| initiated.parent_close_policy);
        let input = match ParentClosePolicy::try_from(policy) {
            Ok(ParentClosePolicy::Abandon) => return Ok(()),
            Ok(ParentClosePolicy::RequestCancel) => Input::RequestCancel {
                reason: String::new(),
                identity: ENGINE_IDENTITY.to_owned(),
                request_id: format!("{}:closed", parent.run_id),
                sender: Some(crate::tasks::execution(parent)),
                sender_initiated_event_id: 0,
                child_only: true,
            },
            Ok(ParentClosePolicy::Terminate | ParentClosePolicy::Unspecified) | Err(_) => Input::Terminate {
                reason: BY_CLOSE_POLICY.to_owned(),
                details: None,
                identity: ENGINE_IDENTITY.to_owned(),
            },
        };
        // The child may have continued as new: its chain's current run is meant.
        let execution = child.execution();
        let current = self.current(&parent.namespace, &execution.workflow_id).await?;
        let Some(current) =
            current.filter(|it| it.status == STATUS_RUNNING && it.first_run_id == execution.run_id)
        else {
            return Ok(());
        };
        match self.transition(&current.run_id, input).await {
            Ok(_) | Err(Undone::NoSuchRun) => Ok(()),
            Err(Undone::Refused(Refusal::RunClosed | Refusal::Repeated | Refusal::OtherParent)) => Ok(()),
            Err(undone) => Err(undone.into_status(&current.run_id)),
        }
    }
}

fn outcome(done: Result<crate::runs::Done, Undone>) -> Result<ExternalOutcome, Status> {
    match done {
        Ok(_) | Err(Undone::Refused(Refusal::Repeated)) => Ok(ExternalOutcome::Delivered),
        Err(Undone::Refused(Refusal::LimitReached(_) | Refusal::InvalidArgument(_))) => {
            Ok(ExternalOutcome::LimitReached)
        }
        // It is tried again.
        Err(Undone::Refused(refusal @ Refusal::Closing)) => Err(crate::status::refused(&refusal)),
        Err(Undone::Refused(_) | Undone::NoSuchRun) => Ok(ExternalOutcome::NotFound),
        Err(Undone::Failed(status)) => Err(status),
    }
}

fn child_beginning(parent: &RunState, initiated_event_id: i64, child: &PendingChild) -> Option<StartRun> {
    let it = child.initiated.clone()?;
    let root = parent.root.clone().unwrap_or_else(|| crate::tasks::execution(parent));
    Some(StartRun {
        namespace: it.namespace,
        workflow_id: it.workflow_id,
        workflow_type: it.workflow_type.map(|kind| kind.name).unwrap_or_default(),
        task_queue: it.task_queue.map(|queue| queue.name).unwrap_or_default(),
        input: it.input,
        header: it.header,
        memo: it.memo,
        search_attributes: it.search_attributes,
        execution_timeout_ns: duration_to_nanos(it.workflow_execution_timeout.as_ref()),
        run_timeout_ns: duration_to_nanos(it.workflow_run_timeout.as_ref()),
        task_timeout_ns: duration_to_nanos(it.workflow_task_timeout.as_ref()),
        request_id: child.request_id.clone(),
        retry_policy: it.retry_policy,
        cron_schedule: it.cron_schedule,
        priority: it.priority,
        parent: Some(Parent {
            namespace: parent.namespace.clone(),
            workflow_id: parent.workflow_id.clone(),
            run_id: parent.run_id.clone(),
            initiated_event_id,
        }),
        root: Some(root),
        ..StartRun::default()
    })
}

pub(crate) fn close_outcome(attributes: Attributes) -> Option<CloseOutcome> {
    match attributes {
        Attributes::WorkflowExecutionCompletedEventAttributes(it) => Some(CloseOutcome::Completed(it.result)),
        Attributes::WorkflowExecutionFailedEventAttributes(it) => {
            Some(CloseOutcome::Failed { failure: it.failure.map(Box::new), retry_state: it.retry_state })
        }
        Attributes::WorkflowExecutionCanceledEventAttributes(it) => Some(CloseOutcome::Canceled(it.details)),
        Attributes::WorkflowExecutionTimedOutEventAttributes(it) => {
            Some(CloseOutcome::TimedOut { retry_state: it.retry_state })
        }
        Attributes::WorkflowExecutionTerminatedEventAttributes(_) => Some(CloseOutcome::Terminated),
        _ => None,
    }
}
