//! What a transition gives: the new state, the events to append, and what is to be done after both are
//! durable.

use crate::failure::Rejection;
use crate::proto::HistoryEvent;
use crate::state::{PendingChild, RunState};
use temporalio_protos::temporal::api::update::v1::Outcome;

/// One step of a run. State, events and successor are committed together, then the effects are done, then
/// the answer is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub state: RunState,
    /// In order, numbered from the event after the last one.
    pub events: Vec<HistoryEvent>,
    pub effects: Vec<Effect>,
    pub answer: Answer,
    /// The next run of the chain, when this one continues.
    pub successor: Option<Box<Successor>>,
}

/// The run that follows in a chain, or takes the workflow id; it is created in the commit that closes the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Successor {
    pub state: RunState,
    pub events: Vec<HistoryEvent>,
    pub effects: Vec<Effect>,
}

/// What is to be done outside after the commit. Every one is also to be found in the state, so that a
/// restart does it again ([`RunState::ready`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A workflow task is offered.
    WorkflowTaskReady {
        scheduled_event_id: i64,
        attempt: i32,
        queue: String,
        is_sticky: bool,
        /// 1 is taken before 2.
        priority_key: i32,
    },
    /// An attempt of an activity is offered.
    ActivityReady { scheduled_event_id: i64, attempt: i32, queue: String, priority_key: i32 },
    /// There is work on other runs: [`RunState::cross_run_work`].
    CrossRun,
    /// The run has closed.
    Closed,
    /// An update was accepted, or has the outcome that is given: rejected ones are not in the state any
    /// more.
    UpdateMoved { update_id: String, outcome: Option<Box<Outcome>> },
}

/// Work on another run. It is done at least once and its result comes back as an input; the request ids
/// make it happen once.
#[derive(Clone, Debug, PartialEq)]
pub enum CrossRunWork {
    StartChild { initiated_event_id: i64 },
    SignalExternal { initiated_event_id: i64 },
    CancelExternal { initiated_event_id: i64 },
    TellParent,
    CloseChild(Box<PendingChild>),
}

/// What the one who caused the transition is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answer {
    #[default]
    Nothing,
    WorkflowTaskStarted(Box<StartedWorkflowTask>),
    WorkflowTaskCompleted {
        /// Activities that were started for the worker at once, by scheduled event.
        eager_activities: Vec<i64>,
        /// A next workflow task, when the worker asked for it.
        next: Option<Box<StartedWorkflowTask>>,
        /// Why the completion was not taken; the task has failed.
        rejection: Option<Rejection>,
    },
    /// The run was terminated instead, because its history would be beyond a limit.
    TooLong(&'static str),
    /// The activity may go on, or is asked to stop.
    Heartbeat {
        cancel_requested: bool,
    },
}

/// A workflow task as it is handed to a worker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartedWorkflowTask {
    pub scheduled_event_id: i64,
    pub started_event_id: i64,
    pub attempt: i32,
    pub previous_started_event_id: i64,
    /// Handed out through the queue of the worker that has the run in its cache.
    pub is_sticky: bool,
    pub scheduled_ns: i64,
    pub started_ns: i64,
    /// Its scheduled and started events, while they are not in the history.
    pub transient_events: Vec<HistoryEvent>,
    /// Updates it carries, by id.
    pub update_ids: Vec<String>,
}

impl RunState {
    /// The tasks that are offered now.
    #[must_use]
    pub fn ready(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        effects.extend(self.workflow_task_ready());
        effects.extend(
            self.activities
                .iter()
                .filter(|(_, activity)| activity.is_offered())
                .map(|(scheduled, _)| self.activity_ready(*scheduled)),
        );
        effects
    }

    pub(crate) fn workflow_task_ready(&self) -> Option<Effect> {
        let task = self.workflow_task.as_ref().filter(|task| !task.is_started())?;
        Some(Effect::WorkflowTaskReady {
            scheduled_event_id: task.scheduled_event_id,
            attempt: task.attempt,
            queue: task.queue.clone(),
            is_sticky: task.is_sticky,
            priority_key: self.priority_key(),
        })
    }

    pub(crate) fn activity_ready(&self, scheduled_event_id: i64) -> Effect {
        let activity = self.activities.get(&scheduled_event_id);
        Effect::ActivityReady {
            scheduled_event_id,
            attempt: activity.map_or(0, |activity| activity.attempt),
            queue: activity.map_or("", |activity| activity.queue()).to_owned(),
            priority_key: activity.map_or(0, |activity| activity.priority_key()),
        }
    }

    /// The level of the run's priority key, 1 highest; 3 when it has none, the middle of Temporal's five.
    fn priority_key(&self) -> i32 {
        self.priority.as_ref().map(|priority| priority.priority_key).filter(|key| *key > 0).unwrap_or(3)
    }
}
