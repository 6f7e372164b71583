//! Boundaries at which a test may stop delivery, as the end of the process would.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::{Delivery, DeliveryError};

/// Says for a named boundary whether to stop there. Everything that was durable stays, nothing further
/// happens in this call. It may also take its time, as a stalled process does.
pub type FaultHook = Arc<dyn Fn(&'static str) -> BoxFuture<'static, bool> + Send + Sync>;

impl Delivery {
    pub(crate) async fn boundary(&self, name: &'static str) -> Result<(), DeliveryError> {
        match &self.inner().faults {
            Some(hook) if hook(name).await => Err(DeliveryError::Halted(name)),
            _ => Ok(()),
        }
    }
}
