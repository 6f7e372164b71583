//! Schedules: rows beside the runs, with deadlines and work of their own. Their rules are those of
//! `engine-schedules`; here they are stored, woken, and their workflows started and watched.

mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine_schedules::{Input, Refusal, ScheduleState};
use engine_store::{Commit, CommitError, Expect, RunKey, RunWrite, STATUS_RUNNING, Summary};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::{Payload, SearchAttributes};
use temporalio_protos::temporal::api::schedule::v1::SchedulePatch;
use tokio::sync::{Mutex as ScheduleLock, OwnedMutexGuard};
use tonic::Status;

use crate::service::{Service, fresh_id};
use crate::status;
use crate::timers::AGAIN_NS;

/// Where the rows of schedules are, apart from the runs of the namespace.
pub(crate) const NAMESPACE: &str = "default/schedules";
/// What the ids of schedules begin with; no run's does.
const PREFIX: &str = "schedule:";
/// Locks kept although nobody holds them.
const LOCKS_BEFORE_SWEEP: usize = 1_000;

/// Whether an id is a schedule's, not a run's.
pub(crate) fn is_schedule(id: &str) -> bool {
    id.starts_with(PREFIX)
}

/// One lock for each schedule that somebody changes.
#[derive(Debug, Default)]
pub(crate) struct Schedules(Mutex<HashMap<String, Arc<ScheduleLock<()>>>>);

