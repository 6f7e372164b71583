//! Tasks on their way from runs to workers.

use std::collections::HashMap;
use std::sync::Arc;

use engine_history::{
    Answer, Effect, Input, PendingActivity, Poller, Refusal, RunState, StartedWorkflowTask,
    nanos_to_timestamp,
};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::{ActivityType, Payloads, WorkflowExecution, WorkflowType};
use temporalio_protos::temporal::api::enums::v1::TaskQueueKind;
use temporalio_protos::temporal::api::history::v1::{History, history_event::Attributes};
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
};
use tonic::Status;

use crate::matching::{Kind, QueueKey, Task};
use crate::runs::{Done, Undone};
use crate::service::Service;
use crate::token::{HistoryToken, TaskToken};

/// Events in one answer, at most; the rest is fetched by the worker.
const EVENTS_MAX: usize = 5_000;

impl Service {
    /// Offers what a transition made ready.
    pub(crate) fn offer(self: &Arc<Self>, run_id: &str, effect: Effect) {
        match effect {
            Effect::WorkflowTaskReady { scheduled_event_id, attempt, queue, is_sticky, priority_key } => {
                let key = QueueKey { kind: Kind::Workflow, name: queue };
                if is_sticky && !self.matching.is_polled(&key) {
                    self.leave_sticky(run_id, scheduled_event_id);
                    return;
                }
                let task = Task::Run { run_id: run_id.into(), scheduled_event_id, attempt };
                self.matching.offer(key, priority_key, task);
            }
            Effect::ActivityReady { scheduled_event_id, attempt, queue, priority_key } => {
                let key = QueueKey { kind: Kind::Activity, name: queue };
                let task = Task::Run { run_id: run_id.into(), scheduled_event_id, attempt };
                self.matching.offer(key, priority_key, task);
            }
            Effect::CrossRun | Effect::Closed | Effect::UpdateMoved { .. } => {}
        }
    }

    /// The worker that had the run in its cache is gone: the task goes to the normal queue.
    fn leave_sticky(self: &Arc<Self>, run_id: &str, scheduled_event_id: i64) {
        let (service, run_id) = (self.clone(), run_id.to_owned());
        let moving = self.quiet.begin();
        self.work.spawn(async move {
            let _moving = moving;
            let input = Input::StickyWorkerGone { scheduled_event_id };
            match service.transition(&run_id, input).await {
                // Refused: the task moved on by itself.
                Ok(_) | Err(Undone::Refused(_)) => {}
                Err(error) => {
                    // Its schedule-to-start time-out moves it later.
                    tracing::warn!(?error, run_id, "engine: a task could not leave its worker's queue");
                }
            }
        });
    }

    /// A worker goes: what waits for its cache goes to the normal queues.
    pub(crate) fn retire_sticky(self: &Arc<Self>, key: &QueueKey) {
        for task in self.matching.forget(key) {
            // A query is asked elsewhere by the one who waits for it.
            if let Task::Run { run_id, scheduled_event_id, .. } = task {
                self.leave_sticky(&run_id, scheduled_event_id);
            }
        }
    }

    /// Starts an offered workflow task for a poller; `None` when the offer is stale.
    pub(crate) async fn take_workflow_task(
        self: &Arc<Self>,
        run_id: &str,
        input: Input,
    ) -> Result<Option<PollWorkflowTaskQueueResponse>, Status> {
        match self.transition(run_id, input).await {
            Ok(Done { state, answer: Answer::WorkflowTaskStarted(started) }) => {
                self.workflow_task(&state, &started).await.map(Some)
            }
            Ok(_) | Err(Undone::Refused(_) | Undone::NoSuchRun) => Ok(None),
            Err(Undone::Failed(status)) => Err(status),
        }
    }

