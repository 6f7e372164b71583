//! What time does to a run.

use crate::draft::Draft;
use crate::effect::Answer;
use crate::input::StartRun;
use crate::refusal::Refusal;
use crate::state::{PendingActivity, RunState, WorkflowTask};
use crate::transition::activity_time_out::deadlines;

impl RunState {
    /// The earliest instant (unix nanoseconds) at which something is due that nobody else brings about.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        if !self.is_open() {
            return None;
        }
        let own = [self.run_expires_ns, self.execution_expires_ns, self.first_task_due_ns];
        let task = self.workflow_task.as_ref().map_or(0, workflow_task_due);
        let timers = self.timers.values().map(|timer| timer.fire_ns);
        let activities = self.activities.values().flat_map(activity_due);
        own.into_iter().chain([task]).filter(|due| *due > 0).chain(timers).chain(activities).min()
    }
}

fn workflow_task_due(task: &WorkflowTask) -> i64 {
    if task.is_started() { task.close_due_ns() } else { task.start_due_ns }
}

fn activity_due(activity: &PendingActivity) -> impl Iterator<Item = i64> + use<> {
    let offered = if activity.backs_off { activity.scheduled_ns } else { 0 };
    deadlines(activity).map(|(at_ns, _)| at_ns).chain([offered]).filter(|due| *due > 0)
}

impl Draft {
    /// Lets everything happen that is due.
    pub(crate) fn pass_time(
        &mut self,
        successor_run_id: &str,
        began_with: Option<&StartRun>,
    ) -> Result<Answer, Refusal> {
        let mut any = self.offer_first_task_if_due();
        any |= self.fire_timers_if_due();
        any |= self.time_out_activities_if_due();
        any |= self.offer_activities_if_due();
        any |= self.time_out_workflow_task_if_due();
        any |= self.time_out_run_if_due(successor_run_id, began_with);
        if any { Ok(Answer::Nothing) } else { Err(Refusal::NothingDue) }
    }
}
