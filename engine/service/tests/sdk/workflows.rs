//! Workflows for the tests.

use std::time::Duration;

use temporalio_common::RetryPolicy;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, ChildWorkflowOptions, ContinueAsNewOptions,
    SignalWorkflowOptions, SyncWorkflowContext, WorkflowCancellationToken, WorkflowContext,
    WorkflowContextView, WorkflowResult,
};

use super::activities::Activities;

fn within(seconds: u64) -> ActivityOptions {
    ActivityOptions::start_to_close_timeout(Duration::from_secs(seconds))
}

#[workflow]
#[derive(Default)]
pub(crate) struct OneActivity;

#[workflow_methods]
impl OneActivity {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, number: u64) -> WorkflowResult<u64> {
        Ok(ctx.execute_activity(Activities::increment, number, within(30)).await?)
    }
}

#[workflow]
#[derive(Default)]
pub(crate) struct Flaky;

#[workflow_methods]
impl Flaky {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, attempt: u32) -> WorkflowResult<u32> {
        let policy =
            RetryPolicy::builder().initial_interval(Duration::from_millis(20)).maximum_attempts(5).build();
        let options =
            ActivityOptions::with_start_to_close_timeout(Duration::from_secs(5)).retry_policy(policy);
        Ok(ctx.execute_activity(Activities::succeed_at, attempt, options.build()).await?)
    }
}

#[workflow]
#[derive(Default)]
pub(crate) struct Sleeper;

#[workflow_methods]
impl Sleeper {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, seconds: u64) -> WorkflowResult<u64> {
        ctx.timer(Duration::from_secs(seconds)).await;
        Ok(ctx.execute_activity(Activities::increment, seconds, within(30)).await?)
    }
}

/// Counts signals until it has heard enough.
#[workflow]
pub(crate) struct Counter {
    wanted: u64,
    heard: u64,
    limit: u64,
}

#[workflow_methods]
impl Counter {
    #[init]
    fn new(_ctx: &WorkflowContextView, wanted: u64) -> Self {
        Self { wanted, heard: 0, limit: 10 }
    }

    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<u64> {
        ctx.wait_condition(|state| state.heard >= state.wanted).await?;
        Ok(ctx.state(|state| state.heard))
    }

    #[signal]
    pub(crate) fn add(&mut self, _ctx: &mut SyncWorkflowContext<Self>, number: u64) {
        self.heard += number;
    }

    #[query]
    pub(crate) fn heard(&self, _ctx: &WorkflowContextView) -> u64 {
        self.heard
    }

    #[update_validator(set_limit)]
    fn check_limit(
        &self,
        _ctx: &WorkflowContextView,
        limit: &u64,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if *limit == 0 { Err("a limit of nothing".into()) } else { Ok(()) }
    }

    /// Gives the limit before; takes a moment.
    #[update]
    pub(crate) async fn set_limit(ctx: &mut WorkflowContext<Self>, limit: u64) -> u64 {
        let before = ctx.state_mut(|state| std::mem::replace(&mut state.limit, limit));
        ctx.timer(Duration::from_millis(20)).await;
        before
    }
}

/// Continues as new until the last round.
#[workflow]
#[derive(Default)]
pub(crate) struct Rounds;

#[workflow_methods]
impl Rounds {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, round: (u32, u32)) -> WorkflowResult<u32> {
        if round.0 < round.1 {
            ctx.continue_as_new((round.0 + 1, round.1), ContinueAsNewOptions::default())?;
        }
        Ok(round.0)
    }
}

/// Cleans up after it was cancelled.
#[workflow]
#[derive(Default)]
pub(crate) struct Cancellable;

#[workflow_methods]
impl Cancellable {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<String> {
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(300))
            .heartbeat_timeout(Duration::from_secs(5))
            .build();
        match ctx.execute_activity(Activities::until_cancelled, (), options).await {
            Ok(()) => Ok("done".to_owned()),
            Err(ActivityExecutionError::Cancelled(_)) => {
                let mut options = within(10);
                options.cancellation_token = Some(WorkflowCancellationToken::new());
                let cleaned = ctx.execute_activity(Activities::increment, 1_u64, options).await?;
                let reason = ctx.cancellation_token().reason().unwrap_or_default();
                Ok(format!("cancelled ({reason}), cleaned up {cleaned}"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Its activity falls silent.
#[workflow]
#[derive(Default)]
pub(crate) struct Silent;

#[workflow_methods]
impl Silent {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<u32> {
        let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(60))
            .heartbeat_timeout(Duration::from_secs(1))
            .retry_policy(RetryPolicy::builder().initial_interval(Duration::from_millis(10)).build())
            .build();
        Ok(ctx.execute_activity(Activities::fall_silent, (), options).await?)
    }
}

/// Fails.
#[workflow]
#[derive(Default)]
pub(crate) struct Failing;

#[workflow_methods]
impl Failing {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<u32> {
        let policy = RetryPolicy::builder().maximum_attempts(1).build();
        let options =
            ActivityOptions::with_start_to_close_timeout(Duration::from_secs(5)).retry_policy(policy);
        Ok(ctx.execute_activity(Activities::succeed_at, 2_u32, options.build()).await?)
    }
}

/// Waits for a child that continues as new.
#[workflow]
#[derive(Default)]
pub(crate) struct Parent;

#[workflow_methods]
impl Parent {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, child: String) -> WorkflowResult<u32> {
        let options = ChildWorkflowOptions::workflow_id(child);
        let started = ctx.start_child_workflow(Rounds::run, (1_u32, 2_u32), options).await?;
        Ok(started.result().await?)
    }
}

/// Signals another workflow and cancels a third.
#[workflow]
#[derive(Default)]
pub(crate) struct Messenger;

#[workflow_methods]
impl Messenger {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, to: (String, String)) -> WorkflowResult<bool> {
        let counter = ctx.external_workflow(to.0, None);
        counter.signal(Counter::add, 1, SignalWorkflowOptions::default()).await?;
        let nobody = ctx.external_workflow("nobody", None);
        let is_lost = nobody.signal(Counter::add, 1, SignalWorkflowOptions::default()).await.is_err();
        ctx.external_workflow(to.1, None).cancel(None).await?;
        Ok(is_lost)
    }
}
