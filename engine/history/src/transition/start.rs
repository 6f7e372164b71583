//! A run begins.

use crate::draft::Draft;
use crate::duration::{after, nanos_to_timestamp, some_duration};
use crate::input::StartRun;
use crate::limits::{WORKFLOW_TASK_TIMEOUT_MAX_NS, WORKFLOW_TASK_TIMEOUT_NS};
use crate::proto::{
    ContinueAsNewInitiator, HistoryEvent, WorkflowExecution, WorkflowExecutionStatus, WorkflowType,
};
use crate::state::{Parent, RunState};
use crate::transition::workflow_task_schedule::normal_queue;
use temporalio_protos::temporal::api::history::v1::WorkflowExecutionStartedEventAttributes;

/// What a run inherits from the one before it in its chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Inherited {
    pub(crate) first_run_id: String,
    pub(crate) continued_run_id: String,
    pub(crate) initiator: ContinueAsNewInitiator,
    pub(crate) attempt: i32,
    /// When the whole chain times out; 0 for never.
    pub(crate) execution_expires_ns: i64,
}

/// Caps the spans as a server does: a run is not longer than the execution, a task not longer than the run.
pub(crate) fn capped(mut input: StartRun) -> StartRun {
    input.run_timeout_ns = shorter(input.run_timeout_ns, input.execution_timeout_ns);
    if input.task_timeout_ns == 0 {
        input.task_timeout_ns = WORKFLOW_TASK_TIMEOUT_NS;
    }
    input.task_timeout_ns = input.task_timeout_ns.min(WORKFLOW_TASK_TIMEOUT_MAX_NS);
    input.task_timeout_ns = shorter(input.task_timeout_ns, input.run_timeout_ns);
    input
}

/// The shorter of two spans, where 0 is no limit.
fn shorter(span_ns: i64, limit_ns: i64) -> i64 {
    if limit_ns == 0 {
        span_ns
    } else if span_ns == 0 {
        limit_ns
    } else {
        span_ns.min(limit_ns)
    }
}

/// Begins a run; `inherited` is for one that follows another.
pub(crate) fn start_run(input: StartRun, inherited: Option<Inherited>, now_ns: i64) -> Draft {
    let input = capped(input);
    let attempt = inherited.as_ref().map_or(1, |it| it.attempt.max(1));
    let mut draft = Draft::new(initial_state(&input, inherited.as_ref(), now_ns), now_ns);
    let delay_ns = input.start_delay_ns;
    let (signal, update) = (input.signal.clone(), input.update.clone());
    let event = HistoryEvent {
        user_metadata: input.user_metadata.clone(),
        links: input.links.clone(),
        attributes: Some(started(input, &draft.state, inherited, attempt).into()),
        ..HistoryEvent::default()
    };
    draft.write_event(event);
    if let Some(signal) = signal {
        draft.write_signal(signal);
    }
    if let Some(update) = update {
        draft.keep_update(update);
    }
    if delay_ns > 0 {
        draft.state.first_task_due_ns = after(now_ns, delay_ns);
    } else {
        draft.offer_workflow_task();
    }
    draft
}

