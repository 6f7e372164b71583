//! Random interleavings: whatever clients and workers do in whatever order, both homes write the same history.
//!
//! Each seed makes one run. What is done next depends on the seed and on what the home says is pending, so a
//! home that strays is led further astray, and shows. A failure names its seed; `TIDINGS_SEED` plays it alone.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, application_failure, cancel_activity, cancel_timer, cancel_workflow, complete_workflow,
    continue_as_new, fail_workflow, go_on, marker, retries, schedule, seconds, start_timer,
};
use temporalio_protos::temporal::api::command::v1::{
    Command, ScheduleActivityTaskCommandAttributes as Activity,
};
use temporalio_protos::temporal::api::enums::v1::{PendingActivityState, WorkflowTaskFailedCause};
use temporalio_protos::temporal::api::workflow::v1::PendingActivityInfo;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionResponse, PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
    RequestCancelWorkflowExecutionRequest, StartWorkflowExecutionRequest as Start,
};

/// Seeds of an ordinary run; a soak plays more.
const SEEDS: u64 = 24;
const SEEDS_OF_A_SOAK: u64 = 1_000;
/// Longer than a busy machine keeps an answer, shorter than the scene's patience.
const WORKFLOW_TASK_SECONDS: i64 = 15;
/// They wait for each other's disk and clock, not for the processor.
const SEEDS_TOGETHER: usize = 8;
/// What is done with one run, at most.
const STEPS: usize = 40;

/// A small generator: the same numbers for the same seed, everywhere.
struct Chance(u64);

impl Chance {
    /// A number below `bound` (SplitMix64).
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or(0)
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

/// What client and worker hold while they play one run.
struct Play<'a> {
    scene: &'a Scene,
    chance: Chance,
    workflow_task: Option<PollWorkflowTaskQueueResponse>,
    activities: Vec<PollActivityTaskQueueResponse>,
    /// Numbers names that may be used once only.
    named: usize,
    timers: Vec<String>,
    /// Scheduled event ids, as the worker reads them in the histories of its tasks.
    scheduled: Vec<i64>,
}

impl<'a> Play<'a> {
    fn new(scene: &'a Scene, seed: u64) -> Self {
        Self {
            scene,
            chance: Chance(seed),
            workflow_task: None,
            activities: Vec::new(),
            named: 0,
            timers: Vec::new(),
            scheduled: Vec::new(),
        }
    }

    fn fresh(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{what}-{}", self.named)
    }

    /// One thing that a client or worker does. Returns whether the run is still open.
    async fn step(&mut self, run_id: &str) -> Result<bool> {
        let s = self.scene;
        // A run that went on has another current run, which waits.
        let described = s.try_describe("w", run_id).await?;
        if described.workflow_execution_info.as_ref().is_none_or(|info| info.close_time.is_some()) {
            return Ok(false);
        }
        match self.chance.below(10) {
            0 | 1 => {
                let signal = self.fresh("signal");
                s.outcome("signal", &s.try_signal(s.signal_request("w", &signal)).await);
            }
            2 if self.chance.one_in(6) => {
                let request_id = self.fresh("request");
                let request = RequestCancelWorkflowExecutionRequest { request_id, ..s.cancel_request("w") };
                s.outcome("cancel", &s.try_cancel(request).await);
            }
            3 if self.chance.one_in(25) => {
                s.outcome("terminate", &s.try_terminate(s.terminate_request("w")).await)
            }
            4 | 5 => self.take_activity(&described).await?,
            6 | 7 => self.answer_activity().await,
            _ => self.go_on_with_the_workflow_task(&described).await?,
        }
        Ok(true)
    }

    async fn take_activity(&mut self, described: &DescribeWorkflowExecutionResponse) -> Result<()> {
        // One that backs off is waited for: whether it still does depends on the clock.
        let waits = |it: &&PendingActivityInfo| it.state == PendingActivityState::Scheduled as i32;
        let mut waiting: Vec<&str> =
            described.pending_activities.iter().filter(waits).map(|it| it.activity_id.as_str()).collect();
        waiting.sort_unstable();
        if waiting.is_empty() {
            return Ok(());
        }
        let id = waiting[self.chance.below(waiting.len())];
        let task = self.scene.activity_task_from(self.scene.queue_named(id)).await?;
        self.activities.push(task);
        Ok(())
    }

