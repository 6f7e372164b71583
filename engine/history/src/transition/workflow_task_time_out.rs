//! A workflow task takes too long to be taken from a cache's queue, or to be answered.

use crate::draft::Draft;
use crate::proto::TimeoutType;
use crate::refusal::Refusal;
use temporalio_protos::temporal::api::history::v1::WorkflowTaskTimedOutEventAttributes;

impl Draft {
    /// Times out the workflow task if it is due.
    pub(crate) fn time_out_workflow_task_if_due(&mut self) -> bool {
        let Some(task) = &self.state.workflow_task else { return false };
        if !task.is_started() {
            if task.start_due_ns == 0 || task.start_due_ns > self.now_ns {
                return false;
            }
            self.time_out_unstarted_workflow_task();
        } else if task.close_due_ns() <= self.now_ns {
            self.time_out_workflow_task();
        } else {
            return false;
        }
        true
    }

    /// The running task is given up; another attempt is offered.
    pub(crate) fn time_out_workflow_task(&mut self) {
        let Some(task) = self.state.workflow_task.take() else { return };
        self.state.close_attempted = false;
        if task.is_written {
            self.write(WorkflowTaskTimedOutEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started_event_id,
                timeout_type: TimeoutType::StartToClose as i32,
            });
        }
        self.count_failed_workflow_task(&task);
        self.offer_workflow_task();
    }

    /// The worker with the run in its cache doesn't come: the task goes to the normal queue. That is no
    /// failure, the attempt stays.
    fn time_out_unstarted_workflow_task(&mut self) {
        let Some(task) = self.state.workflow_task.take() else { return };
        self.write(WorkflowTaskTimedOutEventAttributes {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: 0,
            timeout_type: TimeoutType::ScheduleToStart as i32,
        });
        self.state.sticky = None;
        self.state.workflow_task_attempt = 1;
        self.offer_workflow_task();
    }

    /// Nobody polls the cache's queue: the offered task moves to the normal one without a trace.
    pub(crate) fn sticky_worker_gone(&mut self, scheduled_event_id: i64) -> Result<(), Refusal> {
        let normal = self.state.task_queue.clone();
        let Some(task) = self.state.workflow_task.as_mut() else { return Err(Refusal::TaskStale) };
        if task.scheduled_event_id != scheduled_event_id || task.is_started() || !task.is_sticky {
            return Err(Refusal::TaskStale);
        }
        task.is_sticky = false;
        task.start_due_ns = 0;
        task.queue = normal;
        self.state.sticky = None;
        self.effects.extend(self.state.workflow_task_ready());
        Ok(())
    }

    /// The worker forgets the run; an offered task moves to the normal queue.
    pub(crate) fn forget_sticky(&mut self, queue: &str) -> Result<(), Refusal> {
        if self.state.sticky.as_ref().is_none_or(|sticky| sticky.queue != queue) {
            return Err(Refusal::Repeated);
        }
        self.state.sticky = None;
        let scheduled = self.state.workflow_task.as_ref().filter(|task| task.is_sticky && !task.is_started());
        match scheduled.map(|task| task.scheduled_event_id) {
            Some(scheduled_event_id) => self.sticky_worker_gone(scheduled_event_id),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::input::{CompleteWorkflowTask, Input};
    use crate::limits::SECOND_NS;
    use crate::proto::EventType as E;
    use crate::refusal::Refusal;
    use crate::testing::{Played, completion};

    /// A run whose worker has it in its cache and doesn't come for the next task.
    fn offered_to_a_cache() -> Played {
        let (mut run, task) = Played::with_task();
        let sticky = Some(("cache".to_owned(), 5 * SECOND_NS));
        run.complete_as(CompleteWorkflowTask { sticky, ..completion(&task) }).unwrap();
        run.signal("news");
        run
    }

    #[test]
    fn a_task_that_is_not_answered_is_offered_again() {
        let (mut run, _) = Played::with_task();
        run.pass(9);
        assert_eq!(run.due(), Err(Refusal::NothingDue));
        run.pass(1);
        run.due().unwrap();
        assert_eq!(run.last(1), [E::WorkflowTaskTimedOut]);
        assert_eq!(run.take_task().attempt, 2);
    }

    #[test]
    fn a_cache_that_does_not_come_is_given_up_without_a_failed_attempt() {
        let mut run = offered_to_a_cache();
        assert_eq!(run.state.next_due(), Some(run.now_ns + 5 * SECOND_NS));
        run.pass(5);
        run.due().unwrap();
        assert_eq!(run.last(2), [E::WorkflowTaskTimedOut, E::WorkflowTaskScheduled]);
        let task = run.state.workflow_task.as_ref().unwrap();
        assert_eq!((task.attempt, task.is_sticky), (1, false));
    }

    #[test]
    fn a_worker_that_is_gone_leaves_no_trace() {
        let mut run = offered_to_a_cache();
        let events = run.history.len();
        let scheduled_event_id = run.state.workflow_task.as_ref().unwrap().scheduled_event_id;
        run.apply(Input::StickyWorkerGone { scheduled_event_id }).unwrap();
        assert_eq!(run.history.len(), events);
        assert_eq!(run.state.workflow_task.as_ref().unwrap().queue, "queue");
        assert_eq!(run.effects.len(), 1, "it is offered again");
    }
}
