//! What the test workflows ask for.

use std::time::Duration;

use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

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
        loop {
            if context.is_cancelled() {
                return Err(ActivityError::cancelled());
            }
            context.record_heartbeat(()).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Says once where it is and then nothing more; the second attempt tells what it heard.
    #[activity]
    pub(crate) async fn fall_silent(context: ActivityContext, _input: ()) -> Result<u32, ActivityError> {
        if let Some(place) = context.heartbeat_details().deserialize::<u32>()? {
            return Ok(place);
        }
        context.record_heartbeat(7_u32).await?;
        tokio::time::sleep(Duration::from_secs(20)).await;
        Err(anyhow::anyhow!("too late").into())
    }
}
