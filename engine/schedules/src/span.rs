//! Between protobuf's times, whole seconds and nanoseconds.

use crate::limits::SECOND_NS;
use prost_wkt_types::{Duration, Timestamp};

pub(crate) fn nanos(span: Option<&Duration>) -> i64 {
    span.map_or(0, |span| span.seconds.saturating_mul(SECOND_NS).saturating_add(i64::from(span.nanos)))
}

pub(crate) fn unix_ns(instant: Option<&Timestamp>) -> Option<i64> {
    instant.map(|at| at.seconds.saturating_mul(SECOND_NS).saturating_add(i64::from(at.nanos)))
}

pub(crate) fn timestamp(unix_ns: i64) -> Timestamp {
    let nanos = i32::try_from(unix_ns.rem_euclid(SECOND_NS)).unwrap_or(0);
    Timestamp { seconds: unix_ns.div_euclid(SECOND_NS), nanos }
}

/// Reads `1h30m`, `90s`, `2d`: numbers with units.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut total_s: i64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let unit_length = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_length);
        let unit_s = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        total_s = total_s.checked_add(number.parse::<i64>().ok()?.checked_mul(unit_s)?)?;
        rest = tail;
    }
    Some(total_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_numbers_with_units() {
        assert_eq!(parse("1h30m"), Some(5_400));
        assert_eq!(parse("2d"), Some(172_800));
        for text in ["", "1", "h", "1x", "99999999999999999999s", "9223372036854775807d"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
