//! One publication on its way out: minutes to hours, from shortly before it is due until it is settled.

use std::time::Duration;

use activities_contract::{DeliveryAdvance, PublicationRef, Step};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowResult, workflows,
};

use crate::patience;

/// `publication/<id>`: advance, wait as told, advance again.
#[workflow]
#[derive(Default)]
pub struct Publication {
    /// How often somebody said that the ledger's row has changed.
    changes: u64,
}

#[workflow_methods]
impl Publication {
    /// Returns the ledger state that it settled in.
    #[run(name = "publication")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, publication: PublicationRef) -> WorkflowResult<String> {
        loop {
            let seen = ctx.state(|state| state.changes);
            let step =
                ctx.execute_activity(DeliveryAdvance, publication.clone(), patience::delivery()).await?;
            let changed = ctx.state(|state| state.changes) != seen;
            match step {
                _ if changed => {}
                Step::Settled { state } => return Ok(state),
                Step::Wait { wait_ms, why: _ } => workflows::select! {
                    _ = ctx.timer(Duration::from_millis(wait_ms)) => {}
                    changed = ctx.wait_condition(|state| state.changes != seen) => { changed?; }
                },
            }
            if ctx.continue_as_new_suggested() {
                ctx.continue_as_new(publication.clone(), ContinueAsNewOptions::default())?;
            }
        }
    }

    /// The row was edited, cancelled, moved or resolved: look again.
    #[signal]
    pub fn changed(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _input: ()) {
        self.changes += 1;
    }
}