    /// A started workflow task as a worker gets it.
    pub(crate) async fn workflow_task(
        &self,
        state: &RunState,
        started: &StartedWorkflowTask,
    ) -> Result<PollWorkflowTaskQueueResponse, Status> {
        let token = TaskToken {
            run_id: state.run_id.clone(),
            scheduled_event_id: started.scheduled_event_id,
            started_event_id: started.started_event_id,
            attempt: started.attempt,
            started_ns: started.started_ns,
            workflow_id: state.workflow_id.clone(),
            ..TaskToken::default()
        };
        // A worker with the run in its cache needs only what is new.
        let from = if started.is_sticky { started.previous_started_event_id + 1 } else { 1 };
        let to = if started.transient_events.is_empty() {
            started.started_event_id
        } else {
            started.scheduled_event_id - 1
        };
        let (history, next_page_token) = self.first_page(&state.run_id, from, to, started).await?;
        let queries = self.queries.attach(&state.run_id);
        Ok(PollWorkflowTaskQueueResponse {
            task_token: token.encode_to_vec(),
            previous_started_event_id: started.previous_started_event_id,
            started_event_id: started.started_event_id,
            attempt: started.attempt,
            history: Some(history),
            next_page_token,
            scheduled_time: Some(nanos_to_timestamp(started.scheduled_ns)),
            started_time: Some(nanos_to_timestamp(started.started_ns)),
            queries,
            messages: state.update_messages(&started.update_ids),
            ..described(state)
        })
    }

    async fn first_page(
        &self,
        run_id: &str,
        from: i64,
        to: i64,
        started: &StartedWorkflowTask,
    ) -> Result<(History, Vec<u8>), Status> {
        let page = self.events(run_id, from, to, EVENTS_MAX).await?;
        let mut events = page.events;
        let transient_events = started.transient_events.clone();
        let token = match page.next_event_id {
            Some(next_event_id) => {
                HistoryToken { run_id: run_id.to_owned(), next_event_id, last_event_id: to, transient_events }
                    .encode_to_vec()
            }
            None => {
                events.extend(transient_events);
                Vec::new()
            }
        };
        Ok((History { events }, token))
    }

    /// A query as a worker gets it, apart from the run's tasks.
    pub(crate) async fn query_task(
        &self,
        state: &RunState,
        query_id: &str,
        query: WorkflowQuery,
        is_sticky: bool,
    ) -> Result<PollWorkflowTaskQueueResponse, Status> {
        let token = TaskToken {
            run_id: state.run_id.clone(),
            query_id: query_id.to_owned(),
            workflow_id: state.workflow_id.clone(),
            ..TaskToken::default()
        };
        let (history, next_page_token) = if is_sticky {
            (History::default(), Vec::new())
        } else {
            let nothing = StartedWorkflowTask::default();
            self.first_page(&state.run_id, 1, state.last_event_id, &nothing).await?
        };
        Ok(PollWorkflowTaskQueueResponse {
            task_token: token.encode_to_vec(),
            previous_started_event_id: state.previous_started_event_id,
            attempt: 1,
            history: Some(history),
            next_page_token,
            query: Some(query),
            ..described(state)
        })
    }

    /// Starts an offered attempt for a poller; `None` when the offer is stale.
    pub(crate) async fn take_activity(
        self: &Arc<Self>,
        run_id: &str,
        scheduled_event_id: i64,
        attempt: i32,
        poller: Poller,
    ) -> Result<Option<PollActivityTaskQueueResponse>, Status> {
        let input = Input::StartActivity { scheduled_event_id, attempt, poller };
        match self.transition(run_id, input).await {
            Ok(Done { state, .. }) => self.activity_task(&state, scheduled_event_id).await,
            Err(Undone::Refused(Refusal::TaskStale) | Undone::NoSuchRun) => Ok(None),
            Err(Undone::Refused(refusal)) => {
                tracing::warn!(%refusal, run_id, "engine: an offered activity was refused");
                Ok(None)
            }
            Err(Undone::Failed(status)) => Err(status),
        }
    }

