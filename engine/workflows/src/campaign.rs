//! One campaign: holds its gates and opens them in the ledger when what they wait for has happened.

use std::time::Duration;

use activities_contract::{CampaignAdvance, CampaignRef};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{
    ContinueAsNewOptions, SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult,
    workflows,
};

use crate::patience;

/// `campaign/<organization>/<campaign>`: started or signalled by the outbox whenever a revision was
/// applied or a publication settled; ends when no gate is left that could still open.
#[workflow]
#[derive(Default)]
pub struct Campaign {
    /// How often something happened that gates may wait for.
    news: u64,
    /// Posts behind closed gates after the last look.
    waiting: u64,
}

#[workflow_methods]
impl Campaign {
    #[run(name = "campaign")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, campaign: CampaignRef) -> WorkflowResult<()> {
        loop {
            let seen = ctx.state(|state| state.news);
            let step = ctx.execute_activity(CampaignAdvance, campaign.clone(), patience::delivery()).await?;
            ctx.state_mut(|state| state.waiting = step.waiting);
            if ctx.state(|state| state.news) != seen {
                continue;
            }
            if step.waiting == 0 {
                return Ok(());
            }
            if ctx.continue_as_new_suggested() {
                ctx.continue_as_new(campaign.clone(), ContinueAsNewOptions::default())?;
            }
            match step.next_ms {
                None => ctx.wait_condition(|state| state.news != seen).await?,
                Some(next_ms) => workflows::select! {
                    _ = ctx.timer(Duration::from_millis(next_ms)) => {}
                    heard = ctx.wait_condition(|state| state.news != seen) => { heard?; }
                },
            }
        }
    }

    /// A revision was applied.
    #[signal]
    pub fn revised(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _input: ()) {
        self.news += 1;
    }

    /// A publication of the campaign settled.
    #[signal]
    pub fn settled(&mut self, _ctx: &mut SyncWorkflowContext<Self>, _input: ()) {
        self.news += 1;
    }

    /// Posts behind gates that are still closed.
    #[query]
    pub fn waiting(&self, _ctx: &WorkflowContextView) -> u64 {
        self.waiting
    }
}
