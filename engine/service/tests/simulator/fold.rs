//! A history read by itself: whether it is legal, and what is pending after it. Written without the engine's
//! own rules, so that the two can disagree.

use std::collections::{BTreeMap, BTreeSet};

use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes as A;

/// What a history leaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fold {
    /// The event that began it, and the one that closed it.
    pub(crate) closed_by: Option<EventType>,
    /// Scheduled, and then started event of the open workflow task.
    pub(crate) task: Option<(i64, Option<i64>)>,
    /// Activity ids by scheduled event.
    pub(crate) activities: BTreeMap<i64, String>,
    /// Started event by timer id, with the earliest instant at which it may fire.
    pub(crate) timers: BTreeMap<String, (i64, i128)>,
    /// Children by initiated event; `true` once started.
    pub(crate) children: BTreeMap<i64, bool>,
    pub(crate) external_signals: BTreeSet<i64>,
    pub(crate) external_cancels: BTreeSet<i64>,
    /// How often each of these is there.
    pub(crate) signals: BTreeMap<String, usize>,
    pub(crate) marks: BTreeMap<String, usize>,
    pub(crate) updates: BTreeMap<String, usize>,
    /// Results by activity id.
    pub(crate) results: BTreeMap<String, Vec<Vec<u8>>>,
    pub(crate) cancel_requests: usize,
    accepted: BTreeMap<i64, String>,
    started_activities: BTreeMap<i64, i64>,
    completed_tasks: BTreeSet<i64>,
    events: i64,
}

type Verdict = Result<(), String>;

fn check(is_so: bool, what: &str) -> Verdict {
    if is_so { Ok(()) } else { Err(what.to_owned()) }
}

fn time(event: &HistoryEvent) -> i128 {
    event.event_time.as_ref().map_or(0, |at| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos))
}

impl Fold {
    /// Reads a whole history. `Err` says which event can't be, and why.
    pub(crate) fn of(history: &[HistoryEvent]) -> Result<Self, String> {
        let mut fold = Self::default();
        for event in history {
            fold.take(event).map_err(|why| {
                let around: Vec<_> = history.iter().map(|it| it.event_type().as_str_name()).collect();
                format!(
                    "event {} ({}): {why}; of {around:?}",
                    event.event_id,
                    event.event_type().as_str_name()
                )
            })?;
        }
        check(fold.events > 0, "no events")?;
        Ok(fold)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.closed_by.is_none()
    }

    /// Whether the run waits for something that comes by itself.
    pub(crate) fn waits(&self) -> bool {
        !(self.activities.is_empty()
            && self.timers.is_empty()
            && self.children.is_empty()
            && self.external_signals.is_empty()
            && self.external_cancels.is_empty())
    }

    fn take(&mut self, event: &HistoryEvent) -> Verdict {
        let Some(attributes) = &event.attributes else { return Err("it is empty".to_owned()) };
        self.events += 1;
        check(event.event_id == self.events, "ids are not dense")?;
        check(self.is_open(), "the run had closed")?;
        let begins = matches!(attributes, A::WorkflowExecutionStartedEventAttributes(_));
        check(begins == (self.events == 1), "a run begins once")?;
        match attributes {
            A::WorkflowTaskScheduledEventAttributes(_)
            | A::WorkflowTaskStartedEventAttributes(_)
            | A::WorkflowTaskCompletedEventAttributes(_)
            | A::WorkflowTaskFailedEventAttributes(_)
            | A::WorkflowTaskTimedOutEventAttributes(_) => self.take_task(event.event_id, attributes),
            _ => {
                // What happens while a worker has the task is written after it.
                check(self.task.is_none_or(|(_, started)| started.is_none()), "a workflow task runs")?;
                self.take_other(event, attributes)
            }
        }
    }

