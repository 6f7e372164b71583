//! What the workflows of these scenarios ask for.

use std::time::Duration;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

/// Longer than any scenario waits: the worker has vanished, as far as the home can tell.
const VANISHED: Duration = Duration::from_secs(30);

pub(crate) struct Activities;

#[activities]
impl Activities {
    #[activity]
    pub(crate) async fn increment(_context: ActivityContext, number: u64) -> Result<u64, ActivityError> {
        Ok(number + 1)
    }

    /// Fails until the attempt that it is given.
    #[activity]
    pub(crate) async fn succeed_at(context: ActivityContext, attempt: u32) -> Result<u32, ActivityError> {
        if context.info().attempt < attempt {
            return Err(anyhow::anyhow!("attempt {} fails", context.info().attempt).into());
        }
        Ok(context.info().attempt)
    }

    /// Runs until it is cancelled.
    #[activity]
    pub(crate) async fn until_cancelled(context: ActivityContext, _input: ()) -> Result<(), ActivityError> {
        while !context.is_cancelled() {
            context.record_heartbeat(()).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(ActivityError::cancelled())
    }

    /// Says once where it is and then nothing more; the second attempt tells what it heard.
    #[activity]
    pub(crate) async fn fall_silent(context: ActivityContext, _input: ()) -> Result<u32, ActivityError> {
        if let Some(place) = context.heartbeat_details().deserialize::<u32>()? {
            return Ok(place);
        }
        context.record_heartbeat(7_u32).await?;
        tokio::select! {
            () = context.cancelled() => {}
            () = tokio::time::sleep(VANISHED) => {}
        }
        Err(anyhow::anyhow!("too late").into())
    }

    /// Somebody else completes it.
    #[activity]
    pub(crate) async fn by_somebody_else(
        _context: ActivityContext,
        _input: (),
    ) -> Result<u64, ActivityError> {
        Err(ActivityError::WillCompleteAsync)
    }
}
