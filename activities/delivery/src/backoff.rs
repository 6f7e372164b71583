//! How long to wait before the next attempt.

use activities_data::instant;
use campaigns_plan::{PublicationId, RetryPolicy};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Jitter, in parts of the delay: up to a tenth more, so that what failed together doesn't return together.
const JITTER_PARTS: u64 = 10;
/// The first wait after a throttled answer that names no time (interfaces.md: from 2 s, doubling).
pub(crate) const THROTTLE_FIRST_MS: u64 = 2_000;
/// Doublings that matter: 2 s × 2^16 is more than a day.
const THROTTLE_DOUBLINGS_MAX: u32 = 16;
const DAY_MS: i64 = 86_400_000;

/// The wait before the attempt after the `done`th: `first × factor^(done-1)`, at most `max`, and a little
/// jitter that is the same whenever it is asked for.
pub(crate) fn delay_ms(policy: &RetryPolicy, done: u32, id: &PublicationId) -> u64 {
    let doublings = done.saturating_sub(1).min(64);
    let factor = u64::from(policy.factor.max(1)).saturating_pow(doublings);
    let delay = policy.first_ms.saturating_mul(factor).min(policy.max_ms.max(policy.first_ms));
    let digest = Sha256::digest(format!("{id}/{done}").as_bytes());
    let dice = u64::from(u16::from_be_bytes([digest[0], digest[1]]));
    delay.saturating_add(delay / JITTER_PARTS * dice / u64::from(u16::MAX))
}

/// When to ask again after the `streak`th throttled answer in a row that named no time: doubling, at most
/// until the next 00:00 UTC, when daily quotas are fresh.
pub(crate) fn throttled_until(now: Timestamp, streak: u32) -> Timestamp {
    let wait = THROTTLE_FIRST_MS << streak.saturating_sub(1).min(THROTTLE_DOUBLINGS_MAX);
    let now_ms = instant::to_ms(now);
    let midnight = instant::from_ms(now_ms - now_ms.rem_euclid(DAY_MS) + DAY_MS);
    // Just before midnight the wait would be nothing: then it may go past it by the first wait.
    instant::after(now, wait).min(midnight).max(instant::after(now, THROTTLE_FIRST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> PublicationId {
        "pub_0123456789abcdef01234567".parse().unwrap()
    }

    #[test]
    fn delays_grow_by_the_factor_up_to_the_maximum() {
        let policy = RetryPolicy { attempts: 9, first_ms: 120_000, factor: 2, max_ms: 600_000 };
        for (done, least) in [(1, 120_000), (2, 240_000), (3, 480_000), (4, 600_000), (60, 600_000)] {
            let delay = delay_ms(&policy, done, &id());
            assert!((least..=least + least / 10).contains(&delay), "{done}: {delay}");
            assert_eq!(delay, delay_ms(&policy, done, &id()));
        }
    }

    #[test]
    fn unnamed_throttling_doubles_until_midnight() {
        let noon: Timestamp = "2027-03-18T12:00:00Z".parse().unwrap();
        assert_eq!(throttled_until(noon, 1), instant::after(noon, 2_000));
        assert_eq!(throttled_until(noon, 5), instant::after(noon, 32_000));
        assert_eq!(throttled_until(noon, 40), "2027-03-19T00:00:00Z".parse().unwrap());
        let late: Timestamp = "2027-03-18T23:59:59.500Z".parse().unwrap();
        assert_eq!(throttled_until(late, 9), instant::after(late, 2_000));
    }
}
