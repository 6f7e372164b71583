//! Between protobuf's times and nanoseconds. Instants are unix nanoseconds, spans are nanoseconds; both
//! saturate instead of overflowing, so that hostile values stay values.

use crate::limits::{DURATION_MAX_NS, SECOND_NS};
use crate::proto::{Duration, Timestamp};

/// Nanoseconds of a span; `None` and negative spans are 0, long ones are capped at 100 years.
#[must_use]
pub fn duration_to_nanos(span: Option<&Duration>) -> i64 {
    let Some(span) = span else { return 0 };
    let nanos = span.seconds.saturating_mul(SECOND_NS).saturating_add(i64::from(span.nanos));
    nanos.clamp(0, DURATION_MAX_NS)
}

/// A span of nanoseconds as protobuf has it.
#[must_use]
pub fn nanos_to_duration(nanos: i64) -> Duration {
    // The remainder of a division by a billion fits.
    Duration { seconds: nanos / SECOND_NS, nanos: i32::try_from(nanos % SECOND_NS).unwrap_or(0) }
}

/// An instant as protobuf has it.
#[must_use]
pub fn nanos_to_timestamp(unix_ns: i64) -> Timestamp {
    Timestamp {
        seconds: unix_ns.div_euclid(SECOND_NS),
        nanos: i32::try_from(unix_ns.rem_euclid(SECOND_NS)).unwrap_or(0),
    }
}

/// Unix nanoseconds of an instant; `None` is 0.
#[must_use]
pub fn timestamp_to_nanos(instant: Option<&Timestamp>) -> i64 {
    instant.map_or(0, |at| at.seconds.saturating_mul(SECOND_NS).saturating_add(i64::from(at.nanos)))
}

/// Whether a span is one that a server refuses: negative, or with parts of different sign.
pub(crate) fn is_invalid(span: Option<&Duration>) -> bool {
    span.is_some_and(|span| span.seconds < 0 || span.nanos < 0)
}

/// The span as an optional field: absent when 0.
pub(crate) fn some_duration(nanos: i64) -> Option<Duration> {
    Some(nanos_to_duration(nanos))
}

/// The later instant after a span, never wrapping.
pub(crate) fn after(unix_ns: i64, span_ns: i64) -> i64 {
    unix_ns.saturating_add(span_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_spans_stay_in_bounds() {
        assert_eq!(
            duration_to_nanos(Some(&Duration { seconds: i64::MAX, nanos: i32::MAX })),
            DURATION_MAX_NS
        );
        assert_eq!(duration_to_nanos(Some(&Duration { seconds: i64::MIN, nanos: -1 })), 0);
        assert_eq!(duration_to_nanos(None), 0);
    }

    #[test]
    fn instants_survive_the_way_there_and_back() {
        for ns in [0, 1, -1, 1_700_000_000_123_456_789, i64::MAX] {
            assert_eq!(timestamp_to_nanos(Some(&nanos_to_timestamp(ns))), ns);
        }
    }
}
