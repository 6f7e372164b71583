//! The runs in memory, and the one way to change them: input, transition, commit, then its effects.
//!
//! A run's transitions are serial: its lock is held across the commit. Commits of different runs share
//! their fsync in the store. A transition runs in a task of its own, so that a caller that goes away
//! leaves nothing half done.
//!
//! One transition waits for the next one's commit: a worker of this process takes a workflow task (see
//! `taken`).

mod cache;
mod tail;
mod taken;

use std::sync::Arc;

use engine_history::{Answer, Effect, Input, Refusal, RunState, StartRun, Successor, Transition};
use engine_store::{Commit, CommitError, Expect, StoredRun};
use prost::Message;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use tonic::Status;

pub(crate) use cache::{Cell, Follower, Progress, Runs};
pub(crate) use tail::Tail;

use crate::service::Service;
use crate::stored::stored_run;
use crate::{schedules, status};

/// A run as it is held in memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) state: Arc<RunState>,
    pub(crate) version: i64,
    pub(crate) tail: Tail,
    /// Events of `state` that are still to be stored.
    unwritten: Vec<Arc<HistoryEvent>>,
}

impl Loaded {
    fn unwritten(&self) -> impl Iterator<Item = &HistoryEvent> {
        self.unwritten.iter().map(Arc::as_ref)
    }
}

/// What a transition led to.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) state: Arc<RunState>,
    pub(crate) answer: Answer,
}

/// Why there was no transition.
#[derive(Clone, Debug)]
pub(crate) enum Undone {
    /// The run refused.
    Refused(Refusal),
    /// There is no such run.
    NoSuchRun,
    /// It could not be read or committed, or the engine stops.
    Failed(Status),
}

impl Undone {
    pub(crate) fn into_status(self, run_id: &str) -> Status {
        match self {
            Self::Refused(refusal) => status::refused(&refusal),
            Self::NoSuchRun => status::no_such_run(run_id),
            Self::Failed(status) => status,
        }
    }
}

impl Service {
    /// Takes a run one step further. When this returns, it is durable.
    pub(crate) async fn transition(self: &Arc<Self>, run_id: &str, input: Input) -> Result<Done, Undone> {
        let (service, run_id) = (self.clone(), Arc::<str>::from(run_id));
        let moving = self.quiet.begin();
        let step = self.work.spawn(async move {
            let _moving = moving;
            service.step(&run_id, input).await
        });
        // A panic in a transition is a bug; it must not take the caller down.
        step.await.unwrap_or_else(|_| Err(Undone::Failed(Status::internal("the transition failed"))))
    }

    async fn step(self: &Arc<Self>, run_id: &Arc<str>, input: Input) -> Result<Done, Undone> {
        let cell = self.runs.cell(run_id);
        let mut slot = cell.lock().await;
        let input = self.with_beginning(&mut slot, run_id, input).await?;
        let run = self.loaded(&mut slot, run_id).await?;
        let now_ns = self.now_ns();
        let may_wait = taken::may_wait(&input, self.runs.ahead()) && !cell.is_followed();
        let forgets = input.forgets_when_refused();
        let transition = engine_history::apply(&run.state, input, now_ns).map_err(|refusal| {
            if forgets && refusal != Refusal::Repeated && run.state.close_attempted {
                Arc::make_mut(&mut run.state).close_attempted = false;
            }
            Undone::Refused(refusal)
        })?;
        if may_wait && taken::only_takes_a_task(&transition) {
            return Ok(self.take_unwritten(&cell, run, transition));
        }
        let Transition { state, events, effects, answer, successor } = transition;
        let state = Arc::new(state);
        let mut writes =
            vec![stored_run(&state, run.unwritten().chain(&events), Expect::Version(run.version))];
        if let Some(next) = &successor {
            let current = Some(state.run_id.clone());
            writes.push(stored_run(&next.state, &next.events, Expect::New { current }));
        }
        if let Err(error) = self.store.commit(Commit { runs: writes }).await {
            self.unlearn(&cell, &mut slot, run_id);
            return Err(Undone::Failed(status::uncommitted(&error)));
        }
        run.unwritten.clear();
        self.runs.set_ahead(&cell, false);
        run.version += 1;
        run.state = state.clone();
        run.tail.extend(events.into_iter().map(Arc::new));
        self.publish(&cell, &state, effects);
        drop(slot);
        if let Some(next) = successor {
            self.adopt(*next).await;
        }
        match answer {
            Answer::TooLong(reason) => Err(Undone::Refused(Refusal::InvalidArgument(reason.to_owned()))),
            answer => Ok(Done { state, answer }),
        }
    }

    /// Creates a run. `current` is the run that the new one replaces.
    pub(crate) async fn create(
        self: &Arc<Self>,
        begin: StartRun,
        current: Option<String>,
    ) -> Result<Arc<RunState>, CommitError> {
        let service = self.clone();
        let moving = self.quiet.begin();
        let step = self.work.spawn(async move {
            let _moving = moving;
            let Transition { state, events, effects, .. } = engine_history::start(begin, service.now_ns());
            let runs = vec![stored_run(&state, &events, Expect::New { current })];
            service.store.commit(Commit { runs }).await?;
            Ok(service.adopt(Successor { state, events, effects }).await)
        });
        match step.await {
            Ok(created) => created,
            Err(_) => Err(CommitError::Invalid { reason: "the run could not be made".to_owned() }),
        }
    }

