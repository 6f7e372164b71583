//! Runs and inputs for tests, in a line each.

use crate::effect::{Answer, Effect, StartedWorkflowTask, Transition};
use crate::input::{
    ActivityKey, CompleteWorkflowTask, Input, Poller, SignalInput, StartRun, WorkflowTaskKey,
};
use crate::limits::SECOND_NS;
use crate::proto::{ActivityType, Command, EventType, HistoryEvent, Payload, Payloads};
use crate::refusal::Refusal;
use crate::state::RunState;
use crate::{apply, start};
use temporalio_protos::temporal::api::command::v1::{
    CancelTimerCommandAttributes, CompleteWorkflowExecutionCommandAttributes,
    RequestCancelActivityTaskCommandAttributes, ScheduleActivityTaskCommandAttributes,
    StartTimerCommandAttributes, command::Attributes as C,
};
use temporalio_protos::temporal::api::enums::v1::CommandType;

/// A run with its whole history and a clock of seconds.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) state: RunState,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now_ns: i64,
}

impl Played {
    /// A run that has just begun at second 1,000.
    pub(crate) fn begun() -> Self {
        Self::begun_with(StartRun::default())
    }

    pub(crate) fn begun_with(begin: StartRun) -> Self {
        let now_ns = 1_000 * SECOND_NS;
        let begin = StartRun {
            namespace: "default".to_owned(),
            workflow_id: "workflow".to_owned(),
            run_id: "run".to_owned(),
            workflow_type: "Type".to_owned(),
            task_queue: "queue".to_owned(),
            request_id: "start".to_owned(),
            ..begin
        };
        let Transition { state, events, effects, .. } = start(begin, now_ns);
        Self { state, history: events, effects, now_ns }
    }

    /// A run whose first workflow task a worker holds.
    pub(crate) fn with_task() -> (Self, StartedWorkflowTask) {
        let mut run = Self::begun();
        let task = run.take_task();
        (run, task)
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now_ns += seconds * SECOND_NS;
    }

    pub(crate) fn apply(&mut self, input: Input) -> Result<Answer, Refusal> {
        let Transition { state, events, effects, answer, successor: _ } =
            apply(&self.state, input, self.now_ns)?;
        self.state = state;
        self.history.extend(events);
        self.effects = effects;
        Ok(answer)
    }

    pub(crate) fn due(&mut self) -> Result<Answer, Refusal> {
        self.apply(Input::Due { successor_run_id: "next".to_owned(), began_with: None })
    }

    pub(crate) fn take_task(&mut self) -> StartedWorkflowTask {
        let task = self.state.workflow_task.clone().unwrap();
        let input = Input::StartWorkflowTask {
            scheduled_event_id: task.scheduled_event_id,
            attempt: task.attempt,
            poller: Poller { identity: "worker".to_owned(), is_sticky: task.is_sticky, ..Poller::default() },
        };
        match self.apply(input).unwrap() {
            Answer::WorkflowTaskStarted(started) => *started,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn complete(
        &mut self,
        task: &StartedWorkflowTask,
        commands: Vec<Command>,
    ) -> Result<Answer, Refusal> {
        self.complete_as(CompleteWorkflowTask { commands, ..completion(task) })
    }

    pub(crate) fn complete_as(&mut self, completion: CompleteWorkflowTask) -> Result<Answer, Refusal> {
        self.apply(Input::CompleteWorkflowTask(Box::new(completion)))
    }

    pub(crate) fn signal(&mut self, name: &str) {
        let signal = SignalInput { name: name.to_owned(), ..SignalInput::default() };
        self.apply(Input::Signal(signal)).unwrap();
    }

    /// Starts the only activity that is offered; gives its key.
    pub(crate) fn take_activity(&mut self) -> ActivityKey {
        let (scheduled, activity) = self.state.activities.iter().find(|(_, it)| it.is_offered()).unwrap();
        let (scheduled_event_id, attempt) = (*scheduled, activity.attempt);
        let poller = Poller { identity: "worker".to_owned(), ..Poller::default() };
        self.apply(Input::StartActivity { scheduled_event_id, attempt, poller }).unwrap();
        ActivityKey::Attempt { scheduled_event_id, attempt, started_ns: self.now_ns }
    }

    /// The kinds of all events so far.
    pub(crate) fn kinds(&self) -> Vec<EventType> {
        self.history.iter().map(HistoryEvent::event_type).collect()
    }

    /// The kinds of the last events.
    pub(crate) fn last(&self, count: usize) -> Vec<EventType> {
        self.kinds().split_off(self.history.len() - count)
    }
}

pub(crate) fn completion(task: &StartedWorkflowTask) -> CompleteWorkflowTask {
    CompleteWorkflowTask {
        key: key(task),
        identity: "worker".to_owned(),
        successor_run_id: "next".to_owned(),
        ..CompleteWorkflowTask::default()
    }
}

pub(crate) fn key(task: &StartedWorkflowTask) -> WorkflowTaskKey {
    WorkflowTaskKey {
        scheduled_event_id: task.scheduled_event_id,
        started_event_id: task.started_event_id,
        attempt: task.attempt,
        started_ns: task.started_ns,
    }
}

fn command(kind: CommandType, attributes: C) -> Command {
    Command { command_type: kind as i32, attributes: Some(attributes), ..Command::default() }
}

pub(crate) fn seconds(seconds: i64) -> prost_wkt_types::Duration {
    prost_wkt_types::Duration { seconds, nanos: 0 }
}

pub(crate) fn schedule(activity_id: &str) -> Command {
    schedule_with(ScheduleActivityTaskCommandAttributes {
        activity_id: activity_id.to_owned(),
        start_to_close_timeout: Some(seconds(10)),
        ..ScheduleActivityTaskCommandAttributes::default()
    })
}

pub(crate) fn schedule_with(attributes: ScheduleActivityTaskCommandAttributes) -> Command {
    let attributes = ScheduleActivityTaskCommandAttributes {
        activity_type: Some(ActivityType { name: "Activity".to_owned() }),
        ..attributes
    };
    command(CommandType::ScheduleActivityTask, C::ScheduleActivityTaskCommandAttributes(attributes))
}

pub(crate) fn cancel_activity(scheduled_event_id: i64) -> Command {
    let attributes = RequestCancelActivityTaskCommandAttributes { scheduled_event_id };
    command(CommandType::RequestCancelActivityTask, C::RequestCancelActivityTaskCommandAttributes(attributes))
}

pub(crate) fn start_timer(timer_id: &str, after_s: i64) -> Command {
    let attributes = StartTimerCommandAttributes {
        timer_id: timer_id.to_owned(),
        start_to_fire_timeout: Some(seconds(after_s)),
    };
    command(CommandType::StartTimer, C::StartTimerCommandAttributes(attributes))
}

pub(crate) fn cancel_timer(timer_id: &str) -> Command {
    let attributes = CancelTimerCommandAttributes { timer_id: timer_id.to_owned() };
    command(CommandType::CancelTimer, C::CancelTimerCommandAttributes(attributes))
}

pub(crate) fn finish() -> Command {
    let attributes = CompleteWorkflowExecutionCommandAttributes::default();
    command(CommandType::CompleteWorkflowExecution, C::CompleteWorkflowExecutionCommandAttributes(attributes))
}

pub(crate) fn payloads(text: &str) -> Payloads {
    Payloads { payloads: vec![Payload { data: text.as_bytes().to_vec(), ..Payload::default() }] }
}
