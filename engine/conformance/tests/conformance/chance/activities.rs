//! Activities: taken, answered (now and then twice), and left to their time-outs.

use anyhow::Result;
use engine_conformance::command::{activity, application_failure, retries, schedule, seconds};
use temporalio_protos::temporal::api::command::v1::{
    Command, ScheduleActivityTaskCommandAttributes as Activity,
};
use temporalio_protos::temporal::api::enums::v1::PendingActivityState;
use temporalio_protos::temporal::api::workflow::v1::PendingActivityInfo;
use temporalio_protos::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;

use super::play::Play;
use super::waiting::until;

/// Longer than any play.
const LONG: i64 = 1_000;

/// Which of its time-outs an activity meets.
#[derive(Clone, Copy, Debug)]
enum Late {
    NobodyTakesIt,
    ItsWorkerVanishes,
    ItsWorkerVanishesTwice,
    NoHeartbeat,
    AllItsTimeIsOver,
}

impl Play<'_> {
    pub(super) async fn take_activity(
        &mut self,
        described: &DescribeWorkflowExecutionResponse,
    ) -> Result<()> {
        // One that backs off is waited for: whether it still does depends on the clock.
        let waits = |it: &&PendingActivityInfo| it.state == PendingActivityState::Scheduled as i32;
        let mut waiting: Vec<&str> =
            described.pending_activities.iter().filter(waits).map(|it| it.activity_id.as_str()).collect();
        waiting.sort_unstable();
        let Some(id) = self.dice.pick(&waiting) else { return Ok(()) };
        let task = self.scene.activity_task_from(self.scene.queue_named(id)).await?;
        self.activities.push(task);
        Ok(())
    }

    pub(super) async fn answer_activity(&mut self) {
        if self.activities.is_empty() {
            return;
        }
        let s = self.scene;
        let at = self.dice.below(self.activities.len());
        let chosen = self.dice.below(8);
        // Now and then an answer is given twice.
        let task = if chosen < 2 { self.activities[at].clone() } else { self.activities.swap_remove(at) };
        match chosen {
            0 => s.outcome("heartbeat", &s.try_heartbeat(&task, "half").await),
            1 => s.outcome("done, and kept", &s.try_complete_activity(&task, "done").await),
            2 => s.outcome("cancelled", &s.try_cancel_activity(&task).await),
            3 => {
                let failure = application_failure("hopeless", true);
                s.outcome("failed for good", &s.try_fail_activity(&task, failure).await);
            }
            4 => {
                let failure = application_failure("it broke", false);
                s.outcome("failed", &s.try_fail_activity(&task, failure).await);
            }
            _ => s.outcome("done", &s.try_complete_activity(&task, "done").await),
        }
    }

    /// An activity with all the time in the world, on a queue of its own: the order within one is not
    /// promised.
    fn unhurried(&self, id: &str) -> Activity {
        Activity {
            task_queue: self.scene.queue_named(id),
            schedule_to_close_timeout: seconds(LONG),
            schedule_to_start_timeout: seconds(LONG),
            start_to_close_timeout: seconds(LONG),
            ..activity(self.scene, id)
        }
    }

    pub(super) fn schedule_one(&mut self) -> Command {
        let id = self.fresh("activity");
        let retry_policy = if self.dice.one_in(3) { retries(3) } else { retries(1) };
        schedule(Activity { retry_policy, ..self.unhurried(&id) })
    }

    /// Completes the held task with an activity that meets one of its time-outs.
    pub(super) async fn let_an_activity_time_out(&mut self, is_followed: bool) -> Result<()> {
        let late = [
            Late::NobodyTakesIt,
            Late::ItsWorkerVanishes,
            Late::ItsWorkerVanishesTwice,
            Late::NoHeartbeat,
            Late::AllItsTimeIsOver,
        ];
        let late = late[self.dice.below(late.len())];
        let id = self.fresh("activity");
        let plain = Activity { retry_policy: retries(1), ..self.unhurried(&id) };
        let scheduled = match late {
            Late::NobodyTakesIt => Activity { schedule_to_start_timeout: seconds(1), ..plain },
            Late::ItsWorkerVanishes => Activity { start_to_close_timeout: seconds(1), ..plain },
            Late::ItsWorkerVanishesTwice => {
                Activity { start_to_close_timeout: seconds(1), retry_policy: retries(2), ..plain }
            }
            Late::NoHeartbeat => {
                Activity { heartbeat_timeout: seconds(1), retry_policy: retries(2), ..plain }
            }
            Late::AllItsTimeIsOver => {
                Activity { schedule_to_close_timeout: seconds(2), retry_policy: retries(2), ..plain }
            }
        };
        if !self.complete_held(vec![schedule(scheduled)], is_followed).await? {
            return Ok(());
        }
        match late {
            Late::NobodyTakesIt | Late::AllItsTimeIsOver => {}
            Late::ItsWorkerVanishes => self.take_and_vanish(&id).await?,
            Late::ItsWorkerVanishesTwice => {
                self.take_and_vanish(&id).await?;
                self.take_and_vanish(&id).await?;
            }
            Late::NoHeartbeat => {
                let task = self.scene.activity_task_from(self.scene.queue_named(&id)).await?;
                self.scene.outcome("heartbeat", &self.scene.try_heartbeat(&task, "half").await);
                self.take_and_vanish(&id).await?;
            }
        }
        until("the activity's time-out", async || {
            let described = self.described().await?;
            Ok(!described.pending_activities.iter().any(|it| it.activity_id == id))
        })
        .await
    }

    async fn take_and_vanish(&mut self, id: &str) -> Result<()> {
        self.scene.activity_task_from(self.scene.queue_named(id)).await.map(|_| ())
    }
}
