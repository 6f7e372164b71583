//! One run, played by a seed.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::seconds;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionResponse, PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse,
    RequestCancelWorkflowExecutionRequest, StartWorkflowExecutionRequest as Start,
};

use super::dice::Dice;
use super::waiting::is_open;

/// What is done with one run, at most.
const STEPS: usize = 32;
/// Longer than anything that is done while a workflow task is held.
const PATIENT_TASK_SECONDS: i64 = 60;
/// Longer than a busy machine needs for a few answers; a play that lets tasks time out waits so long.
const IMPATIENT_TASK_SECONDS: i64 = 5;
/// What may be done while such a task is held.
const STEPS_WITH_AN_IMPATIENT_TASK: usize = 2;

/// A workflow task that the worker works on.
pub(super) struct Held {
    pub(super) task: PollWorkflowTaskQueueResponse,
    /// What was done since the worker got it; events may wait for its end.
    pub(super) steps: usize,
}

/// What clients and workers hold while they play one run.
pub(super) struct Play<'a> {
    pub(super) scene: &'a Scene,
    pub(super) dice: Dice,
    pub(super) run_id: String,
    /// Whether its workflow tasks may be held as long as anything else takes.
    pub(super) is_patient: bool,
    pub(super) held: Option<Held>,
    /// Workflow tasks that were completed.
    pub(super) completed: usize,
    pub(super) activities: Vec<PollActivityTaskQueueResponse>,
    /// Numbers names that may be used once only.
    named: usize,
    pub(super) timers: Vec<String>,
    /// Scheduled event ids, as the worker reads them in the histories of its tasks.
    pub(super) scheduled: Vec<i64>,
    pub(super) children: Vec<String>,
}

/// Plays a run to its end, or for a while, and writes down what became of it.
pub(super) async fn play(s: &Scene, seed: u64) -> Result<()> {
    let is_patient = seed % 4 != 3;
    let task_seconds = if is_patient { PATIENT_TASK_SECONDS } else { IMPATIENT_TASK_SECONDS };
    let request = Start { workflow_task_timeout: seconds(task_seconds), ..s.start_request("w") };
    let run_id = s.start_with(request).await?;
    let mut play = Play {
        scene: s,
        dice: Dice::new(seed),
        run_id,
        is_patient,
        held: None,
        completed: 0,
        activities: Vec::new(),
        named: 0,
        timers: Vec::new(),
        scheduled: Vec::new(),
        children: Vec::new(),
    };
    for _ in 0..STEPS {
        if !play.step().await? {
            break;
        }
    }
    play.end().await
}

impl Play<'_> {
    pub(super) fn fresh(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{what}-{}", self.named)
    }

    /// One thing that a client or worker does. Returns whether the run was still open.
    async fn step(&mut self) -> Result<bool> {
        // A run that went on has another current run, which waits.
        let described = self.described().await?;
        if !is_open(&described) {
            return Ok(false);
        }
        if let Some(held) = &mut self.held {
            held.steps += 1;
            if !self.is_patient && held.steps > STEPS_WITH_AN_IMPATIENT_TASK {
                self.go_on_with_the_workflow_task(&described).await?;
                return Ok(true);
            }
        }
        match self.dice.below(17) {
            0..3 => self.client_calls().await,
            3 | 4 => self.take_activity(&described).await?,
            5 | 6 => self.answer_activity().await,
            7 => self.look_after_a_child().await?,
            8 => self.query(&described).await?,
            9 => self.update(&described).await?,
            10 => self.scene.home().restart().await?,
            _ => self.go_on_with_the_workflow_task(&described).await?,
        }
        Ok(true)
    }

    async fn client_calls(&mut self) {
        let s = self.scene;
        match self.dice.below(40) {
            0..4 => {
                let request_id = self.fresh("request");
                let request = RequestCancelWorkflowExecutionRequest { request_id, ..s.cancel_request("w") };
                s.outcome("cancel", &s.try_cancel(request).await);
            }
            4 => s.outcome("terminate", &s.try_terminate(s.terminate_request("w")).await),
            5..8 => {
                let signal = self.fresh("signal");
                let request = s.signal_with_start_request("w", &signal);
                s.outcome("signal with start", &s.try_signal_with_start(request).await);
            }
            _ => {
                let signal = self.fresh("signal");
                s.outcome("signal", &s.try_signal(s.signal_request("w", &signal)).await);
            }
        }
    }

    async fn end(&mut self) -> Result<()> {
        let s = self.scene;
        s.record_history_of("w", &self.run_id).await?;
        s.outcome("terminate", &s.try_terminate(s.terminate_request("w")).await);
        s.record_history("w").await?;
        self.until_children_know().await?;
        for child in &self.children {
            s.record_history(child).await?;
        }
        if self.completed > 0 && self.dice.one_in(4) {
            self.query_of_a_closed_run().await?;
        }
        Ok(())
    }
}

pub(super) fn has_task(described: &DescribeWorkflowExecutionResponse) -> bool {
    described.pending_workflow_task.is_some()
}
