//! The conditions under which the process can do its work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::api::health::Ready;

/// The longest that one condition is waited for: a load balancer asks every few seconds.
const CHECK_TIME_MAX: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Named conditions that are asked each time. None at all means: not ready yet.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Arc<Mutex<BTreeMap<&'static str, Check>>>,
}

impl Readiness {
    /// A condition that does not hold until [`Readiness::require`] replaces it.
    pub fn expect(&self, name: &'static str) {
        self.require(name, || Box::pin(async { false }));
    }

    /// Adds a condition, or replaces the one of this name.
    pub fn require(
        &self,
        name: &'static str,
        check: impl Fn() -> BoxFuture<'static, bool> + Send + Sync + 'static,
    ) {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::new(check));
    }

    /// Asks every condition now.
    pub async fn ask(&self) -> Ready {
        let checks: Vec<(&'static str, Check)> = {
            let held = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
            held.iter().map(|(name, check)| (*name, Arc::clone(check))).collect()
        };
        let mut conditions = BTreeMap::new();
        for (name, check) in checks {
            let holds = tokio::time::timeout(CHECK_TIME_MAX, check()).await.unwrap_or(false);
            conditions.insert(name.to_owned(), holds);
        }
        Ready { ready: !conditions.is_empty() && conditions.values().all(|holds| *holds), conditions }
    }
}

impl std::fmt::Debug for Readiness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readiness")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_means_that_every_condition_holds() {
        let readiness = Readiness::default();
        assert!(!readiness.ask().await.ready, "nothing was promised yet");
        readiness.expect("engine");
        readiness.require("migrations", || Box::pin(async { true }));
        assert!(!readiness.ask().await.ready);
        readiness.require("engine", || Box::pin(async { true }));
        assert!(readiness.ask().await.ready);
    }
}