    /// A started attempt as a worker gets it.
    pub(crate) async fn activity_task(
        &self,
        state: &RunState,
        scheduled_event_id: i64,
    ) -> Result<Option<PollActivityTaskQueueResponse>, Status> {
        let Some(activity) = state.activities.get(&scheduled_event_id) else { return Ok(None) };
        let Some(scheduled) = activity.scheduled.clone() else { return Ok(None) };
        let token = TaskToken {
            run_id: state.run_id.clone(),
            scheduled_event_id,
            attempt: activity.attempt,
            started_ns: activity.started_ns,
            workflow_id: state.workflow_id.clone(),
            ..TaskToken::default()
        };
        let input = if activity.is_input_in_history {
            self.scheduled_input(state, scheduled_event_id).await?
        } else {
            scheduled.input
        };
        Ok(Some(PollActivityTaskQueueResponse {
            task_token: token.encode_to_vec(),
            workflow_namespace: state.namespace.clone(),
            workflow_type: Some(WorkflowType { name: state.workflow_type.clone() }),
            workflow_execution: Some(execution(state)),
            activity_type: scheduled.activity_type,
            activity_id: scheduled.activity_id,
            header: scheduled.header,
            input,
            heartbeat_details: activity.heartbeat_details.clone(),
            scheduled_time: Some(nanos_to_timestamp(activity.first_scheduled_ns)),
            current_attempt_scheduled_time: Some(nanos_to_timestamp(activity.scheduled_ns)),
            started_time: Some(nanos_to_timestamp(activity.started_ns)),
            attempt: activity.attempt,
            schedule_to_close_timeout: scheduled.schedule_to_close_timeout,
            start_to_close_timeout: scheduled.start_to_close_timeout,
            heartbeat_timeout: scheduled.heartbeat_timeout,
            retry_policy: scheduled.retry_policy,
            priority: scheduled.priority,
            ..PollActivityTaskQueueResponse::default()
        }))
    }

    async fn scheduled_input(&self, state: &RunState, event_id: i64) -> Result<Option<Payloads>, Status> {
        match self.event(&state.run_id, event_id).await?.and_then(|event| event.attributes) {
            Some(Attributes::ActivityTaskScheduledEventAttributes(scheduled)) => Ok(scheduled.input),
            _ => Err(Status::data_loss("the activity's input can't be read")),
        }
    }
}

/// What every workflow task says of its run.
fn described(state: &RunState) -> PollWorkflowTaskQueueResponse {
    PollWorkflowTaskQueueResponse {
        workflow_execution: Some(execution(state)),
        workflow_type: Some(WorkflowType { name: state.workflow_type.clone() }),
        workflow_execution_task_queue: Some(TaskQueue {
            name: state.task_queue.clone(),
            kind: TaskQueueKind::Normal as i32,
            normal_name: String::new(),
        }),
        queries: HashMap::new(),
        ..PollWorkflowTaskQueueResponse::default()
    }
}

pub(crate) fn execution(state: &RunState) -> WorkflowExecution {
    WorkflowExecution { workflow_id: state.workflow_id.clone(), run_id: state.run_id.clone() }
}

/// The type of an activity.
pub(crate) fn activity_type(activity: &PendingActivity) -> Option<ActivityType> {
    activity.scheduled.as_ref().and_then(|scheduled| scheduled.activity_type.clone())
}

impl Service {
    /// The next task of a queue; `None` when the poll's time is over or the engine stops.
    pub(crate) async fn poll(
        &self,
        key: &QueueKey,
        identity: &str,
        until: tokio::time::Instant,
    ) -> Result<Option<Task>, Status> {
        let next = self.matching.next(key, identity, self.now_ns(), until);
        // Dropping the poll gives back what it may have got.
        tokio::select! {
            () = self.stopping.cancelled() => Ok(None),
            task = next => task.map_err(|_| Status::resource_exhausted("too many polls wait on this task queue")),
        }
    }
}
