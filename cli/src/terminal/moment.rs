//! Instants as people read them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// `2027-03-18 09:00:00` in the system's zone, with seconds.
pub(crate) fn local(instant: Timestamp) -> String {
    instant.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2027-03-18 08:00Z`.
pub(crate) fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// How far `instant` is from `now`: `in 3 min`, `2 h ago`, `now`.
pub(crate) fn relative(instant: Timestamp, now: Timestamp) -> String {
    let distance = instant.duration_since(now);
    let seconds = distance.as_secs().unsigned_abs();
    let (count, unit) = match seconds {
        0 => return "now".to_owned(),
        1..=119 => (seconds, "s"),
        120..=7_199 => (seconds / 60, "min"),
        7_200..=172_799 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    if distance > SignedDuration::ZERO { format!("in {count} {unit}") } else { format!("{count} {unit} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_read_as_people_say_them() {
        let now: Timestamp = "2027-03-18T08:00:00Z".parse().unwrap();
        let at = |seconds| relative(now + SignedDuration::from_secs(seconds), now);
        assert_eq!(
            [at(0), at(90), at(-600), at(86_400), at(864_000)],
            ["now", "in 90 s", "10 min ago", "in 24 h", "in 10 days"]
        );
    }

    #[test]
    fn utc_is_marked() {
        let instant: Timestamp = "2027-03-18T08:00:00Z".parse().unwrap();
        assert_eq!(utc(instant), "2027-03-18 08:00Z");
    }
}
