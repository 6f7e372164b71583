//! Random legal inputs: whatever happens to a run, its history and state stay sound.

use std::collections::HashSet;

use proptest::prelude::*;
use prost::Message;

use crate::effect::{Answer, StartedWorkflowTask};
use crate::input::{ActivityKey, CompleteWorkflowTask, Input};
use crate::proto::{Attributes, Command, Failure, HistoryEvent, WorkflowTaskFailedCause};
use crate::refusal::Refusal;
use crate::state::RunState;
use crate::testing::{Played, cancel_activity, cancel_timer, completion, finish, key, schedule, start_timer};

/// One thing that a worker, a client or the clock may do.
#[derive(Clone, Debug)]
enum Step {
    TakeTask,
    CompleteTask { commands: Vec<Wish>, sticky: bool, return_new: bool },
    FailTask,
    TakeActivity(usize),
    EndActivity { index: usize, how: End },
    Signal,
    RequestCancel,
    Pass(i64),
    Restart,
    Terminate,
    CloseByCommand,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Complete,
    Fail,
    Cancel,
    Heartbeat,
    Late,
}

/// A command before it is known what there is to name.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Activity(u8),
    Timer(u8, i64),
    CancelTimer(u8),
    CancelActivity(usize),
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        (0..6_u8).prop_map(Wish::Activity),
        (0..4_u8, 0..20_i64).prop_map(|(id, after)| Wish::Timer(id, after)),
        (0..4_u8).prop_map(Wish::CancelTimer),
        (0..4_usize).prop_map(Wish::CancelActivity),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![
        3 => Just(End::Complete),
        3 => Just(End::Fail),
        1 => Just(End::Cancel),
        1 => Just(End::Heartbeat),
        1 => Just(End::Late)
    ];
    prop_oneof![
        6 => Just(Step::TakeTask),
        6 => (prop::collection::vec(wish(), 0..4), any::<bool>(), any::<bool>())
            .prop_map(|(commands, sticky, return_new)| Step::CompleteTask { commands, sticky, return_new }),
        1 => Just(Step::FailTask),
        4 => (0..4_usize).prop_map(Step::TakeActivity),
        4 => (0..4_usize, end).prop_map(|(index, how)| Step::EndActivity { index, how }),
        3 => Just(Step::Signal),
        1 => Just(Step::RequestCancel),
        4 => (0..15_i64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
        1 => Just(Step::CloseByCommand),
    ]
}

/// A run with what its workers hold.
struct World {
    run: Played,
    task: Option<StartedWorkflowTask>,
    activities: Vec<ActivityKey>,
}