    async fn answer_activity(&mut self) {
        if self.activities.is_empty() {
            return;
        }
        let s = self.scene;
        let at = self.chance.below(self.activities.len());
        let chosen = self.chance.below(8);
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

    async fn go_on_with_the_workflow_task(
        &mut self,
        described: &DescribeWorkflowExecutionResponse,
    ) -> Result<()> {
        let s = self.scene;
        let Some(task) = self.workflow_task.take() else {
            if described.pending_workflow_task.is_some() {
                let task = s.workflow_task().await?;
                self.read(&task);
                self.workflow_task = Some(task);
            }
            return Ok(());
        };
        if self.chance.one_in(10) {
            let cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
            s.outcome("task failed", &s.try_fail_workflow_task(&task, cause).await);
            return Ok(());
        }
        let commands = self.commands();
        s.outcome("task completed", &s.try_complete(s.completion(&task, commands)).await);
        Ok(())
    }

    /// Learns the activities that were scheduled.
    fn read(&mut self, task: &PollWorkflowTaskQueueResponse) {
        use temporalio_protos::temporal::api::enums::v1::EventType;
        let events = task.history.iter().flat_map(|history| &history.events);
        let scheduled = events.filter(|event| event.event_type == EventType::ActivityTaskScheduled as i32);
        self.scheduled = scheduled.map(|event| event.event_id).collect();
    }

    fn commands(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        for _ in 0..self.chance.below(4) {
            commands.extend(self.command());
        }
        if self.chance.one_in(12) {
            commands.push(self.end());
        }
        commands
    }

    fn command(&mut self) -> Option<Command> {
        let s = self.scene;
        match self.chance.below(8) {
            0 => Some(marker("marker")),
            1 | 2 => {
                let id = self.fresh("timer");
                self.timers.push(id.clone());
                Some(start_timer(&id, 1_000))
            }
            3 if !self.timers.is_empty() => {
                let at = self.chance.below(self.timers.len());
                // Mostly one that runs; some are cancelled twice, which is refused.
                let id =
                    if self.chance.one_in(8) { self.timers[at].clone() } else { self.timers.swap_remove(at) };
                Some(cancel_timer(&id))
            }
            4 if !self.scheduled.is_empty() => {
                let at = self.chance.below(self.scheduled.len());
                Some(cancel_activity(self.scheduled[at]))
            }
            5..8 => {
                let id = self.fresh("activity");
                let retried = self.chance.one_in(3);
                let retry_policy = if retried { retries(3) } else { retries(1) };
                let task_queue = s.queue_named(&id);
                Some(schedule(Activity {
                    task_queue,
                    retry_policy,
                    schedule_to_close_timeout: seconds(1_000),
                    schedule_to_start_timeout: seconds(1_000),
                    start_to_close_timeout: seconds(1_000),
                    ..activity(s, &id)
                }))
            }
            _ => None,
        }
    }

    fn end(&mut self) -> Command {
        match self.chance.below(4) {
            0 => fail_workflow("it broke"),
            1 => cancel_workflow(),
            2 => go_on(continue_as_new(self.scene, "next")),
            _ => complete_workflow("result"),
        }
    }
}

async fn play(s: &Scene, seed: u64) -> Result<()> {
    // A task whose second attempt is refused, too, is offered again when its time is over.
    let request = Start { workflow_task_timeout: seconds(WORKFLOW_TASK_SECONDS), ..s.start_request("w") };
    let run_id = s.start_with(request).await?;
    let mut play = Play::new(s, seed);
    for _ in 0..STEPS {
        if !play.step(&run_id).await? {
            break;
        }
    }
    s.record_history_of("w", &run_id).await?;
    s.outcome("terminate", &s.try_terminate(s.terminate_request("w")).await);
    Ok(())
}

fn seeds() -> std::ops::Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "which seeds to play, not a setting of the product")]
    let (seed, soak) = (std::env::var("TIDINGS_SEED").ok(), std::env::var_os("TIDINGS_SOAK").is_some());
    match seed.and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None if soak => 0..SEEDS_OF_A_SOAK,
        None => 0..SEEDS,
    }
}

#[tokio::test]
async fn both_homes_write_the_same_history_whatever_happens() {
    let seeds: Vec<u64> = seeds().collect();
    for together in seeds.chunks(SEEDS_TOGETHER) {
        let plays = together.iter().map(|seed| async move {
            let named = format!("seed {seed}, alone with TIDINGS_SEED={seed}");
            crate::judge::judge_named(&named, async |s: &Scene| play(s, *seed).await).await;
        });
        futures::future::join_all(plays).await;
    }
}
