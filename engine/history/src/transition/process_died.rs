//! The process is gone, and with it the workers in it: what they held counts as timed out. Tasks of
//! workers elsewhere keep their own time-outs.

use crate::draft::Draft;
use crate::proto::TimeoutType;

impl Draft {
    /// Gives up what workers in processes other than `alive` held; says whether there was anything.
    pub(crate) fn give_up_held_tasks(&mut self, alive: &str) -> bool {
        let is_lost = |holder: &str| !holder.is_empty() && holder != alive;
        let mut any = false;
        if self.state.workflow_task.as_ref().is_some_and(|task| task.is_started() && is_lost(&task.holder)) {
            self.time_out_workflow_task();
            any = true;
        }
        let lost: Vec<i64> = self
            .state
            .activities
            .iter()
            .filter(|(_, activity)| activity.is_started() && is_lost(&activity.holder))
            .map(|(scheduled, _)| *scheduled)
            .collect();
        let mut closed = false;
        for scheduled in lost {
            any = true;
            closed |= self.time_out_activity(scheduled, TimeoutType::StartToClose);
        }
        if closed {
            self.wake();
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use crate::input::{Input, Poller};
    use crate::proto::EventType as E;
    use crate::refusal::Refusal;
    use crate::testing::{Played, schedule};

    fn poller(holder: &str) -> Poller {
        Poller { holder: holder.to_owned(), ..Poller::default() }
    }

    fn died(run: &mut Played) -> Result<crate::effect::Answer, Refusal> {
        run.apply(Input::ProcessDied { alive: "new".to_owned() })
    }

    #[test]
    fn what_the_dead_process_held_is_offered_again() {
        let mut run = Played::begun();
        run.apply(Input::StartWorkflowTask { scheduled_event_id: 2, attempt: 1, poller: poller("old") })
            .unwrap();
        died(&mut run).unwrap();
        assert_eq!(run.last(1), [E::WorkflowTaskTimedOut]);
        let task = run.take_task();
        run.complete(&task, vec![schedule("a")]).unwrap();
        let scheduled_event_id = *run.state.activities.keys().next().unwrap();
        run.apply(Input::StartActivity { scheduled_event_id, attempt: 1, poller: poller("old") }).unwrap();
        died(&mut run).unwrap();
        assert_eq!(run.state.activities.values().next().unwrap().attempt, 2);
    }

    #[test]
    fn what_others_hold_is_left_alone() {
        let (mut run, _) = Played::with_task();
        assert_eq!(died(&mut run), Err(Refusal::NothingDue));
        assert!(run.state.workflow_task_runs());
    }
}
