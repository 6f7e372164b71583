//! The workflows of these scenarios.

use std::time::Duration;

use temporalio_common::RetryPolicy;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, ChildWorkflowOptions, ContinueAsNewOptions,
    LocalActivityOptions, ParentClosePolicy, SignalWorkflowOptions, SyncWorkflowContext,
    WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
};

use super::activities::Activities;

fn within(seconds: u64) -> ActivityOptions {
    ActivityOptions::start_to_close_timeout(Duration::from_secs(seconds))
}

/// Activities one after the other.
#[workflow]
#[derive(Default)]
pub(crate) struct Steps;

#[workflow_methods]
impl Steps {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, steps: u64) -> WorkflowResult<u64> {
        let mut number = 0;
        for _ in 0..steps {
            number = ctx.execute_activity(Activities::increment, number, within(30)).await?;
        }
        Ok(number)
    }
}

/// An activity that fails at first.
#[workflow]
#[derive(Default)]
pub(crate) struct Flaky;

#[workflow_methods]
impl Flaky {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, input: (u32, u32)) -> WorkflowResult<u32> {
        let (attempt, attempts_max) = input;
        let policy = RetryPolicy::builder()
            .initial_interval(Duration::from_millis(20))
            .maximum_attempts(attempts_max)
            .build();
        let options =
            ActivityOptions::with_start_to_close_timeout(Duration::from_secs(30)).retry_policy(policy);
        Ok(ctx.execute_activity(Activities::succeed_at, attempt, options.build()).await?)
    }
}

/// A local activity, a timer, and a local activity that fails at first.
#[workflow]
#[derive(Default)]
pub(crate) struct Local;

#[workflow_methods]
impl Local {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, number: u64) -> WorkflowResult<u64> {
        let options = LocalActivityOptions::builder().start_to_close_timeout(Duration::from_secs(10)).build();
        let number = ctx.execute_local_activity(Activities::increment, number, options).await?;
        ctx.timer(Duration::from_secs(1)).await;
        let policy = RetryPolicy::builder().initial_interval(Duration::from_millis(20)).build();
        let options = LocalActivityOptions::builder()
            .start_to_close_timeout(Duration::from_secs(10))
            .retry_policy(policy)
            .build();
        let attempt = ctx.execute_local_activity(Activities::succeed_at, 2_u32, options).await?;
        Ok(number + u64::from(attempt))
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

    /// Gives the limit before.
    #[update]
    pub(crate) async fn set_limit(ctx: &mut WorkflowContext<Self>, limit: u64) -> u64 {
        ctx.state_mut(|state| std::mem::replace(&mut state.limit, limit))
    }

    /// Gives the limit before; takes a while, in which a worker can be stopped also on a busy machine.
    #[update]
    pub(crate) async fn set_limit_slowly(ctx: &mut WorkflowContext<Self>, limit: u64) -> u64 {
        ctx.timer(Duration::from_secs(5)).await;
        ctx.state_mut(|state| std::mem::replace(&mut state.limit, limit))
    }
}

/// Goes on with each signal, and carries what it has heard.
#[workflow]
pub(crate) struct Carrier {
    heard: u64,
    news: u64,
    rounds: u64,
}

#[workflow_methods]
impl Carrier {
    #[init]
    fn new(_ctx: &WorkflowContextView, input: (u64, u64)) -> Self {
        Self { heard: input.0, news: 0, rounds: input.1 }
    }

    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<u64> {
        ctx.wait_condition(|state| state.news > 0).await?;
        let (heard, rounds) = ctx.state(|state| (state.heard + state.news, state.rounds));
        if rounds > 1 {
            ctx.continue_as_new((heard, rounds - 1), ContinueAsNewOptions::default())?;
        }
        Ok(heard)
    }

    #[signal]
    pub(crate) fn add(&mut self, _ctx: &mut SyncWorkflowContext<Self>, number: u64) {
        self.news += number;
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
            .heartbeat_timeout(Duration::from_secs(10))
            .build();
        match ctx.execute_activity(Activities::until_cancelled, (), options).await {
            Ok(()) => Ok("done".to_owned()),
            Err(ActivityExecutionError::Cancelled(_)) => {
                let mut options = within(10);
                options.cancellation_token = Some(WorkflowCancellationToken::new());
                let cleaned = ctx.execute_activity(Activities::increment, 1_u64, options).await?;
                Ok(format!("cancelled, cleaned up {cleaned}"))
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

/// Its activity is completed by somebody else.
#[workflow]
#[derive(Default)]
pub(crate) struct Elsewhere;

#[workflow_methods]
impl Elsewhere {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, _input: ()) -> WorkflowResult<u64> {
        let mut options = within(60);
        options.activity_id = Some("elsewhere".to_owned());
        options.retry_policy = Some(RetryPolicy::builder().maximum_attempts(1).build());
        Ok(ctx.execute_activity(Activities::by_somebody_else, (), options).await?)
    }
}

/// Sleeps, or is cancelled in its sleep.
#[workflow]
#[derive(Default)]
pub(crate) struct Sleeper;

#[workflow_methods]
impl Sleeper {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, seconds: u64) -> WorkflowResult<u64> {
        ctx.timer(Duration::from_secs(seconds)).await;
        Ok(seconds)
    }
}

/// Starts a child by a policy and ends without it, or with its result.
#[workflow]
#[derive(Default)]
pub(crate) struct Parent;

/// The child's id, what becomes of it when the parent ends (Temporal's number), and whether the parent waits.
pub(crate) type Child = (String, i32, bool);

fn close_policy(number: i32) -> ParentClosePolicy {
    match number {
        1 => ParentClosePolicy::Terminate,
        2 => ParentClosePolicy::Abandon,
        3 => ParentClosePolicy::RequestCancel,
        _ => ParentClosePolicy::Unspecified,
    }
}

#[workflow_methods]
impl Parent {
    #[run]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, input: Child) -> WorkflowResult<u64> {
        let (child, policy, waits) = input;
        let options = ChildWorkflowOptions::builder()
            .workflow_id(child)
            .parent_close_policy(close_policy(policy))
            .build();
        let started = ctx.start_child_workflow(Counter::run, 1_u64, options).await?;
        if waits { Ok(started.result().await?) } else { Ok(0) }
    }
}

/// Signals another workflow, then one that is not there, then cancels a third.
#[workflow]
#[derive(Default)]
pub(crate) struct Messenger;

#[workflow_methods]
impl Messenger {
    #[run]
    pub(crate) async fn run(
        ctx: &mut WorkflowContext<Self>,
        to: (String, String, String),
    ) -> WorkflowResult<bool> {
        let counter = ctx.external_workflow(to.0, None);
        counter.signal(Counter::add, 1, SignalWorkflowOptions::default()).await?;
        let nobody = ctx.external_workflow(to.1, None);
        let is_lost = nobody.signal(Counter::add, 1, SignalWorkflowOptions::default()).await.is_err();
        ctx.external_workflow(to.2, None).cancel(None).await?;
        Ok(is_lost)
    }
}
