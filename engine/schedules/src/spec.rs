//! A specification ready to be asked.

use crate::calendar::Calendar;
use crate::canonical::{BadSpec, canonical, zone};
use crate::limits::{EXCLUDED_MAX, SECOND_NS, YEAR_MAX};
use crate::span;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use temporalio_protos::temporal::api::schedule::v1::ScheduleSpec;

/// The instants at which a schedule acts.
#[derive(Clone, Debug)]
pub struct Spec {
    zone: TimeZone,
    calendars: Vec<Calendar>,
    /// Interval and phase, seconds.
    intervals: Vec<(i64, i64)>,
    excluded: Vec<Calendar>,
    /// The first second that may match.
    start_s: i64,
    end_ns: Option<i64>,
    jitter_ms: u64,
}

/// An action's instant, unix nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// As the specification says.
    pub nominal_ns: i64,
    /// With jitter.
    pub due_ns: i64,
}

impl Spec {
    /// Prepares a specification.
    ///
    /// # Errors
    /// [`BadSpec`] when it is not sound.
    pub fn new(spec: &ScheduleSpec) -> Result<Self, BadSpec> {
        let spec = canonical(spec.clone())?;
        let seconds = |nanos: i64| nanos / SECOND_NS;
        Ok(Self {
            zone: zone(&spec)?,
            calendars: spec.structured_calendar.iter().map(Calendar::new).collect(),
            intervals: spec
                .interval
                .iter()
                .map(|it| {
                    let interval_s = seconds(span::nanos(it.interval.as_ref())).max(1);
                    (interval_s, seconds(span::nanos(it.phase.as_ref())).max(0))
                })
                .collect(),
            excluded: spec.exclude_structured_calendar.iter().map(Calendar::new).collect(),
            start_s: span::unix_ns(spec.start_time.as_ref()).unwrap_or(0).div_euclid(SECOND_NS),
            end_ns: span::unix_ns(spec.end_time.as_ref()),
            jitter_ms: u64::try_from(span::nanos(spec.jitter.as_ref()) / 1_000_000).unwrap_or(0),
        })
    }

    /// The first action after `after_ns`. `seed` spreads the jitter of schedules with equal specifications.
    #[must_use]
    pub fn next(&self, after_ns: i64, seed: &str) -> Option<Act> {
        let mut after_s = after_ns.div_euclid(SECOND_NS).max(self.start_s.saturating_sub(1));
        for _ in 0..EXCLUDED_MAX {
            let nominal_s = self.raw_next(after_s)?;
            let nominal_ns = nominal_s.checked_mul(SECOND_NS)?;
            if self.end_ns.is_some_and(|end_ns| nominal_ns > end_ns) || nominal_s > last_second() {
                return None;
            }
            if !self.excluded.iter().any(|calendar| calendar.matches(nominal_s, &self.zone)) {
                return Some(Act { nominal_ns, due_ns: nominal_ns + self.jitter_ns(nominal_s, seed) });
            }
            after_s = nominal_s;
        }
        None
    }

    fn raw_next(&self, after_s: i64) -> Option<i64> {
        let calendars = self.calendars.iter().filter_map(|calendar| calendar.next(after_s, &self.zone));
        let intervals = self.intervals.iter().filter_map(|(interval_s, phase_s)| {
            ((after_s - phase_s).div_euclid(*interval_s) + 1).checked_mul(*interval_s)?.checked_add(*phase_s)
        });
        calendars.chain(intervals).min()
    }

    /// Jitter is the same for the same instant, and never reaches the next one.
    fn jitter_ns(&self, nominal_s: i64, seed: &str) -> i64 {
        if self.jitter_ms == 0 {
            return 0;
        }
        let until_next_s = self.raw_next(nominal_s).map_or(i64::MAX / 1_000, |next| next - nominal_s);
        let most_ms = self.jitter_ms.min(u64::try_from(until_next_s.saturating_mul(1_000)).unwrap_or(0));
        let most_ms = most_ms.min(u64::from(u32::MAX));
        let share = u64::from(hash(nominal_s, seed));
        i64::try_from((share * most_ms) >> 32).unwrap_or(0).saturating_mul(1_000_000)
    }
}

