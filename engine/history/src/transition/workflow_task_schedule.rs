//! A workflow task is offered.

use crate::draft::Draft;
use crate::duration::{after, some_duration};
use crate::limits::{
    WORKFLOW_TASK_ATTEMPTS_BEFORE_BACKOFF, WORKFLOW_TASK_BACKOFF_MAX_NS, WORKFLOW_TASK_BACKOFF_NS,
};
use crate::proto::{HistoryEvent, TaskQueue, TaskQueueKind};
use crate::state::{RunState, WorkflowTask};
use temporalio_protos::temporal::api::history::v1::WorkflowTaskScheduledEventAttributes;

impl Draft {
    /// Offers a workflow task after something happened, unless one is there already or the run still waits
    /// for its first.
    pub(crate) fn wake(&mut self) {
        if !self.state.waits_for_first_task() {
            self.offer_workflow_task();
        }
    }

    /// Offers a workflow task, unless one is there already.
    pub(crate) fn offer_workflow_task(&mut self) {
        if self.schedule_workflow_task(0) {
            self.effects.extend(self.state.workflow_task_ready());
        }
    }

    /// Schedules a workflow task without offering it; says whether it did. `original_scheduled_ns` is that
    /// of the task it continues as a heartbeat, else 0.
    pub(crate) fn schedule_workflow_task(&mut self, original_scheduled_ns: i64) -> bool {
        if !self.state.is_open() || self.state.workflow_task.is_some() {
            return false;
        }
        self.state.first_task_due_ns = 0;
        if !self.state.buffered.is_empty() {
            // New events make it a new task, whatever failed before.
            self.state.workflow_task_attempt = 1;
            self.write_waiting();
        }
        let attempt = self.state.workflow_task_attempt.max(1);
        let timeout_ns = timeout_ns(self.state.task_timeout_ns, attempt);
        let is_written = attempt == 1;
        let queue = current_queue(&self.state);
        let scheduled_event_id = if is_written {
            self.write(scheduled(queue.clone(), timeout_ns, attempt))
        } else {
            self.state.last_event_id + 1
        };
        let start_timeout_ns = self.state.sticky.as_ref().map_or(0, |sticky| sticky.schedule_to_start_ns);
        self.state.workflow_task = Some(WorkflowTask {
            scheduled_event_id,
            attempt,
            is_written,
            scheduled_ns: self.now_ns,
            original_scheduled_ns: if original_scheduled_ns == 0 {
                self.now_ns
            } else {
                original_scheduled_ns
            },
            timeout_ns,
            queue: queue.name,
            is_sticky: self.state.sticky.is_some(),
            start_due_ns: if start_timeout_ns == 0 { 0 } else { after(self.now_ns, start_timeout_ns) },
            ..WorkflowTask::default()
        });
        true
    }
}

pub(crate) fn scheduled(
    queue: TaskQueue,
    timeout_ns: i64,
    attempt: i32,
) -> WorkflowTaskScheduledEventAttributes {
    WorkflowTaskScheduledEventAttributes {
        task_queue: Some(queue),
        start_to_close_timeout: some_duration(timeout_ns),
        attempt,
    }
}

/// The scheduled event of a task that has not been written so far.
pub(crate) fn scheduled_event(state: &RunState, task: &WorkflowTask) -> HistoryEvent {
    HistoryEvent {
        event_time: Some(crate::duration::nanos_to_timestamp(task.scheduled_ns)),
        attributes: Some(scheduled(current_queue(state), task.timeout_ns, task.attempt).into()),
        ..HistoryEvent::default()
    }
}

/// The queue of the next workflow task.
pub(crate) fn current_queue(state: &RunState) -> TaskQueue {
    match &state.sticky {
        Some(sticky) => TaskQueue {
            name: sticky.queue.clone(),
            kind: TaskQueueKind::Sticky as i32,
            normal_name: state.task_queue.clone(),
        },
        None => normal_queue(&state.task_queue),
    }
}

pub(crate) fn normal_queue(name: &str) -> TaskQueue {
    TaskQueue { name: name.to_owned(), kind: TaskQueueKind::Normal as i32, normal_name: String::new() }
}

/// Workers keep quiet about repeated failures, so that the time-out is what spaces the attempts.
fn timeout_ns(default_ns: i64, attempt: i32) -> i64 {
    let extra = attempt - WORKFLOW_TASK_ATTEMPTS_BEFORE_BACKOFF;
    if extra <= 0 {
        return default_ns;
    }
    let doublings = u32::try_from(extra - 1).unwrap_or(0).min(30);
    after(
        default_ns,
        WORKFLOW_TASK_BACKOFF_NS.saturating_mul(1 << doublings).min(WORKFLOW_TASK_BACKOFF_MAX_NS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SECOND_NS;

    #[test]
    fn failing_tasks_get_more_and_more_time_up_to_ten_minutes() {
        let default_ns = 10 * SECOND_NS;
        assert_eq!(timeout_ns(default_ns, 3), default_ns);
        assert_eq!(timeout_ns(default_ns, 4), 15 * SECOND_NS);
        assert_eq!(timeout_ns(default_ns, 5), 20 * SECOND_NS);
        assert_eq!(timeout_ns(default_ns, i32::MAX), 610 * SECOND_NS);
    }
}
