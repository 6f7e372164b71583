//! Clients, workers, and what they know. They outlive the engine's process, and so does what they hold.

use std::collections::BTreeMap;

use prost::Message;
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::update::v1::outcome;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::Code;

use super::chance::Chance;
use super::facts::{Facts, Said, note};
use super::request::{Heard, Request, Unheard};

/// Answers that somebody may send again, much later.
const KEPT_MAX: usize = 20;

/// A run that clients know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) workflow_id: String,
    pub(crate) run_id: String,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) facts: Facts,
    pub(crate) known: Vec<Known>,
    /// Tasks that workers hold, perhaps from a life before.
    pub(crate) tasks: Vec<PollWorkflowTaskQueueResponse>,
    pub(crate) activities: Vec<PollActivityTaskQueueResponse>,
    /// Requests whose senders insist on an answer.
    pub(crate) again: Vec<Request>,
    /// Answers of workers that were given, to be given once more.
    pub(crate) given: Vec<Request>,
    /// By run: timers that were started, and scheduled events of activities.
    pub(crate) timers: BTreeMap<String, Vec<String>>,
    pub(crate) scheduled: BTreeMap<String, Vec<i64>>,
    named: usize,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::new(seed),
            facts: Facts::default(),
            known: Vec::new(),
            tasks: Vec::new(),
            activities: Vec::new(),
            again: Vec::new(),
            given: Vec::new(),
            timers: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            named: 0,
        }
    }

    /// A name that is used for nothing else.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{what}-{}", self.named)
    }

    /// Takes an answer, or its absence. `Err`: the engine contradicts itself.
    pub(crate) fn hear(&mut self, request: Request, heard: &Heard) -> Result<(), String> {
        self.ask_about(&request);
        match heard {
            Ok(answer) => self.learn(request, answer),
            Err(Unheard::Lost) => {
                if request.is_insisted_on() {
                    self.again.push(request);
                }
                Ok(())
            }
            Err(Unheard::Refused(status)) => match status.code() {
                Code::Unavailable | Code::ResourceExhausted | Code::Aborted => {
                    if request.is_insisted_on() {
                        self.again.push(request);
                    }
                    Ok(())
                }
                Code::NotFound | Code::AlreadyExists | Code::InvalidArgument | Code::FailedPrecondition => {
                    Ok(())
                }
                _ => Err(format!("{request:?} was answered with {status:?}")),
            },
        }
    }

    /// Notes that something was asked for.
    fn ask_about(&mut self, request: &Request) {
        let run_of = |execution: &Option<_>| {
            execution.as_ref().map_or_else(String::new, |it: &WorkflowExecution| it.run_id.clone())
        };
        let facts = &mut self.facts;
        match request {
            Request::Start(it) => {
                facts.asked.insert(it.workflow_id.clone());
            }
            Request::SignalWithStart(it) => {
                facts.asked.insert(it.workflow_id.clone());
                note(&mut facts.signals, it.signal_name.clone(), "", Said::Asked);
            }
            Request::Signal(it) => {
                let run_id = run_of(&it.workflow_execution);
                note(&mut facts.signals, it.signal_name.clone(), &run_id, Said::Asked);
            }
            Request::CompleteTask { run_id, mark, .. } => {
                note(&mut facts.marks, mark.clone(), run_id, Said::Asked);
            }
            Request::CompleteActivity { run_id, activity_id, result, .. } => {
                let results = facts.results.entry((run_id.clone(), activity_id.clone())).or_default();
                results.entry(result.clone()).or_insert(Said::Asked);
            }
            Request::Cancel(_)
            | Request::Terminate(_)
            | Request::Update(_)
            | Request::ReadHistory(_)
            | Request::PollWorkflowTask(_)
            | Request::PollActivity(_)
            | Request::FailTask(_)
            | Request::FailActivity(_)
            | Request::CancelActivity(_)
            | Request::Heartbeat(_) => {}
        }
    }

    fn learn(&mut self, request: Request, answer: &[u8]) -> Result<(), String> {
        match request {
            Request::Start(it) => {
                let run_id = read::<StartWorkflowExecutionResponse>(answer)?.run_id;
                self.learn_start(it.workflow_id, run_id)?;
            }
            Request::SignalWithStart(it) => {
                let run_id = read::<SignalWithStartWorkflowExecutionResponse>(answer)?.run_id;
                note(&mut self.facts.signals, it.signal_name, &run_id, Said::Done);
                self.know(it.workflow_id, run_id);
            }
            Request::Signal(it) => {
                let run_id = it.workflow_execution.unwrap_or_default().run_id;
                note(&mut self.facts.signals, it.signal_name, &run_id, Said::Done);
            }
            Request::Cancel(it) => {
                self.facts.cancelled.insert(it.workflow_execution.unwrap_or_default().run_id);
            }
            Request::Terminate(it) => {
                self.facts.terminated.insert(it.workflow_execution.unwrap_or_default().run_id);
            }
            Request::Update(it) => self.learn_update(it, answer)?,
            Request::ReadHistory(it) => {
                let history = read::<GetWorkflowExecutionHistoryResponse>(answer)?.history;
                let run_id = it.execution.unwrap_or_default().run_id;
                self.facts.read(&run_id, &history.unwrap_or_default().events)?;
            }
            Request::PollWorkflowTask(_) => self.hold_task(read(answer)?)?,
            Request::PollActivity(_) => self.hold_activity(read(answer)?),
            Request::CompleteTask { run_id, mark, request } => {
                note(&mut self.facts.marks, mark.clone(), &run_id, Said::Done);
                self.give_again(Request::CompleteTask { run_id, mark, request });
                let more = read::<RespondWorkflowTaskCompletedResponse>(answer)?;
                if let Some(task) = more.workflow_task {
                    self.hold_task(task)?;
                }
                for activity in more.activity_tasks {
                    self.hold_activity(activity);
                }
            }
            Request::CompleteActivity { run_id, activity_id, result, request } => {
                let results = self.facts.results.entry((run_id.clone(), activity_id.clone())).or_default();
                results.insert(result.clone(), Said::Done);
                self.give_again(Request::CompleteActivity { run_id, activity_id, result, request });
            }
            Request::FailTask(_)
            | Request::FailActivity(_)
            | Request::CancelActivity(_)
            | Request::Heartbeat(_) => {}
        }
        Ok(())
    }

    fn learn_start(&mut self, workflow_id: String, run_id: String) -> Result<(), String> {
        let before = self.facts.started.entry(workflow_id.clone()).or_insert_with(|| run_id.clone());
        if *before != run_id {
            return Err(format!("{workflow_id} was started as {before} and again as {run_id}"));
        }
        self.know(workflow_id, run_id);
        Ok(())
    }

    fn learn_update(&mut self, request: UpdateWorkflowExecutionRequest, answer: &[u8]) -> Result<(), String> {
        let run_id = request.workflow_execution.clone().unwrap_or_default().run_id;
        let outcome = read::<UpdateWorkflowExecutionResponse>(answer)?.outcome;
        match outcome.and_then(|outcome| outcome.value) {
            Some(outcome::Value::Success(_)) => {
                let meta = request.request.and_then(|it| it.meta).unwrap_or_default();
                note(&mut self.facts.updates, meta.update_id, &run_id, Said::Done);
            }
            Some(outcome::Value::Failure(_)) => {}
            // It is only admitted: its sender comes again.
            None => self.again.push(Request::Update(request)),
        }
        Ok(())
    }

    fn know(&mut self, workflow_id: String, run_id: String) {
        let known = Known { workflow_id, run_id };
        if !self.known.contains(&known) {
            self.known.push(known);
        }
    }

    fn give_again(&mut self, request: Request) {
        if self.given.len() < KEPT_MAX {
            self.given.push(request);
        }
    }

    fn hold_task(&mut self, task: PollWorkflowTaskQueueResponse) -> Result<(), String> {
        let Some(execution) = task.workflow_execution.clone().filter(|_| !task.task_token.is_empty()) else {
            return Ok(());
        };
        let events = task.history.clone().unwrap_or_default().events;
        // Its own events may be for the worker only: those of a second attempt, or of an update's task.
        let own = events.iter().rposition(|event| event.event_type() == EventType::WorkflowTaskScheduled);
        if events.first().is_some_and(|first| first.event_id == 1) {
            self.facts.read(&execution.run_id, &events[..own.unwrap_or(0)])?;
        }
        let scheduled = self.scheduled.entry(execution.run_id.clone()).or_default();
        let is_scheduled = |event: &EventType| *event == EventType::ActivityTaskScheduled;
        for event in events.iter().filter(|event| is_scheduled(&event.event_type())) {
            if !scheduled.contains(&event.event_id) {
                scheduled.push(event.event_id);
            }
        }
        self.know(execution.workflow_id, execution.run_id);
        self.tasks.push(task);
        Ok(())
    }

    fn hold_activity(&mut self, task: PollActivityTaskQueueResponse) {
        if !task.task_token.is_empty() {
            self.activities.push(task);
        }
    }
}

pub(crate) fn read<T: Message + Default>(answer: &[u8]) -> Result<T, String> {
    T::decode(answer).map_err(|error| format!("an answer can't be read: {error}"))
}
