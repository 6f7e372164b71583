//! A specification in one form: structured calendars and intervals, everything else translated and checked.

use crate::cron::{self, Cron, Rule};
use crate::field::Field;
use crate::limits::{RULES_MAX, SECOND_NS, TEXT_MAX};
use crate::span;
use jiff::tz::TimeZone;
use temporalio_protos::temporal::api::schedule::v1::{CalendarSpec, ScheduleSpec, StructuredCalendarSpec};

/// Why a specification is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSpec(pub(crate) String);

/// Translates and checks a specification.
///
/// # Errors
/// [`BadSpec`] with the first thing that is wrong.
#[expect(deprecated, reason = "clients may still exclude by unstructured calendars")]
pub fn canonical(mut spec: ScheduleSpec) -> Result<ScheduleSpec, BadSpec> {
    let rules = spec.calendar.len()
        + spec.cron_string.len()
        + spec.structured_calendar.len()
        + spec.interval.len()
        + spec.exclude_calendar.len()
        + spec.exclude_structured_calendar.len();
    if rules > RULES_MAX {
        return Err(BadSpec(format!("the schedule has {rules} rules, at most {RULES_MAX} are allowed")));
    }
    for calendar in std::mem::take(&mut spec.calendar) {
        spec.structured_calendar.push(structured(&calendar)?);
    }
    for calendar in std::mem::take(&mut spec.exclude_calendar) {
        spec.exclude_structured_calendar.push(structured(&calendar)?);
    }
    let mut zones = Vec::new();
    for text in std::mem::take(&mut spec.cron_string) {
        let Cron { rule, timezone } = cron::parse(&text)?;
        match rule {
            Rule::Calendar(calendar) => spec.structured_calendar.push(structured(&calendar)?),
            Rule::Interval(interval) => spec.interval.push(interval),
        }
        zones.push(timezone);
    }
    take_zone(&mut spec, &zones)?;
    for calendar in spec.structured_calendar.iter().chain(&spec.exclude_structured_calendar) {
        check_calendar(calendar)?;
    }
    for interval in &spec.interval {
        check_interval(span::nanos(interval.interval.as_ref()), span::nanos(interval.phase.as_ref()))?;
    }
    zone(&spec)?;
    let calendars = spec.structured_calendar.iter_mut().chain(&mut spec.exclude_structured_calendar);
    calendars.for_each(fill_in);
    Ok(spec)
}

/// Says what a range leaves open: a single value is a range to itself, and every value of it counts.
fn fill_in(calendar: &mut StructuredCalendarSpec) {
    let StructuredCalendarSpec { second, minute, hour, day_of_month, month, year, day_of_week, comment: _ } =
        calendar;
    for range in [second, minute, hour, day_of_month, month, year, day_of_week].into_iter().flatten() {
        range.end = range.end.max(range.start);
        range.step = range.step.max(1);
    }
}

/// All cron strings must agree on a zone, with each other and with the specification.
fn take_zone(spec: &mut ScheduleSpec, zones: &[String]) -> Result<(), BadSpec> {
    let Some(first) = zones.first() else { return Ok(()) };
    let conflicts = zones.iter().any(|zone| zone != first)
        || (!first.is_empty()
            && ((!spec.timezone_name.is_empty() && spec.timezone_name != *first)
                || !spec.timezone_data.is_empty()));
    if conflicts {
        return Err(BadSpec("conflicting timezone names".to_owned()));
    }
    if !first.is_empty() {
        spec.timezone_name.clone_from(first);
    }
    Ok(())
}

fn structured(calendar: &CalendarSpec) -> Result<StructuredCalendarSpec, BadSpec> {
    let CalendarSpec { second, minute, hour, day_of_month, month, year, day_of_week, comment } = calendar;
    let fields = [second, minute, hour, day_of_month, month, year, day_of_week, comment];
    if fields.iter().any(|field| field.len() > TEXT_MAX) {
        return Err(BadSpec("invalid calendar spec: a field is too long".to_owned()));
    }
    Ok(StructuredCalendarSpec {
        second: Field::SECOND.parse(second)?,
        minute: Field::MINUTE.parse(minute)?,
        hour: Field::HOUR.parse(hour)?,
        day_of_month: Field::DAY_OF_MONTH.parse(day_of_month)?,
        month: Field::MONTH.parse(month)?,
        year: Field::YEAR.parse(year)?,
        day_of_week: Field::DAY_OF_WEEK.parse(day_of_week)?,
        comment: comment.clone(),
    })
}

fn check_calendar(calendar: &StructuredCalendarSpec) -> Result<(), BadSpec> {
    let StructuredCalendarSpec { second, minute, hour, day_of_month, month, year, day_of_week, comment } =
        calendar;
    for (field, ranges) in [
        (Field::SECOND, second),
        (Field::MINUTE, minute),
        (Field::HOUR, hour),
        (Field::DAY_OF_MONTH, day_of_month),
        (Field::MONTH, month),
        (Field::YEAR, year),
        (Field::DAY_OF_WEEK, day_of_week),
    ] {
        field.check(ranges).map_err(|BadSpec(what)| BadSpec(format!("invalid calendar spec: {what}")))?;
    }
    if comment.len() > TEXT_MAX {
        return Err(BadSpec("invalid calendar spec: comment is too long".to_owned()));
    }
    Ok(())
}

fn check_interval(interval_ns: i64, phase_ns: i64) -> Result<(), BadSpec> {
    let what = if interval_ns < SECOND_NS {
        "interval is too small"
    } else if phase_ns < 0 {
        "phase is negative"
    } else if phase_ns >= interval_ns {
        "phase cannot be greater than Interval"
    } else {
        return Ok(());
    };
    Err(BadSpec(what.to_owned()))
}

/// The time zone of a specification; UTC when it names none.
pub(crate) fn zone(spec: &ScheduleSpec) -> Result<TimeZone, BadSpec> {
    if !spec.timezone_data.is_empty() {
        return TimeZone::tzif(&spec.timezone_name, &spec.timezone_data)
            .map_err(|_| BadSpec("the time zone's data can't be read".to_owned()));
    }
    match spec.timezone_name.as_str() {
        "" | "UTC" => Ok(TimeZone::UTC),
        name => TimeZone::get(name).map_err(|_| BadSpec(format!("unknown time zone {name}"))),
    }
}
