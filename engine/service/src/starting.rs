//! Starting a run where the workflow id may already have one: id policies and repeated requests.

use std::sync::Arc;

use engine_history::{Input, RunState, StartRun};
use engine_store::{CommitError, CurrentRun, STATUS_RUNNING};
use temporalio_protos::temporal::api::common::v1::{Payload, Payloads};
use temporalio_protos::temporal::api::enums::v1::{
    WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
};
use tonic::Status;

use crate::runs::Undone;
use crate::service::{Service, fresh_id};
use crate::status;

/// Attempts at a workflow id that others change at the same time.
const TRIES_MAX: usize = 10;
/// Why a run is ended for another, as Temporal puts it.
const REPLACED: &str = "TerminateIfRunning WorkflowIdReusePolicy";
const ENGINE_IDENTITY: &str = "history-service";

/// What to do about other runs of the same workflow id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdPolicies {
    /// About a closed one.
    pub(crate) reuse: WorkflowIdReusePolicy,
    /// About an open one.
    pub(crate) conflict: WorkflowIdConflictPolicy,
}

/// The run that answers a start.
#[derive(Clone, Debug)]
pub(crate) struct Started {
    pub(crate) run_id: String,
    pub(crate) first_run_id: String,
    pub(crate) status: i32,
    /// Made by this very request, now or when it came before.
    pub(crate) is_new: bool,
}

impl IdPolicies {
    /// Reads the policies of a request. One that there is not counts as not given.
    pub(crate) fn read(
        reuse: i32,
        conflict: i32,
        unset_conflict: WorkflowIdConflictPolicy,
    ) -> Result<Self, Status> {
        let reuse = match WorkflowIdReusePolicy::try_from(reuse).unwrap_or_default() {
            WorkflowIdReusePolicy::Unspecified => WorkflowIdReusePolicy::AllowDuplicate,
            reuse => reuse,
        };
        let conflict = WorkflowIdConflictPolicy::try_from(conflict).unwrap_or_default();
        #[expect(deprecated, reason = "older clients still ask for it")]
        let terminates = reuse == WorkflowIdReusePolicy::TerminateIfRunning;
        match (terminates, conflict) {
            (true, WorkflowIdConflictPolicy::Unspecified) => Ok(Self {
                reuse: WorkflowIdReusePolicy::AllowDuplicate,
                conflict: WorkflowIdConflictPolicy::TerminateExisting,
            }),
            (true, _) => Err(Status::invalid_argument(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIdConflictPolicy.",
            )),
            (false, WorkflowIdConflictPolicy::TerminateExisting)
                if reuse == WorkflowIdReusePolicy::RejectDuplicate =>
            {
                Err(Status::invalid_argument(
                    "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING.",
                ))
            }
            (false, WorkflowIdConflictPolicy::Unspecified) => Ok(Self { reuse, conflict: unset_conflict }),
            (false, conflict) => Ok(Self { reuse, conflict }),
        }
    }
}

