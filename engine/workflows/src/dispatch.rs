//! Turns sleeping rows into publication workflows shortly before they are due.

use std::time::Duration;

use activities_contract::DispatchRun;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowResult, workflows,
};

use crate::patience;

/// Rounds in one run; a run's history then has some thousand events.
const ROUNDS_MAX: u32 = 500;

/// `dispatch`: one for the installation. A round starts what is due soon and says when to look again.
#[workflow]
#[derive(Default)]
pub struct Dispatch {
    /// How often somebody said that rows became due earlier than the last round knew.
    wakes: u64,
}

#[workflow_methods]
impl Dispatch {
    #[run(name = "dispatch")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<()> {
        for _ in 0..ROUNDS_MAX {
            let seen = ctx.state(|state| state.wakes);
            let round = ctx.execute_activity(DispatchRun, (), patience::ledger()).await?;
            workflows::select! {
                _ = ctx.timer(Duration::from_millis(round.next_ms)) => {}
                woken = ctx.wait_condition(|state| state.wakes != seen) => { woken?; }
            }
            if ctx.continue_as_new_suggested() {
                break;
            }
        }
        ctx.continue_as_new((), ContinueAsNewOptions::default())?;
        Ok(())
    }

    /// Rows were written or moved: look at once.
    #[signal]
    pub fn wake(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _input: ()) {
        self.wakes += 1;
    }
}