impl World {
    fn new() -> Self {
        Self { run: Played::begun(), task: None, activities: Vec::new() }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::TakeTask => {
                if self.run.state.workflow_task.as_ref().is_some_and(|task| !task.is_started()) {
                    self.task = Some(self.run.take_task());
                }
            }
            Step::CompleteTask { commands, sticky, return_new } => {
                let commands = commands.iter().filter_map(|wish| self.command(*wish)).collect();
                self.complete(commands, *sticky, *return_new);
            }
            Step::CloseByCommand => self.complete(vec![finish()], false, false),
            Step::FailTask => {
                if let Some(task) = self.task.take() {
                    let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
                    let key = key(&task);
                    self.try_apply(Input::FailWorkflowTask {
                        key,
                        cause,
                        failure: None,
                        identity: String::new(),
                    });
                }
            }
            Step::TakeActivity(index) => {
                let offered: Vec<i64> = self
                    .run
                    .state
                    .activities
                    .iter()
                    .filter(|(_, it)| it.is_offered())
                    .map(|(id, _)| *id)
                    .collect();
                if let Some(scheduled_event_id) = offered.get(*index).copied() {
                    let attempt = self.run.state.activities[&scheduled_event_id].attempt;
                    self.try_apply(Input::StartActivity {
                        scheduled_event_id,
                        attempt,
                        poller: Default::default(),
                    });
                    let started_ns = self.run.now_ns;
                    self.activities.push(ActivityKey::Attempt { scheduled_event_id, attempt, started_ns });
                }
            }
            Step::EndActivity { index, how } => self.end_activity(*index, *how),
            Step::Signal => self.try_apply(Input::Signal(Default::default())),
            Step::RequestCancel => self.try_apply(Input::RequestCancel {
                reason: String::new(),
                identity: String::new(),
                request_id: String::new(),
                sender: None,
                sender_initiated_event_id: 0,
                child_only: false,
            }),
            Step::Pass(seconds) => {
                self.run.pass(*seconds);
                self.try_apply(Input::Due { successor_run_id: "next".to_owned(), began_with: None });
            }
            Step::Restart => self.try_apply(Input::ProcessDied { alive: "new".to_owned() }),
            Step::Terminate => {
                self.try_apply(Input::Terminate {
                    reason: String::new(),
                    details: None,
                    identity: String::new(),
                });
            }
        }
    }

    fn command(&self, wish: Wish) -> Option<Command> {
        let state = &self.run.state;
        match wish {
            Wish::Activity(id) => {
                let id = id.to_string();
                state.activity_by_id(&id).is_none().then(|| schedule(&id))
            }
            Wish::Timer(id, after) => {
                let id = id.to_string();
                (!state.timers.contains_key(&id)).then(|| start_timer(&id, after))
            }
            Wish::CancelTimer(id) => {
                let id = id.to_string();
                state.timers.contains_key(&id).then(|| cancel_timer(&id))
            }
            Wish::CancelActivity(index) => {
                let open = state.activities.iter().filter(|(_, activity)| !activity.cancel_requested);
                open.map(|(scheduled, _)| *scheduled).nth(index).map(cancel_activity)
            }
        }
    }

    fn complete(&mut self, commands: Vec<Command>, sticky: bool, return_new: bool) {
        let Some(task) = self.task.take() else { return };
        let completion = CompleteWorkflowTask {
            commands,
            sticky: sticky.then(|| ("cache".to_owned(), 5_000_000_000)),
            return_new,
            ..completion(&task)
        };
        if let Ok(Answer::WorkflowTaskCompleted { next, .. }) = self.run.complete_as(completion) {
            self.task = next.map(|next| *next);
        }
    }

    fn end_activity(&mut self, index: usize, how: End) {
        if self.activities.is_empty() {
            return;
        }
        let key = self.activities[index % self.activities.len()].clone();
        let identity = String::new();
        let input = match how {
            End::Complete | End::Late => Input::CompleteActivity { key: key.clone(), result: None, identity },
            End::Fail => Input::FailActivity {
                key: key.clone(),
                failure: Some(Failure::default()),
                identity,
                heartbeat_details: None,
            },
            End::Cancel => Input::CancelActivity { key: key.clone(), details: None, identity },
            End::Heartbeat => Input::HeartbeatActivity { key: key.clone(), details: None },
        };
        self.try_apply(input);
    }

    /// Applies an input that the run may refuse; a refusal changes nothing.
    fn try_apply(&mut self, input: Input) {
        let before = self.run.state.clone();
        let refusal: Option<Refusal> = self.run.apply(input).err();
        if refusal.is_some() {
            assert_eq!(self.run.state, before);
        }
    }
}

/// What must be true of every run at any time.
fn check(run: &Played) {
    let state = &run.state;
    for (index, event) in run.history.iter().enumerate() {
        assert_eq!(event.event_id, index as i64 + 1, "event ids are dense");
        let kind = event.attributes.as_ref().map(Attributes::event_type);
        assert_eq!(Some(event.event_type()), kind);
    }
    assert_eq!(state.last_event_id, run.history.len() as i64);
    assert_eq!(state.history_bytes, run.history.iter().map(|event| event.encoded_len() as i64).sum::<i64>());
    check_workflow_tasks(state, &run.history);
    check_fold(state, &run.history);
    let encoded = RunState::decode(state.encode_to_vec().as_slice()).unwrap();
    assert_eq!(&encoded, state, "a state survives being stored");
    if !state.is_open() {
        assert!(state.next_due().is_none() && state.ready().is_empty() && state.buffered.is_empty());
    }
    if !state.workflow_task_runs() {
        assert!(state.buffered.is_empty(), "events wait only while a task runs");
    }
}