impl Service {
    /// Starts a run, or answers with the one that the policies allow instead. Its id is a fresh one unless
    /// `begin` has one.
    pub(crate) async fn start_by_policy(
        self: &Arc<Self>,
        begin: StartRun,
        policies: IdPolicies,
    ) -> Result<Started, Status> {
        // Most ids are new: the commit itself finds out.
        let mut replaced = None;
        let run_id = if begin.run_id.is_empty() { fresh_id() } else { begin.run_id };
        let begin = StartRun { run_id, ..begin };
        for _ in 0..TRIES_MAX {
            match self.create(begin.clone(), replaced).await {
                Ok(state) => return Ok(Started::of(&state)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(status::uncommitted(&error)),
            }
            let current = self.current(&begin.namespace, &begin.workflow_id).await?;
            if let Some(current) = &current
                && let Some(answer) = self.answer_with_current(current, &begin, policies).await?
            {
                return Ok(answer);
            }
            replaced = current.map(|current| current.run_id);
        }
        Err(Status::unavailable("the workflow id is changed by others all the time"))
    }

    /// The current run of a workflow id.
    pub(crate) async fn current(
        &self,
        namespace: &str,
        workflow_id: &str,
    ) -> Result<Option<CurrentRun>, Status> {
        self.store.current(namespace, workflow_id).await.map_err(|error| status::unread(&error))
    }

    /// The answer that an existing run gives to a start; `None` when a new one is to be made.
    async fn answer_with_current(
        self: &Arc<Self>,
        current: &CurrentRun,
        begin: &StartRun,
        policies: IdPolicies,
    ) -> Result<Option<Started>, Status> {
        if self.is_repeated(current, &begin.request_id).await? {
            return Ok(Some(Started { is_new: true, ..Started::existing(current) }));
        }
        if current.status != STATUS_RUNNING {
            return check_reuse(current, &begin.workflow_id, policies.reuse).map(|()| None);
        }
        match policies.conflict {
            WorkflowIdConflictPolicy::UseExisting => Ok(Some(Started::existing(current))),
            WorkflowIdConflictPolicy::TerminateExisting => self.replace(&current.run_id, begin).await,
            WorkflowIdConflictPolicy::Fail | WorkflowIdConflictPolicy::Unspecified => {
                Err(status::already_started(
                    current,
                    &format!(
                        "Workflow execution is already running. WorkflowId: {}, RunId: {}.",
                        begin.workflow_id, current.run_id
                    ),
                ))
            }
        }
    }

    /// Whether the same request made this run, or was answered with it.
    async fn is_repeated(self: &Arc<Self>, current: &CurrentRun, request_id: &str) -> Result<bool, Status> {
        if current.start_request_id == request_id {
            return Ok(true);
        }
        if current.status != STATUS_RUNNING {
            return Ok(false);
        }
        let state = self.state_or_status(&current.run_id).await?;
        Ok(state.start_links.iter().any(|link| link.request_id == request_id))
    }

    /// Ends a run and begins another in its place, in one commit; `None` when it closed by itself just now.
    async fn replace(self: &Arc<Self>, run_id: &str, begin: &StartRun) -> Result<Option<Started>, Status> {
        let input = Input::Replace {
            reason: REPLACED.to_owned(),
            details: Some(json_text(&format!("terminated by new runID: {}", begin.run_id))),
            identity: ENGINE_IDENTITY.to_owned(),
            by: Box::new(begin.clone()),
        };
        match self.transition(run_id, input).await {
            Ok(_) => Ok(Some(Started {
                run_id: begin.run_id.clone(),
                first_run_id: begin.run_id.clone(),
                status: STATUS_RUNNING,
                is_new: true,
            })),
            Err(Undone::Refused(_)) => Ok(None),
            Err(undone) => Err(undone.into_status(run_id)),
        }
    }
}

/// Whether the id of a closed run may be used again.
fn check_reuse(current: &CurrentRun, workflow_id: &str, reuse: WorkflowIdReusePolicy) -> Result<(), Status> {
    let run_id = &current.run_id;
    let status = WorkflowExecutionStatus::try_from(current.status).unwrap_or_default();
    let has_failed = matches!(
        status,
        WorkflowExecutionStatus::Failed
            | WorkflowExecutionStatus::Canceled
            | WorkflowExecutionStatus::Terminated
            | WorkflowExecutionStatus::TimedOut
    );
    let message = match reuse {
        WorkflowIdReusePolicy::RejectDuplicate => {
            format!(
                "Workflow execution already finished. WorkflowId: {workflow_id}, RunId: {run_id}. Workflow Id reuse policy: reject duplicate workflow Id."
            )
        }
        WorkflowIdReusePolicy::AllowDuplicateFailedOnly if !has_failed => {
            format!(
                "Workflow execution already finished successfully. WorkflowId: {workflow_id}, RunId: {run_id}. Workflow Id reuse policy: allow duplicate workflow Id if last run failed."
            )
        }
        _ => return Ok(()),
    };
    Err(status::already_started(current, &message))
}

/// A text as the payload that SDKs read as a text. It holds nothing that JSON would escape.
fn json_text(text: &str) -> Payloads {
    let payload = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: format!("\"{text}\"").into_bytes(),
        ..Payload::default()
    };
    Payloads { payloads: vec![payload] }
}

impl Started {
    fn of(state: &RunState) -> Self {
        Self {
            run_id: state.run_id.clone(),
            first_run_id: state.first_run_id.clone(),
            status: state.status,
            is_new: true,
        }
    }

    fn existing(current: &CurrentRun) -> Self {
        Self {
            run_id: current.run_id.clone(),
            first_run_id: current.first_run_id.clone(),
            status: current.status,
            is_new: false,
        }
    }
}