/// FNV-1a, folded to 32 bits: spreads well enough and is the same for ever.
fn hash(nominal_s: i64, seed: &str) -> u32 {
    let bytes = nominal_s.to_be_bytes().into_iter().chain(seed.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let folded = (hash >> 32) ^ (hash & u64::from(u32::MAX));
    u32::try_from(folded).unwrap_or(0)
}

/// The last second that calendars reach.
fn last_second() -> i64 {
    let end = civil::date(YEAR_MAX, 12, 31).at(23, 59, 59, 0);
    TimeZone::UTC.to_timestamp(end).map_or(i64::MAX, Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost_wkt_types::Duration;
    use temporalio_protos::temporal::api::schedule::v1::{CalendarSpec, IntervalSpec};

    fn every(seconds: i64, phase: i64) -> ScheduleSpec {
        let span = |seconds| Some(Duration { seconds, nanos: 0 });
        let interval = IntervalSpec { interval: span(seconds), phase: span(phase) };
        ScheduleSpec { interval: vec![interval], ..ScheduleSpec::default() }
    }

    fn seconds(act: Option<Act>) -> Option<i64> {
        act.map(|act| act.nominal_ns / SECOND_NS)
    }

    #[test]
    fn intervals_count_from_the_epoch() {
        let spec = Spec::new(&every(3_600, 60)).unwrap();
        assert_eq!(seconds(spec.next(0, "")), Some(60));
        assert_eq!(seconds(spec.next(60 * SECOND_NS, "")), Some(3_660));
    }

    #[test]
    fn a_schedule_begins_and_ends() {
        let mut spec = every(10, 0);
        spec.start_time = Some(span::timestamp(100 * SECOND_NS));
        spec.end_time = Some(span::timestamp(110 * SECOND_NS));
        let spec = Spec::new(&spec).unwrap();
        assert_eq!(seconds(spec.next(0, "")), Some(100));
        assert_eq!(seconds(spec.next(100 * SECOND_NS, "")), Some(110));
        assert_eq!(spec.next(110 * SECOND_NS, ""), None);
    }

    #[test]
    #[expect(deprecated, reason = "clients may still exclude this way")]
    fn excluded_instants_are_passed_over() {
        let mut spec = every(3_600, 0);
        spec.exclude_calendar = vec![CalendarSpec { hour: "0-22".to_owned(), ..CalendarSpec::default() }];
        assert_eq!(seconds(Spec::new(&spec).unwrap().next(0, "")), Some(23 * 3_600));
        spec.exclude_calendar = vec![CalendarSpec { hour: "*".to_owned(), ..CalendarSpec::default() }];
        assert_eq!(Spec::new(&spec).unwrap().next(0, ""), None);
    }

    proptest! {
        #[test]
        fn jitter_stays_before_the_next_instant(
            after in 0..4_000_000_000_i64,
            jitter in 0..100_000_i64,
            seed in "[a-z]{0,10}",
        ) {
            let jitter = Some(Duration { seconds: jitter, nanos: 0 });
            let spec = Spec::new(&ScheduleSpec { jitter, ..every(60, 7) }).unwrap();
            let act = spec.next(after * SECOND_NS, &seed).unwrap();
            prop_assert!(act.nominal_ns > after * SECOND_NS);
            prop_assert!(act.due_ns >= act.nominal_ns && act.due_ns < act.nominal_ns + 60 * SECOND_NS);
            prop_assert_eq!(spec.next(after * SECOND_NS, &seed), Some(act));
        }

        #[test]
        fn any_cron_string_is_read_or_refused(text in "[0-9*/, -@a-z=]{0,40}") {
            let spec = ScheduleSpec { cron_string: vec![text], ..ScheduleSpec::default() };
            if let Ok(spec) = Spec::new(&spec) {
                let _ = spec.next(1_700_000_000 * SECOND_NS, "");
            }
        }
    }
}