    fn take_task(&mut self, id: i64, attributes: &A) -> Verdict {
        let closed = match attributes {
            A::WorkflowTaskScheduledEventAttributes(_) => {
                check(self.task.is_none(), "there is a workflow task")?;
                self.task = Some((id, None));
                return Ok(());
            }
            A::WorkflowTaskStartedEventAttributes(it) => {
                check(self.task == Some((it.scheduled_event_id, None)), "another task was scheduled")?;
                self.task = Some((it.scheduled_event_id, Some(id)));
                return Ok(());
            }
            A::WorkflowTaskCompletedEventAttributes(it) => {
                self.completed_tasks.insert(id);
                (it.scheduled_event_id, it.started_event_id)
            }
            A::WorkflowTaskFailedEventAttributes(it) => (it.scheduled_event_id, it.started_event_id),
            A::WorkflowTaskTimedOutEventAttributes(it) => (it.scheduled_event_id, it.started_event_id),
            _ => return Ok(()),
        };
        let open = self.task.take().map(|(scheduled, started)| (scheduled, started.unwrap_or(0)));
        check(open == Some(closed), &format!("the open task is {open:?}, not {closed:?}"))
    }

    fn by_command(&self, completed_event_id: i64) -> Verdict {
        check(self.completed_tasks.contains(&completed_event_id), "no such completed task")
    }

    fn take_other(&mut self, event: &HistoryEvent, attributes: &A) -> Verdict {
        match attributes {
            A::WorkflowExecutionSignaledEventAttributes(it) => {
                *self.signals.entry(it.signal_name.clone()).or_default() += 1;
            }
            A::MarkerRecordedEventAttributes(it) => {
                self.by_command(it.workflow_task_completed_event_id)?;
                *self.marks.entry(it.marker_name.clone()).or_default() += 1;
            }
            A::WorkflowExecutionCancelRequestedEventAttributes(_) => self.cancel_requests += 1,
            A::WorkflowExecutionUpdateAcceptedEventAttributes(it) => {
                self.accepted.insert(event.event_id, it.protocol_instance_id.clone());
            }
            A::WorkflowExecutionUpdateCompletedEventAttributes(it) => {
                let id = it.meta.as_ref().map(|meta| meta.update_id.clone()).unwrap_or_default();
                check(self.accepted.contains_key(&it.accepted_event_id), "it was not accepted")?;
                *self.updates.entry(id).or_default() += 1;
            }
            A::TimerStartedEventAttributes(_)
            | A::TimerFiredEventAttributes(_)
            | A::TimerCanceledEventAttributes(_) => return self.take_timer(event, attributes),
            A::WorkflowExecutionCompletedEventAttributes(_)
            | A::WorkflowExecutionFailedEventAttributes(_)
            | A::WorkflowExecutionCanceledEventAttributes(_)
            | A::WorkflowExecutionTerminatedEventAttributes(_)
            | A::WorkflowExecutionTimedOutEventAttributes(_)
            | A::WorkflowExecutionContinuedAsNewEventAttributes(_) => {
                check(self.task.is_none_or(|(_, started)| started.is_none()), "a workflow task runs")?;
                self.closed_by = Some(event.event_type());
            }
            _ => return self.take_activity(event.event_id, attributes),
        }
        Ok(())
    }

    fn take_timer(&mut self, event: &HistoryEvent, attributes: &A) -> Verdict {
        match attributes {
            A::TimerStartedEventAttributes(it) => {
                self.by_command(it.workflow_task_completed_event_id)?;
                let span = it
                    .start_to_fire_timeout
                    .as_ref()
                    .map_or(0, |span| i128::from(span.seconds) * 1_000_000_000 + i128::from(span.nanos));
                let timer = (event.event_id, time(event) + span);
                check(self.timers.insert(it.timer_id.clone(), timer).is_none(), "the timer runs")
            }
            A::TimerFiredEventAttributes(it) => {
                let timer = self.timers.remove(&it.timer_id);
                check(timer.is_some_and(|(started, _)| started == it.started_event_id), "no such timer")?;
                check(timer.is_some_and(|(_, due)| time(event) >= due), "it is early")
            }
            A::TimerCanceledEventAttributes(it) => {
                self.by_command(it.workflow_task_completed_event_id)?;
                let timer = self.timers.remove(&it.timer_id);
                check(timer.is_some_and(|(started, _)| started == it.started_event_id), "no such timer")
            }
            _ => Ok(()),
        }
    }