/// At most one workflow task is open, and the state knows which.
fn check_workflow_tasks(state: &RunState, history: &[HistoryEvent]) {
    let mut open: Option<i64> = None;
    for event in history {
        match &event.attributes {
            Some(Attributes::WorkflowTaskScheduledEventAttributes(_)) => {
                // One that was only offered may vanish when events turn it into a new one; it was not written.
                assert!(open.is_none(), "two workflow tasks at once");
                open = Some(event.event_id);
            }
            Some(Attributes::WorkflowTaskStartedEventAttributes(it)) => {
                assert_eq!(Some(it.scheduled_event_id), open)
            }
            Some(Attributes::WorkflowTaskCompletedEventAttributes(it)) => {
                assert_eq!(Some(it.scheduled_event_id), open.take());
            }
            Some(Attributes::WorkflowTaskFailedEventAttributes(it)) => {
                assert_eq!(Some(it.scheduled_event_id), open.take());
            }
            Some(Attributes::WorkflowTaskTimedOutEventAttributes(it)) => {
                assert_eq!(Some(it.scheduled_event_id), open.take());
            }
            _ => {}
        }
    }
    let written = state.workflow_task.as_ref().filter(|task| task.is_written);
    if state.is_open() {
        assert_eq!(written.map(|task| task.scheduled_event_id), open);
    }
}

/// What is pending is what the history says: a state is a fold of its history.
fn check_fold(state: &RunState, history: &[HistoryEvent]) {
    let mut activities = HashSet::new();
    let mut timers = HashSet::new();
    for event in history.iter().chain(&state.buffered) {
        match event.attributes.as_ref().unwrap() {
            Attributes::ActivityTaskScheduledEventAttributes(_) => {
                activities.insert(event.event_id);
            }
            Attributes::ActivityTaskCompletedEventAttributes(it) => {
                assert!(activities.remove(&it.scheduled_event_id))
            }
            Attributes::ActivityTaskFailedEventAttributes(it) => {
                assert!(activities.remove(&it.scheduled_event_id))
            }
            Attributes::ActivityTaskTimedOutEventAttributes(it) => {
                assert!(activities.remove(&it.scheduled_event_id))
            }
            Attributes::ActivityTaskCanceledEventAttributes(it) => {
                assert!(activities.remove(&it.scheduled_event_id))
            }
            Attributes::TimerStartedEventAttributes(_) => {
                timers.insert(event.event_id);
            }
            Attributes::TimerFiredEventAttributes(it) => assert!(timers.remove(&it.started_event_id)),
            Attributes::TimerCanceledEventAttributes(it) => assert!(timers.remove(&it.started_event_id)),
            _ => {}
        }
    }
    if state.is_open() {
        assert_eq!(state.activities.keys().copied().collect::<HashSet<_>>(), activities);
        assert_eq!(state.timers.values().map(|timer| timer.started_event_id).collect::<HashSet<_>>(), timers);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_run_stays_sound_whatever_happens(steps in prop::collection::vec(step(), 1..80), ends in any::<bool>()) {
        let mut world = World::new();
        check(&world.run);
        for step in &steps {
            world.step(step);
            check(&world.run);
        }
        if ends {
            world.step(&Step::Terminate);
            check(&world.run);
            prop_assert!(!world.run.state.is_open());
        }
    }

    #[test]
    fn bytes_that_are_no_state_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(state) = RunState::decode(bytes.as_slice()) {
            // Whatever was read is used without a panic.
            let _ = (state.next_due(), state.ready(), state.has_tasks());
            let _ = crate::apply(&state, Input::Due { successor_run_id: String::new(), began_with: None }, 0);
        }
    }
}