    /// Takes a run that was just created into memory.
    async fn adopt(self: &Arc<Self>, run: Successor) -> Arc<RunState> {
        let Successor { state, events, effects } = run;
        let state = Arc::new(state);
        let cell = self.runs.cell(&Arc::from(state.run_id.as_str()));
        let mut slot = cell.lock().await;
        // Between the commit and this somebody may have found the run and even taken it further; the tasks
        // that it began with are still to be offered.
        let run = slot.get_or_insert_with(|| Loaded {
            state: state.clone(),
            version: 1,
            tail: Tail::whole(events),
            unwritten: Vec::new(),
        });
        self.publish(&cell, &run.state, effects);
        state
    }

    /// The run's state as it is now.
    pub(crate) async fn state(&self, run_id: &str) -> Result<Arc<RunState>, Undone> {
        let run_id = Arc::from(run_id);
        let cell = self.runs.cell(&run_id);
        let mut slot = cell.lock().await;
        Ok(self.loaded(&mut slot, &run_id).await?.state.clone())
    }

    /// The run, from the store if it is not in memory.
    pub(crate) async fn loaded<'a>(
        &self,
        slot: &'a mut Option<Loaded>,
        run_id: &Arc<str>,
    ) -> Result<&'a mut Loaded, Undone> {
        if slot.is_none() {
            let stored =
                self.store.load(run_id).await.map_err(|error| Undone::Failed(status::unread(&error)))?;
            *slot = Some(decode(stored.ok_or(Undone::NoSuchRun)?)?);
        }
        // It was filled just above.
        slot.as_mut().ok_or(Undone::NoSuchRun)
    }

    /// Completes an input with what the run began with, if it may be followed by a retry.
    async fn with_beginning(
        &self,
        slot: &mut Option<Loaded>,
        run_id: &Arc<str>,
        mut input: Input,
    ) -> Result<Input, Undone> {
        let began_with = match &mut input {
            Input::CompleteWorkflowTask(completion) => &mut completion.began_with,
            Input::Due { began_with, .. } => began_with,
            _ => return Ok(input),
        };
        let run = self.loaded(slot, run_id).await?;
        if run.state.retry_policy.is_some() {
            *began_with = self.beginning(run).await.map_err(Undone::Failed)?.map(Box::new);
        }
        Ok(input)
    }

    /// Lets everybody know of a commit: queues, timers, those who wait for events, other runs.
    fn publish(self: &Arc<Self>, cell: &Cell, state: &Arc<RunState>, effects: Vec<Effect>) {
        self.quiet.note(state);
        self.timers.set(&state.run_id, state.next_due());
        for effect in effects {
            match effect {
                Effect::WorkflowTaskReady { .. } | Effect::ActivityReady { .. } => {
                    self.offer(&state.run_id, effect);
                }
                Effect::CrossRun => self.carry_out_cross_run(&state.run_id),
                Effect::UpdateMoved { update_id, outcome } => {
                    self.updates.moved(&state.run_id, &update_id, outcome);
                }
                Effect::Closed => {
                    self.updates.closed(state);
                    self.tell_schedule(state);
                }
            }
        }
        cell.announce(Progress { last_event_id: state.last_event_id, is_open: state.is_open() });
        self.counters.count_transition();
    }
}

fn decode(stored: StoredRun) -> Result<Loaded, Undone> {
    if stored.key.namespace == schedules::NAMESPACE {
        // No run, whatever a token says.
        return Err(Undone::NoSuchRun);
    }
    let state = RunState::decode(stored.state.as_slice()).map_err(|error| {
        tracing::error!(%error, run_id = %stored.key.run_id, "engine: a stored state can't be read");
        Undone::Failed(Status::data_loss("the run's state can't be read"))
    })?;
    let tail = Tail::after(state.last_event_id);
    Ok(Loaded { state: Arc::new(state), version: stored.version, tail, unwritten: Vec::new() })
}

impl Service {
    /// Deletes a run with its history.
    pub(crate) async fn forget(self: &Arc<Self>, run_id: &str) -> Result<(), CommitError> {
        let (service, run_id) = (self.clone(), Arc::<str>::from(run_id));
        let moving = self.quiet.begin();
        let step = self.work.spawn(async move {
            let _moving = moving;
            let cell = service.runs.cell(&run_id);
            let mut slot = cell.lock().await;
            service.store.delete(&run_id).await?;
            let last_event_id = slot.as_ref().map_or(0, |run| run.state.last_event_id);
            *slot = None;
            service.runs.set_ahead(&cell, false);
            service.timers.set(&run_id, None);
            cell.announce(Progress { last_event_id, is_open: false });
            Ok(())
        });
        step.await.unwrap_or_else(|_| Err(CommitError::Invalid { reason: "the deletion failed".to_owned() }))
    }
}