impl Schedules {
    async fn lock(&self, id: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if locks.len() > LOCKS_BEFORE_SWEEP {
                locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            }
            locks.entry(id.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}

/// Why there was no step.
#[derive(Clone, Debug)]
pub(crate) enum Unchanged {
    Refused(Refusal),
    NoSuchSchedule,
    Failed(Status),
}

impl Unchanged {
    pub(crate) fn into_status(self) -> Status {
        match self {
            Self::Refused(Refusal::ConflictToken) => Status::failed_precondition("mismatched conflict token"),
            Self::Refused(Refusal::Invalid(message)) => Status::invalid_argument(message),
            Self::Refused(refusal @ (Refusal::Repeated | Refusal::NothingDue)) => {
                Status::failed_precondition(refusal.to_string())
            }
            Self::NoSuchSchedule => status::not_found("schedule not found"),
            Self::Failed(status) => status,
        }
    }
}

impl Service {
    /// Creates a schedule, or answers with the one that the same request made.
    pub(crate) async fn create_schedule(
        self: &Arc<Self>,
        begin: ScheduleState,
        patch: Option<SchedulePatch>,
    ) -> Result<ScheduleState, Status> {
        let service = self.clone();
        let moving = self.quiet.begin();
        let step = self.work.spawn(async move {
            let _moving = moving;
            let begin = ScheduleState { id: format!("{PREFIX}{}", fresh_id()), ..begin };
            let state = engine_schedules::create(begin, patch.as_ref(), service.now_ns())
                .map_err(|refusal| Unchanged::Refused(refusal).into_status())?;
            match service.write_schedule(&state, Expect::New { current: None }).await {
                Ok(()) => {
                    service.publish_schedule(&state);
                    Ok(state)
                }
                Err(CommitError::Conflict { .. }) => service.repeated_schedule(&state).await,
                Err(error) => Err(status::uncommitted(&error)),
            }
        });
        step.await.unwrap_or_else(|_| Err(Status::internal("the schedule could not be made")))
    }

    async fn repeated_schedule(&self, wanted: &ScheduleState) -> Result<ScheduleState, Status> {
        let existing = self.schedule(&wanted.schedule_id).await?;
        if !wanted.create_request_id.is_empty() && existing.create_request_id == wanted.create_request_id {
            return Ok(existing);
        }
        Err(status::schedule_exists(&wanted.schedule_id))
    }

    /// The schedule of this name.
    pub(crate) async fn schedule(&self, schedule_id: &str) -> Result<ScheduleState, Status> {
        let current = self.current(NAMESPACE, schedule_id).await?;
        let Some(current) = current else { return Err(Unchanged::NoSuchSchedule.into_status()) };
        self.load_schedule(&current.run_id).await.map(|(state, _)| state).map_err(Unchanged::into_status)
    }

    pub(crate) async fn load_schedule(&self, id: &str) -> Result<(ScheduleState, i64), Unchanged> {
        let stored = self.store.load(id).await.map_err(|error| Unchanged::Failed(status::unread(&error)))?;
        let Some(stored) = stored.filter(|stored| stored.key.namespace == NAMESPACE) else {
            return Err(Unchanged::NoSuchSchedule);
        };
        let state = ScheduleState::decode(stored.state.as_slice()).map_err(|error| {
            tracing::error!(%error, id, "engine: a stored schedule can't be read");
            Unchanged::Failed(Status::data_loss("the schedule can't be read"))
        })?;
        Ok((state, stored.version))
    }

    /// Takes a schedule one step further. When this returns, it is durable.
    pub(crate) async fn schedule_step(
        self: &Arc<Self>,
        id: &str,
        input: Input,
    ) -> Result<ScheduleState, Unchanged> {
        let (service, id) = (self.clone(), id.to_owned());
        let moving = self.quiet.begin();
        let step = self.work.spawn(async move {
            let _moving = moving;
            let _turn = service.schedules.lock(&id).await;
            let (before, version) = service.load_schedule(&id).await?;
            let state =
                engine_schedules::apply(&before, input, service.now_ns()).map_err(Unchanged::Refused)?;
            let written = service.write_schedule(&state, Expect::Version(version)).await;
            written.map_err(|error| Unchanged::Failed(status::uncommitted(&error)))?;
            service.publish_schedule(&state);
            Ok(state)
        });
        // A panic in a step is a bug; it must not take the caller down.
        step.await.unwrap_or_else(|_| Err(Unchanged::Failed(Status::internal("the schedule's step failed"))))
    }

    /// Deletes a schedule; its workflows go on.
    pub(crate) async fn delete_schedule(self: &Arc<Self>, schedule_id: &str) -> Result<(), Status> {
        let id = self.schedule(schedule_id).await?.id;
        let service = self.clone();
        let step = self.work.spawn(async move {
            let _turn = service.schedules.lock(&id).await;
            service.store.delete(&id).await.map_err(|error| status::uncommitted(&error))?;
            service.timers.set(&id, None);
            Ok(())
        });
        step.await.unwrap_or_else(|_| Err(Status::internal("the schedule could not be deleted")))
    }

    async fn write_schedule(&self, state: &ScheduleState, expect: Expect) -> Result<(), CommitError> {
        let write = RunWrite {
            key: RunKey {
                namespace: NAMESPACE.to_owned(),
                workflow_id: state.schedule_id.clone(),
                run_id: state.id.clone(),
            },
            expect,
            state: state.encode_to_vec(),
            summary: summary(state),
            next_due: state.next_due(),
            has_tasks: state.has_tasks(),
            events: None,
        };
        self.store.commit(Commit { runs: vec![write] }).await
    }

    fn publish_schedule(self: &Arc<Self>, state: &ScheduleState) {
        self.timers.set(&state.id, state.next_due());
        if state.has_work() {
            self.work_for_schedule(&state.id);
        }
    }

    /// Lets a schedule act whose time has come.
    pub(crate) async fn pass_schedule_time(self: &Arc<Self>, id: &str) {
        match self.schedule_step(id, Input::Due).await {
            Ok(_) | Err(Unchanged::NoSuchSchedule) => {}
            Err(Unchanged::Refused(_)) => {
                // It was early, or changed meanwhile.
                if let Ok((state, _)) = self.load_schedule(id).await {
                    self.timers.set(id, state.next_due());
                }
            }
            Err(error) => {
                tracing::warn!(?error, id, "engine: a schedule could not act");
                self.timers.set(id, Some(self.now_ns() + AGAIN_NS));
            }
        }
    }
}

/// What lists show and filter.
fn summary(state: &ScheduleState) -> Summary {
    let start = state.start_workflow();
    let created_ns = state
        .info
        .as_ref()
        .and_then(|info| info.create_time.as_ref())
        .map_or(0, |at| engine_history::timestamp_to_nanos(Some(at)));
    Summary {
        workflow_type: start
            .and_then(|it| it.workflow_type.as_ref())
            .map_or_else(String::new, |it| it.name.clone()),
        task_queue: start
            .and_then(|it| it.task_queue.as_ref())
            .map_or_else(String::new, |it| it.name.clone()),
        status: STATUS_RUNNING,
        start_time: created_ns,
        execution_time: created_ns,
        memo: state.memo.as_ref().map(Message::encode_to_vec).unwrap_or_default(),
        search_attributes: listed_attributes(state).encode_to_vec(),
        start_request_id: state.create_request_id.clone(),
        first_run_id: state.id.clone(),
        ..Summary::default()
    }
}

/// The schedule's own search attributes and whether it is paused.
fn listed_attributes(state: &ScheduleState) -> SearchAttributes {
    let mut attributes = state.search_attributes.clone().unwrap_or_default();
    let is_paused =
        state.schedule.as_ref().and_then(|schedule| schedule.state.as_ref()).is_some_and(|it| it.paused);
    attributes
        .indexed_fields
        .insert("TemporalSchedulePaused".to_owned(), attribute("Bool", &is_paused.to_string()));
    attributes
}

/// A search attribute of a type, given as JSON.
pub(crate) fn attribute(kind: &str, json: &str) -> Payload {
    Payload {
        metadata: [
            ("encoding".to_owned(), b"json/plain".to_vec()),
            ("type".to_owned(), kind.as_bytes().to_vec()),
        ]
        .into(),
        data: json.as_bytes().to_vec(),
        ..Payload::default()
    }
}
