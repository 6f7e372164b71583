//! Workflow tasks: taken, completed with all kinds of commands, failed, abandoned.

use std::time::Duration;

use anyhow::Result;
use engine_conformance::command::{
    cancel_activity, cancel_timer, cancel_workflow, complete_workflow, continue_as_new, fail_workflow, go_on,
    marker, start_timer,
};
use temporalio_protos::temporal::api::command::v1::Command;
use temporalio_protos::temporal::api::enums::v1::{
    EventType, PendingWorkflowTaskState, WorkflowTaskFailedCause,
};
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionResponse, PollWorkflowTaskQueueResponse, RespondWorkflowTaskCompletedRequest,
};

use super::play::{Held, Play, has_task};
use super::waiting::{until, until_run_may_go_on};

/// A timer of a second fires within that on both homes; a real server may be a second late.
const FIRED: Duration = Duration::from_secs(3);

impl Play<'_> {
    pub(super) async fn go_on_with_the_workflow_task(
        &mut self,
        described: &DescribeWorkflowExecutionResponse,
    ) -> Result<()> {
        if self.held.is_none() {
            if has_task(described) {
                let task = self.scene.workflow_task().await?;
                self.hold(task);
            }
            return Ok(());
        }
        match self.dice.below(24) {
            0 | 1 => self.fail_held().await,
            2 if !self.is_patient => self.abandon_held().await?,
            2 => self.let_a_timer_fire_during_a_task().await?,
            3 => self.let_a_timer_fire().await?,
            4 => self.let_an_activity_time_out(false).await?,
            5 if self.is_patient => self.let_an_activity_time_out(true).await?,
            6 | 7 => self.stick().await?,
            8..11 => self.start_a_child().await?,
            11 => self.reach_out().await?,
            _ => {
                let commands = self.commands();
                until_run_may_go_on(&commands).await;
                self.complete_held(commands, false).await?;
            }
        }
        Ok(())
    }

    pub(super) fn hold(&mut self, task: PollWorkflowTaskQueueResponse) {
        self.read(&task);
        self.held = Some(Held { task, steps: 0 });
    }

    /// Learns the activities that were scheduled.
    fn read(&mut self, task: &PollWorkflowTaskQueueResponse) {
        let events = task.history.iter().flat_map(|history| &history.events);
        let scheduled = events.filter(|event| event.event_type == EventType::ActivityTaskScheduled as i32);
        for event in scheduled {
            if !self.scheduled.contains(&event.event_id) {
                self.scheduled.push(event.event_id);
            }
        }
    }

    /// Completes the held task, and holds the next one at once if it `is_followed` by one. Returns whether
    /// the home accepted it.
    pub(super) async fn complete_held(&mut self, commands: Vec<Command>, is_followed: bool) -> Result<bool> {
        let s = self.scene;
        let Some(held) = self.held.take() else { return Ok(false) };
        let completion = RespondWorkflowTaskCompletedRequest {
            return_new_workflow_task: is_followed,
            force_create_new_workflow_task: is_followed,
            ..s.completion(&held.task, commands)
        };
        let answer = s.try_complete(completion).await;
        let next = answer.as_ref().ok().and_then(|answer| answer.workflow_task.clone());
        let accepted = answer.is_ok();
        s.outcome("task completed", &answer.map(|_| ()));
        self.completed += usize::from(accepted);
        if let Some(next) = next {
            s.note_workflow_task(&next);
            self.hold(next);
        }
        Ok(accepted)
    }

    async fn fail_held(&mut self) {
        let Some(held) = self.held.take() else { return };
        let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
        let answer = self.scene.try_fail_workflow_task(&held.task, cause).await;
        self.scene.outcome("task failed", &answer);
    }

    /// The worker vanishes; it comes back when the task is somebody else's.
    async fn abandon_held(&mut self) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        until("the workflow task's time-out", async || {
            let task = self.described().await?.pending_workflow_task;
            Ok(task.is_none_or(|task| task.state == PendingWorkflowTaskState::Scheduled as i32))
        })
        .await?;
        let late = self.scene.completion(&held.task, [marker("too late")]);
        self.scene.outcome("late", &self.scene.try_complete(late).await);
        Ok(())
    }

    async fn let_a_timer_fire(&mut self) -> Result<()> {
        let id = self.fresh("timer");
        if !self.complete_held(vec![start_timer(&id, 1)], false).await? {
            return Ok(());
        }
        until("a timer", async || {
            let events = self.scene.history("w", &self.run_id).await?;
            Ok(events.iter().any(|event| match &event.attributes {
                Some(Attributes::TimerFiredEventAttributes(fired)) => fired.timer_id == id,
                _ => false,
            }))
        })
        .await
    }

    /// Nothing shows that it did before the task ends.
    async fn let_a_timer_fire_during_a_task(&mut self) -> Result<()> {
        let id = self.fresh("timer");
        if self.complete_held(vec![start_timer(&id, 1)], true).await? {
            tokio::time::sleep(FIRED).await;
        }
        Ok(())
    }

    fn commands(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        for _ in 0..self.dice.below(4) {
            commands.extend(self.command());
        }
        if self.dice.one_in(12) {
            commands.push(self.last_command());
        }
        commands
    }

    fn command(&mut self) -> Option<Command> {
        match self.dice.below(8) {
            0 => Some(marker("marker")),
            1 | 2 => {
                let id = self.fresh("timer");
                self.timers.push(id.clone());
                Some(start_timer(&id, 1_000))
            }
            3 if !self.timers.is_empty() => {
                let at = self.dice.below(self.timers.len());
                // Mostly one that runs; some are cancelled twice, which is refused.
                let id =
                    if self.dice.one_in(8) { self.timers[at].clone() } else { self.timers.swap_remove(at) };
                Some(cancel_timer(&id))
            }
            4 => self.dice.pick(&self.scheduled).map(cancel_activity),
            5..8 => Some(self.schedule_one()),
            _ => None,
        }
    }

    fn last_command(&mut self) -> Command {
        match self.dice.below(4) {
            0 => fail_workflow("it broke"),
            1 => cancel_workflow(),
            2 => go_on(continue_as_new(self.scene, "next")),
            _ => complete_workflow("result"),
        }
    }
}
