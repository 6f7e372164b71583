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
