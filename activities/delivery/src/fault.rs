//! Boundaries at which a test may stop delivery, as the end of the process would.

use std::sync::Arc;

use crate::{Delivery, DeliveryError};

/// Says for a named boundary whether to stop there. Everything that was durable stays, nothing further
/// happens in this call.
pub type FaultHook = Arc<dyn Fn(&'static str) -> bool + Send + Sync>;

impl Delivery {
    pub(crate) fn boundary(&self, name: &'static str) -> Result<(), DeliveryError> {
        match &self.inner().faults {
            Some(hook) if hook(name) => Err(DeliveryError::Halted(name)),
            _ => Ok(()),
        }
    }
}
