//! Instants as the clocks of a zone show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `2027-03-18 09:00 CET`; seconds only where there are some.
#[must_use]
pub(crate) fn show(instant: Timestamp, zone: &TimeZone) -> String {
    let zoned = instant.to_zoned(zone.clone());
    let format = if zoned.second() == 0 { "%Y-%m-%d %H:%M %Z" } else { "%Y-%m-%d %H:%M:%S %Z" };
    zoned.strftime(format).to_string()
}
