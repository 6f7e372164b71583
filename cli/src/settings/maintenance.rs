//! When maintenance is done, for how long things are kept, and how often and how soon it is tried again.

use std::ops::RangeInclusive;
use std::time::Duration;

use activities_delivery::Upkeep;
use engine_worker::MaintenanceRetry;
use jiff::civil::Time;

use super::{Environment, Var};
use crate::exit::Failure;

/// A fault that stays for so many attempts stays.
const ATTEMPTS: RangeInclusive<u32> = 1..=100;
/// In seconds; doubled a few times this is longer than until the schedule's next turn.
const WAIT_S: RangeInclusive<u32> = 1..=3_600;

/// In hours; a sweep comes well before the shortest tokens end in a day.
const SWEEP_H: RangeInclusive<u32> = 1..=24;
/// In hours; less often than weekly is no series.
const COUNT_H: RangeInclusive<u32> = 1..=168;
/// In days. Deliveries of webhooks are tried for up to four, and people look after a week's holiday.
const KEEP_DAYS: RangeInclusive<u32> = 7..=3_650;

/// What the environment says of the work that comes round by itself, else the default.
///
/// # Errors
/// [`Failure`] for a number or a time that there can't be.
pub(crate) fn upkeep(env: &Environment) -> Result<Upkeep, Failure> {
    let usual = Upkeep::default();
    Ok(Upkeep {
        sweep_every_h: number(env, Var::TokenSweepEveryH, SWEEP_H)?.unwrap_or(usual.sweep_every_h),
        clean_up_at: time(env, Var::CleanUpAt)?.unwrap_or(usual.clean_up_at),
        drift_at: time(env, Var::DriftAt)?.unwrap_or(usual.drift_at),
        count_every_h: number(env, Var::AnalyticsEveryH, COUNT_H)?.unwrap_or(usual.count_every_h),
        keep_days: number(env, Var::KeepDays, KEEP_DAYS)?.unwrap_or(usual.keep_days),
        expire_days: number(env, Var::ExpireDays, KEEP_DAYS)?.unwrap_or(usual.expire_days),
        keep_counts_days: number(env, Var::KeepAnalyticsDays, KEEP_DAYS)?.unwrap_or(usual.keep_counts_days),
    })
}

/// A time of the day, to the minute.
fn time(env: &Environment, var: Var) -> Result<Option<Time>, Failure> {
    let Some(found) = env.plain(var) else { return Ok(None) };
    let parsed = Time::strptime("%H:%M", &found.value);
    parsed.map(Some).map_err(|_| {
        Failure::usage(
            "settings/invalid",
            format!("`{}` in {} is not a time of the day", found.value, var.word()),
        )
        .help("write hours and minutes: 02:30")
    })
}

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
    use jiff::civil;

    use super::*;

    #[test]
    fn times_and_spans_of_upkeep_are_settings_with_limits() {
        let of = |name: &str, value: &str| upkeep(&Environment::of(&[(name, value)], &[]));
        let usual = Upkeep::default();
        assert_eq!(upkeep(&Environment::default()).unwrap(), usual);
        assert_eq!(
            of("CLEAN_UP_AT", "23:30").unwrap(),
            Upkeep { clean_up_at: civil::time(23, 30, 0, 0), ..usual }
        );
        assert_eq!(of("DRIFT_AT", "5:07").unwrap().drift_at, civil::time(5, 7, 0, 0));
        assert_eq!(of("TOKEN_SWEEP_EVERY_H", "6").unwrap().sweep_every_h, 6);
        assert_eq!(of("ANALYTICS_EVERY_H", "24").unwrap().count_every_h, 24);
        assert_eq!(of("KEEP_DAYS", "14").unwrap(), Upkeep { keep_days: 14, ..usual });
        assert_eq!(of("EXPIRE_DAYS", "7").unwrap(), Upkeep { expire_days: 7, ..usual });
        assert_eq!(of("KEEP_ANALYTICS_DAYS", "365").unwrap(), Upkeep { keep_counts_days: 365, ..usual });
        for (name, wrong) in [
            ("CLEAN_UP_AT", "25:00"),
            ("CLEAN_UP_AT", "two"),
            ("DRIFT_AT", "04:00:30"),
            ("TOKEN_SWEEP_EVERY_H", "0"),
            ("ANALYTICS_EVERY_H", "1000"),
            ("KEEP_DAYS", "1"),
            ("EXPIRE_DAYS", "-30"),
            ("KEEP_ANALYTICS_DAYS", "x"),
        ] {
            assert_eq!(of(name, wrong).unwrap_err().code, "settings/invalid", "{name}={wrong}");
        }
    }

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
