//! Instants as the ledger keeps them: whole milliseconds since 1970 in UTC.

use jiff::Timestamp;

/// Milliseconds of `instant`; what is finer is cut off.
#[must_use]
pub fn to_ms(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

/// The instant of `ms`; one outside jiff's range becomes the nearest inside.
#[must_use]
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// `instant` as the ledger will give it back.
#[must_use]
pub fn whole_ms(instant: Timestamp) -> Timestamp {
    from_ms(to_ms(instant))
}

/// `instant` + `wait_ms`; at the end of time it stops.
#[must_use]
pub fn after(instant: Timestamp, wait_ms: u64) -> Timestamp {
    from_ms(to_ms(instant).saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX)))
}

/// Milliseconds from `from` to `to`, 0 when `to` is not later.
#[must_use]
pub fn ms_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to_ms(to).saturating_sub(to_ms(from))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_ledger_to_the_millisecond() {
        let instant = Timestamp::new(1_800_000_000, 123_456_789).unwrap();
        assert_eq!(from_ms(to_ms(instant)).subsec_nanosecond(), 123_000_000);
        assert_eq!(ms_between(instant, after(instant, 250)), 250);
        assert_eq!(ms_between(after(instant, 250), instant), 0);
        assert_eq!(after(instant, u64::MAX), Timestamp::MAX);
    }
}
