//! The next instant of a calendar, in a time zone. Local times that a change of clocks leaves out are
//! passed over; those that come twice match twice.

use crate::limits::{YEAR_MAX, YEAR_MIN};
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use temporalio_protos::temporal::api::schedule::v1::{Range, StructuredCalendarSpec};

/// A calendar as sets of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Empty for all.
    years: Vec<i32>,
}

impl Calendar {
    pub(crate) fn new(spec: &StructuredCalendarSpec) -> Self {
        Self {
            seconds: bits(&spec.second),
            minutes: bits(&spec.minute),
            hours: bits(&spec.hour),
            days: bits(&spec.day_of_month),
            months: bits(&spec.month),
            weekdays: bits(&spec.day_of_week),
            years: spec.year.iter().flat_map(values).collect(),
        }
    }

    pub(crate) fn matches(&self, unix_s: i64, zone: &TimeZone) -> bool {
        let Ok(instant) = Timestamp::from_second(unix_s) else { return false };
        let local = zone.to_datetime(instant);
        self.has_date(local.date())
            && has(self.hours, local.hour())
            && has(self.minutes, local.minute())
            && has(self.seconds, local.second())
    }

    /// The first matching second after `unix_s`.
    pub(crate) fn next(&self, unix_s: i64, zone: &TimeZone) -> Option<i64> {
        let after = Timestamp::from_second(unix_s).ok()?;
        // Clocks are set by less than a day: nothing earlier can come after.
        let mut date = zone.to_datetime(after).date().checked_sub(1.day()).ok()?;
        if date.year() < YEAR_MIN {
            date = Date::new(YEAR_MIN, 1, 1).ok()?;
        }
        while date.year() <= YEAR_MAX {
            if !self.has_year(date.year()) {
                date = Date::new(date.year() + 1, 1, 1).ok()?;
            } else if !has(self.months, date.month()) {
                date = date.last_of_month().tomorrow().ok()?;
            } else if let Some(found) = self.has_date(date).then(|| self.on(date, unix_s, zone)).flatten() {
                return Some(found);
            } else {
                date = date.tomorrow().ok()?;
            }
        }
        None
    }

    /// The first matching second of a day after `unix_s`. A repeated hour is gone through once more after
    /// its first time, so that instants, not local times, decide.
    fn on(&self, date: Date, unix_s: i64, zone: &TimeZone) -> Option<i64> {
        let mut first: Option<i64> = None;
        for hour in 0..24_i8 {
            if !has(self.hours, hour) {
                continue;
            }
            let base = date.at(hour, 0, 0, 0);
            let offsets = match zone.to_ambiguous_timestamp(base.checked_add(30.minutes()).ok()?).offset() {
                AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
                AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                    [Some(before), Some(after)]
                }
            };
            for offset in offsets.into_iter().flatten() {
                let start_s = offset.to_timestamp(base).ok()?.as_second();
                let found = self.in_hour(start_s, unix_s).find(|at| {
                    // What the zone doesn't show as this hour was left out by a change of clocks.
                    Timestamp::from_second(*at).is_ok_and(|at| {
                        let local = zone.to_datetime(at);
                        local.hour() == hour && local.date() == date
                    })
                });
                first = match (first, found) {
                    (Some(first), Some(found)) => Some(first.min(found)),
                    (first, found) => first.or(found),
                };
            }
            if first.is_some() {
                return first;
            }
        }
        None
    }

    fn in_hour(&self, start_s: i64, after_s: i64) -> impl Iterator<Item = i64> {
        (0..60_i64)
            .filter(|minute| has(self.minutes, *minute))
            .flat_map(|minute| {
                (0..60_i64)
                    .filter(|second| has(self.seconds, *second))
                    .map(move |second| minute * 60 + second)
            })
            .map(move |offset| start_s + offset)
            .filter(move |at| *at > after_s)
    }

    fn has_year(&self, year: i16) -> bool {
        self.years.is_empty() || self.years.contains(&i32::from(year))
    }

    fn has_date(&self, date: Date) -> bool {
        self.has_year(date.year())
            && has(self.months, date.month())
            && has(self.days, date.day())
            && has(self.weekdays, date.weekday().to_sunday_zero_offset())
    }
}

fn has(bits: u64, value: impl Into<i64>) -> bool {
    bits & (1 << value.into()) != 0
}

fn values(range: &Range) -> impl Iterator<Item = i32> + use<> {
    let step = usize::try_from(range.step.max(1)).unwrap_or(1);
    (range.start..=range.end.max(range.start)).step_by(step)
}

/// A set of numbers below 60; the ranges were checked.
fn bits(ranges: &[Range]) -> u64 {
    ranges
        .iter()
        .flat_map(values)
        .filter(|value| (0..60).contains(value))
        .fold(0, |bits, value| bits | (1 << value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::canonical;
    use temporalio_protos::temporal::api::schedule::v1::ScheduleSpec;

    fn calendar(cron: &str) -> Calendar {
        let spec = ScheduleSpec { cron_string: vec![cron.to_owned()], ..ScheduleSpec::default() };
        Calendar::new(&canonical(spec).unwrap().structured_calendar[0])
    }

    fn following(cron: &str, after: &str, zone: &str, count: usize) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let calendar = calendar(cron);
        let mut at = after.parse::<Timestamp>().unwrap().as_second();
        let mut found = Vec::new();
        while found.len() < count
            && let Some(next) = calendar.next(at, &zone)
        {
            assert!(next > at && calendar.matches(next, &zone));
            at = next;
            found.push(Timestamp::from_second(at).unwrap().to_string());
        }
        found
    }

    #[test]
    fn weekday_mornings_follow_the_local_clock() {
        assert_eq!(
            following("0 9 * * 1-5", "2026-03-27T12:00:00Z", "Europe/Berlin", 2),
            ["2026-03-30T07:00:00Z", "2026-03-31T07:00:00Z"],
        );
        assert_eq!(
            following("0 9 * * 1-5", "2026-03-26T12:00:00Z", "Europe/Berlin", 1),
            ["2026-03-27T08:00:00Z"],
        );
    }

    #[test]
    fn an_hour_that_is_left_out_is_passed_over() {
        assert_eq!(
            following("30 2 * * *", "2026-03-28T02:00:00Z", "Europe/Berlin", 1),
            ["2026-03-30T00:30:00Z"],
        );
    }

    #[test]
    fn an_hour_that_comes_twice_matches_twice() {
        assert_eq!(
            following("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin", 3),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"],
        );
    }

    #[test]
    fn leap_days_and_last_years_are_found_or_not() {
        assert_eq!(following("0 0 29 2 *", "2026-01-01T00:00:00Z", "UTC", 1), ["2028-02-29T00:00:00Z"]);
        assert!(following("0 0 31 2 *", "2026-01-01T00:00:00Z", "UTC", 1).is_empty());
        assert!(following("0 0 1 1 * 2020", "2026-01-01T00:00:00Z", "UTC", 1).is_empty());
    }

    #[test]
    fn every_second_is_the_next_second() {
        assert_eq!(following("* * * * * * *", "2026-01-01T00:59:59Z", "UTC", 1), ["2026-01-01T01:00:00Z"],);
    }
}
