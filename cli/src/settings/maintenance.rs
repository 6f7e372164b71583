//! How often and how soon maintenance is tried again.

use std::ops::RangeInclusive;
use std::time::Duration;

use engine_worker::MaintenanceRetry;

use super::{Environment, Var};
use crate::exit::Failure;

/// A fault that stays for so many attempts stays.
const ATTEMPTS: RangeInclusive<u32> = 1..=100;
/// In seconds; doubled a few times this is longer than until the schedule's next turn.
const WAIT_S: RangeInclusive<u32> = 1..=3_600;

/// What the environment says, else the default.
///
/// # Errors
/// [`Failure`] for a number that there can't be.
pub(crate) fn retry(env: &Environment) -> Result<MaintenanceRetry, Failure> {
    let default = MaintenanceRetry::default();
    let wait = number(env, Var::MaintenanceRetryS, WAIT_S)?.map(|s| Duration::from_secs(u64::from(s)));
    Ok(MaintenanceRetry {
        attempts: number(env, Var::MaintenanceAttempts, ATTEMPTS)?.unwrap_or(default.attempts),
        wait: wait.unwrap_or(default.wait),
    })
}

fn number(env: &Environment, var: Var, range: RangeInclusive<u32>) -> Result<Option<u32>, Failure> {
    let Some(found) = env.plain(var) else { return Ok(None) };
    match found.value.parse::<u32>() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => Err(Failure::usage(
            "settings/invalid",
            format!("`{}` in {} is not a number that there can be", found.value, var.word()),
        )
        .help(format!("write a number from {} to {}", range.start(), range.end()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_and_waits_are_settings_with_limits() {
        let of = |name: &str, value: &str| retry(&Environment::of(&[(name, value)], &[]));
        assert_eq!(retry(&Environment::of(&[], &[])).unwrap(), MaintenanceRetry::default());
        assert_eq!(of("MAINTENANCE_ATTEMPTS", "5").unwrap().attempts, 5);
        assert_eq!(of("MAINTENANCE_RETRY_S", "30").unwrap().wait, Duration::from_secs(30));
        for (name, wrong) in [
            ("MAINTENANCE_ATTEMPTS", "0"),
            ("MAINTENANCE_ATTEMPTS", "many"),
            ("MAINTENANCE_RETRY_S", "99999"),
        ] {
            assert_eq!(of(name, wrong).unwrap_err().code, "settings/invalid", "{name}={wrong}");
        }
    }
}
