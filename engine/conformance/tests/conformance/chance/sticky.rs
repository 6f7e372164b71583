//! Workers that keep a run in their cache, and vanish with it.

use anyhow::Result;
use engine_conformance::command::marker;
use temporalio_protos::temporal::api::workflowservice::v1::ShutdownWorkerRequest;

use super::play::Play;

/// What becomes of a worker that keeps the run.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It never asks for tasks.
    NeverPolls,
    /// It gets the next task.
    Lives,
    /// It gets the next task, and is not seen again.
    Vanishes,
    /// It gets the next task, and says goodbye.
    ShutsDown,
}

/// Shorter than anybody waits, longer than a busy home needs.
const SCHEDULE_TO_START_SECONDS: i64 = 2;
const LONG: i64 = 1_000;

impl Play<'_> {
    /// Completes the held task by a worker that keeps the run, and holds the task after that.
    pub(super) async fn stick(&mut self) -> Result<()> {
        let s = self.scene;
        let Some(held) = self.held.take() else { return Ok(()) };
        let sticky = self.fresh("sticky");
        // With news waiting, the next task is offered before anybody polls for it.
        let has_news = held.steps > 0;
        let fate = match self.dice.below(4) {
            _ if has_news => Fate::NeverPolls,
            0 => Fate::NeverPolls,
            1 => Fate::Vanishes,
            2 => Fate::ShutsDown,
            _ => Fate::Lives,
        };
        let completion = s.sticky_completion(&held.task, [marker("kept")], &sticky, LONG);
        let answer = s.try_complete(completion).await;
        let accepted = answer.is_ok();
        s.outcome("kept", &answer.map(|_| ()));
        if !accepted {
            return Ok(());
        }
        self.completed += 1;
        let signal = self.fresh("signal");
        if let Fate::NeverPolls = fate {
            s.signal("w", &signal).await?;
            let task = s.workflow_task().await?;
            self.hold(task);
            return Ok(());
        }
        let task = s.sticky_workflow_task_after(&sticky, s.signal("w", &signal)).await?;
        self.hold(task);
        match fate {
            Fate::NeverPolls | Fate::Lives => Ok(()),
            Fate::Vanishes => self.vanish(&sticky).await,
            Fate::ShutsDown => self.shut_down(&sticky).await,
        }
    }

    async fn vanish(&mut self, sticky: &str) -> Result<()> {
        let s = self.scene;
        let Some(held) = self.held.take() else { return Ok(()) };
        let completion = s.sticky_completion(&held.task, [], sticky, SCHEDULE_TO_START_SECONDS);
        s.outcome("kept again", &s.try_complete(completion).await.map(|_| ()));
        self.completed += 1;
        let signal = self.fresh("signal");
        s.signal("w", &signal).await?;
        // It polled a moment ago: the home waits for it until the time-out.
        let task = s.workflow_task().await?;
        self.hold(task);
        Ok(())
    }

    async fn shut_down(&mut self, sticky: &str) -> Result<()> {
        let s = self.scene;
        let Some(held) = self.held.take() else { return Ok(()) };
        let completion = s.sticky_completion(&held.task, [], sticky, LONG);
        s.outcome("kept again", &s.try_complete(completion).await.map(|_| ()));
        self.completed += 1;
        let request = ShutdownWorkerRequest {
            namespace: s.namespace(),
            sticky_task_queue: s.name(sticky),
            identity: "worker".to_owned(),
            reason: "enough".to_owned(),
            ..ShutdownWorkerRequest::default()
        };
        let answer = s.service().shutdown_worker(tonic::Request::new(request)).await;
        s.outcome("shutdown", &answer.map(|_| ()));
        let signal = self.fresh("signal");
        s.signal("w", &signal).await?;
        let task = s.workflow_task().await?;
        self.hold(task);
        Ok(())
    }
}
