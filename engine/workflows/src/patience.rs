//! How long workflows give their activities, and how they try again.

use std::sync::OnceLock;
use std::time::Duration;

use temporalio_workflow::{ActivityOptions, RetryPolicy};

/// The longest an `advance` may take: posting ends after 30 s, and a large upload may come before it.
const ADVANCE_MAX: Duration = Duration::from_secs(15 * 60);
/// Without a sign of life for so long the worker is taken for dead.
const HEARTBEAT_MAX: Duration = Duration::from_secs(60);
/// A sweep asks the platforms for one account after the other: a thousand of them at a second each, and
/// room for slow ones.
const MAINTENANCE_MAX: Duration = Duration::from_secs(60 * 60);
/// Reading and writing a few rows.
const LEDGER_MAX: Duration = Duration::from_secs(60);

/// Activities are safe to run twice because the ledger arbitrates, so they are tried until they answer:
/// a full disk or a database that is away ends some day.
fn until_answered() -> RetryPolicy {
    RetryPolicy::builder()
        .initial_interval(Duration::from_secs(1))
        .backoff_coefficient(2.0)
        .maximum_interval(Duration::from_secs(60))
        .build()
}

/// For work that talks to a platform, and for gates: a condition may have the platforms count first.
pub(crate) fn delivery() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(ADVANCE_MAX)
        .heartbeat_timeout(HEARTBEAT_MAX)
        .retry_policy(until_answered())
        .build()
}

/// How work is tried again that its schedule starts again anyway: a few attempts, so that a fault that stays is seen
/// as a failed workflow instead of one that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaintenanceRetry {
    /// Attempts in all.
    pub attempts: u32,
    /// What is waited after the first; it doubles.
    pub wait: Duration,
}

impl Default for MaintenanceRetry {
    fn default() -> Self {
        Self { attempts: 3, wait: Duration::from_secs(2) }
    }
}

/// What the settings of the process say. Replaying a history does not ask: a policy is the engine's affair.
static MAINTENANCE: OnceLock<MaintenanceRetry> = OnceLock::new();

/// Says for the process how maintenance is tried again; before its workers start, and once.
pub fn retry_maintenance(retry: MaintenanceRetry) {
    // The first word stays: there is one setting a process.
    let _ = MAINTENANCE.set(retry);
}

/// For work that its schedule starts again anyway.
pub(crate) fn maintenance() -> ActivityOptions {
    let MaintenanceRetry { attempts, wait } = MAINTENANCE.get().copied().unwrap_or_default();
    let retry = RetryPolicy::builder()
        .initial_interval(wait)
        .backoff_coefficient(2.0)
        .maximum_attempts(attempts)
        .build();
    ActivityOptions::with_start_to_close_timeout(MAINTENANCE_MAX)
        .heartbeat_timeout(HEARTBEAT_MAX)
        .retry_policy(retry)
        .build()
}

/// For work on the ledger alone.
pub(crate) fn ledger() -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(LEDGER_MAX).retry_policy(until_answered()).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_is_tried_as_the_settings_say() {
        assert_eq!(
            MaintenanceRetry::default(),
            MaintenanceRetry { attempts: 3, wait: Duration::from_secs(2) }
        );
        retry_maintenance(MaintenanceRetry { attempts: 7, wait: Duration::from_secs(60) });
        let policy = maintenance().retry_policy.unwrap();
        assert_eq!(policy.maximum_attempts(), 7);
        assert_eq!(policy.initial_interval(), Duration::from_secs(60));
    }
}