fn initial_state(input: &StartRun, inherited: Option<&Inherited>, now_ns: i64) -> RunState {
    let execution_ns = after(now_ns, input.start_delay_ns);
    // A run's time begins with its first task.
    let expires = |span_ns: i64| if span_ns == 0 { 0 } else { after(execution_ns, span_ns) };
    let execution_expires_ns = match inherited {
        Some(inherited) => inherited.execution_expires_ns,
        None => expires(input.execution_timeout_ns),
    };
    let mut run_expires_ns = expires(input.run_timeout_ns);
    if execution_expires_ns > 0 && (run_expires_ns == 0 || run_expires_ns > execution_expires_ns) {
        run_expires_ns = execution_expires_ns;
    }
    RunState {
        namespace: input.namespace.clone(),
        workflow_id: input.workflow_id.clone(),
        run_id: input.run_id.clone(),
        workflow_type: input.workflow_type.clone(),
        task_queue: input.task_queue.clone(),
        status: WorkflowExecutionStatus::Running as i32,
        start_ns: now_ns,
        execution_ns,
        execution_timeout_ns: input.execution_timeout_ns,
        run_timeout_ns: input.run_timeout_ns,
        task_timeout_ns: input.task_timeout_ns,
        execution_expires_ns,
        run_expires_ns,
        first_run_id: inherited.map_or_else(|| input.run_id.clone(), |it| it.first_run_id.clone()),
        continued_run_id: inherited.map_or_else(String::new, |it| it.continued_run_id.clone()),
        start_request_id: input.request_id.clone(),
        attempt: inherited.map_or(1, |it| it.attempt.max(1)),
        retry_policy: input.retry_policy.clone(),
        cron_schedule: input.cron_schedule.clone(),
        parent: input.parent.clone(),
        root: input.root.clone(),
        memo: input.memo.clone(),
        search_attributes: input.search_attributes.clone(),
        user_metadata: input.user_metadata.clone(),
        priority: input.priority.clone(),
        workflow_task_attempt: 1,
        ..RunState::default()
    }
}

fn started(
    input: StartRun,
    state: &RunState,
    inherited: Option<Inherited>,
    attempt: i32,
) -> WorkflowExecutionStartedEventAttributes {
    let inherited = inherited.unwrap_or_default();
    let parent = input.parent.as_ref();
    let is_continued = !inherited.continued_run_id.is_empty();
    let goes_on_by_command = is_continued && inherited.initiator == ContinueAsNewInitiator::Workflow;
    WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name: input.workflow_type }),
        parent_workflow_namespace: parent.map_or_else(String::new, |parent| parent.namespace.clone()),
        parent_workflow_namespace_id: parent
            .map_or_else(String::new, |parent| crate::command::namespace_id(&parent.namespace)),
        parent_workflow_execution: parent.map(Parent::execution),
        parent_initiated_event_id: parent.map_or(0, |parent| parent.initiated_event_id),
        task_queue: Some(normal_queue(&input.task_queue)),
        input: input.input,
        // A time-out that nobody set is not there; a run that goes on and a child say so.
        workflow_execution_timeout: some_duration(input.execution_timeout_ns)
            .filter(|_| input.execution_timeout_ns > 0),
        workflow_run_timeout: some_duration(input.run_timeout_ns)
            .filter(|_| input.run_timeout_ns > 0 || is_continued || parent.is_some()),
        workflow_task_timeout: some_duration(input.task_timeout_ns),
        continued_execution_run_id: inherited.continued_run_id,
        initiator: inherited.initiator as i32,
        continued_failure: input.continued_failure,
        last_completion_result: input.last_completion_result,
        original_execution_run_id: state.run_id.clone(),
        identity: input.identity,
        first_execution_run_id: state.first_run_id.clone(),
        retry_policy: input.retry_policy,
        attempt,
        workflow_execution_expiration_time: Some(state.execution_expires_ns)
            .filter(|expires_ns| *expires_ns > 0)
            .map(nanos_to_timestamp),
        cron_schedule: input.cron_schedule,
        // A run that goes on at once does not say that it waits for nothing.
        first_workflow_task_backoff: some_duration(input.start_delay_ns)
            .filter(|_| input.start_delay_ns > 0 || !goes_on_by_command),
        memo: input.memo,
        search_attributes: input.search_attributes,
        header: input.header,
        workflow_id: input.workflow_id,
        // A run that is its own root does not say so.
        root_workflow_execution: input.root,
        priority: input.priority,
        ..WorkflowExecutionStartedEventAttributes::default()
    }
}

impl Parent {
    /// The parent as an execution.
    #[must_use]
    pub fn execution(&self) -> WorkflowExecution {
        WorkflowExecution { workflow_id: self.workflow_id.clone(), run_id: self.run_id.clone() }
    }
}

impl Draft {
    /// Offers the first workflow task when its delay is over.
    pub(crate) fn offer_first_task_if_due(&mut self) -> bool {
        let due_ns = self.state.first_task_due_ns;
        if due_ns == 0 || due_ns > self.now_ns {
            return false;
        }
        self.offer_workflow_task();
        true
    }
}
