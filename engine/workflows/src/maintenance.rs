//! What is done from time to time for the whole installation, each started by its schedule.

use activities_contract::{
    CleanUpRun, CleanedUp, CollectedMetrics, DriftLook, MetricsCollect, SeenDrift, SweptTokens, TokensSweep,
};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_workflow::{WorkflowContext, WorkflowResult};

use crate::patience;

/// `token-sweep`: every token is refreshed before it ends. Fails when ledger or vault do, so that the
/// schedule shows it.
#[workflow]
#[derive(Default)]
pub struct TokenSweep;

#[workflow_methods]
impl TokenSweep {
    #[run(name = "token-sweep")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<SweptTokens> {
        Ok(ctx.execute_activity(TokensSweep, (), patience::maintenance()).await?)
    }
}

/// `clean-up`: what nobody needs any more is cleared away.
#[workflow]
#[derive(Default)]
pub struct CleanUp;

#[workflow_methods]
impl CleanUp {
    #[run(name = "clean-up")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<CleanedUp> {
        Ok(ctx.execute_activity(CleanUpRun, (), patience::maintenance()).await?)
    }
}

/// `metrics`: how posts do is counted where its time has come.
#[workflow]
#[derive(Default)]
pub struct Metrics;

#[workflow_methods]
impl Metrics {
    #[run(name = "metrics")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<CollectedMetrics> {
        Ok(ctx.execute_activity(MetricsCollect, (), patience::maintenance()).await?)
    }
}

/// `drift`: what people deleted or changed on the platforms is noticed.
#[workflow]
#[derive(Default)]
pub struct Drift;

#[workflow_methods]
impl Drift {
    #[run(name = "drift")]
    pub async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<SeenDrift> {
        Ok(ctx.execute_activity(DriftLook, (), patience::maintenance()).await?)
    }
}