    fn take_activity(&mut self, id: i64, attributes: &A) -> Verdict {
        let (scheduled, started, result) = match attributes {
            A::ActivityTaskScheduledEventAttributes(it) => {
                self.by_command(it.workflow_task_completed_event_id)?;
                check(!self.activities.values().any(|other| *other == it.activity_id), "the activity runs")?;
                self.activities.insert(id, it.activity_id.clone());
                return Ok(());
            }
            A::ActivityTaskCancelRequestedEventAttributes(it) => {
                self.by_command(it.workflow_task_completed_event_id)?;
                return check(self.activities.contains_key(&it.scheduled_event_id), "no such activity");
            }
            A::ActivityTaskStartedEventAttributes(it) => {
                check(self.activities.contains_key(&it.scheduled_event_id), "no such activity")?;
                let before = self.started_activities.insert(it.scheduled_event_id, id);
                return check(before.is_none(), "it was started");
            }
            A::ActivityTaskCompletedEventAttributes(it) => {
                let result = it.result.as_ref().and_then(|result| result.payloads.first());
                let result = result.map(|payload| payload.data.clone()).unwrap_or_default();
                (it.scheduled_event_id, it.started_event_id, Some(result))
            }
            A::ActivityTaskFailedEventAttributes(it) => (it.scheduled_event_id, it.started_event_id, None),
            A::ActivityTaskTimedOutEventAttributes(it) => (it.scheduled_event_id, it.started_event_id, None),
            A::ActivityTaskCanceledEventAttributes(it) => (it.scheduled_event_id, it.started_event_id, None),
            _ => return self.take_child(id, attributes),
        };
        let Some(activity) = self.activities.remove(&scheduled) else {
            return Err("no such activity".to_owned());
        };
        let known = self.started_activities.remove(&scheduled).unwrap_or(0);
        check(started == known, &format!("it was started by event {known}, not {started}"))?;
        if let Some(result) = result {
            self.results.entry(activity).or_default().push(result);
        }
        Ok(())
    }

    fn take_child(&mut self, id: i64, attributes: &A) -> Verdict {
        let ended = match attributes {
            A::StartChildWorkflowExecutionInitiatedEventAttributes(it) => {
                self.by_command(it.workflow_task_completed_event_id)?;
                self.children.insert(id, false);
                return Ok(());
            }
            A::ChildWorkflowExecutionStartedEventAttributes(it) => {
                let before = self.children.insert(it.initiated_event_id, true);
                return check(before == Some(false), "it was not to be started");
            }
            A::StartChildWorkflowExecutionFailedEventAttributes(it) => {
                let before = self.children.remove(&it.initiated_event_id);
                return check(before == Some(false), "it was not to be started");
            }
            A::ChildWorkflowExecutionCompletedEventAttributes(it) => it.initiated_event_id,
            A::ChildWorkflowExecutionFailedEventAttributes(it) => it.initiated_event_id,
            A::ChildWorkflowExecutionCanceledEventAttributes(it) => it.initiated_event_id,
            A::ChildWorkflowExecutionTimedOutEventAttributes(it) => it.initiated_event_id,
            A::ChildWorkflowExecutionTerminatedEventAttributes(it) => it.initiated_event_id,
            _ => return self.take_external(id, attributes),
        };
        check(self.children.remove(&ended) == Some(true), "no such child")
    }

    fn take_external(&mut self, id: i64, attributes: &A) -> Verdict {
        let known = match attributes {
            A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_) => self.external_signals.insert(id),
            A::SignalExternalWorkflowExecutionFailedEventAttributes(it) => {
                self.external_signals.remove(&it.initiated_event_id)
            }
            A::ExternalWorkflowExecutionSignaledEventAttributes(it) => {
                self.external_signals.remove(&it.initiated_event_id)
            }
            A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_) => {
                self.external_cancels.insert(id)
            }
            A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(it) => {
                self.external_cancels.remove(&it.initiated_event_id)
            }
            A::ExternalWorkflowExecutionCancelRequestedEventAttributes(it) => {
                self.external_cancels.remove(&it.initiated_event_id)
            }
            A::WorkflowExecutionStartedEventAttributes(_) => true,
            other => return Err(format!("nobody asked for {:?}", other.event_type())),
        };
        check(known, "it answers nothing")
    }
}
