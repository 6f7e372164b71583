//! Cron strings: five to seven fields, the usual abbreviations, `@every`, a time zone, a comment.

use crate::canonical::BadSpec;
use crate::limits::TEXT_MAX;
use crate::span;
use prost_wkt_types::Duration;
use temporalio_protos::temporal::api::schedule::v1::{CalendarSpec, IntervalSpec};

/// What a cron string says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cron {
    pub(crate) rule: Rule,
    /// Empty when it names none.
    pub(crate) timezone: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rule {
    Calendar(Box<CalendarSpec>),
    Interval(IntervalSpec),
}

pub(crate) fn parse(text: &str) -> Result<Cron, BadSpec> {
    if text.len() > TEXT_MAX {
        return Err(BadSpec("CronString is too long".to_owned()));
    }
    let text = text.trim();
    let (timezone, text) = match text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ=")) {
        Some(rest) => {
            let split = rest.split_once(' ');
            split.ok_or_else(|| BadSpec("CronString has time zone but missing fields".to_owned()))?
        }
        None => ("", text),
    };
    let (text, comment) = text.split_once('#').unwrap_or((text, ""));
    let text = text.trim();
    if let Some(every) = text.strip_prefix("@every") {
        return Ok(Cron { rule: Rule::Interval(interval(every)?), timezone: String::new() });
    }
    let calendar = calendar(text, comment.trim())?;
    Ok(Cron { rule: Rule::Calendar(Box::new(calendar)), timezone: timezone.to_owned() })
}

fn calendar(text: &str, comment: &str) -> Result<CalendarSpec, BadSpec> {
    let text = match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        text => text,
    };
    let fields: Vec<&str> = text.split_whitespace().collect();
    let (second, fields, year) = match fields.as_slice() {
        five if five.len() == 5 => ("", five, ""),
        [five @ .., year] if five.len() == 5 => ("", five, *year),
        [second, five @ .., year] if five.len() == 5 => (*second, five, *year),
        _ => return Err(BadSpec("CronString does not have 5-7 fields".to_owned())),
    };
    let field = |index: usize| fields.get(index).copied().unwrap_or_default().to_owned();
    Ok(CalendarSpec {
        second: second.to_owned(),
        minute: field(0),
        hour: field(1),
        day_of_month: field(2),
        month: field(3),
        year: year.to_owned(),
        day_of_week: field(4),
        comment: comment.to_owned(),
    })
}

fn interval(every: &str) -> Result<IntervalSpec, BadSpec> {
    let bad = || BadSpec("CronString does not have interval after @every".to_owned());
    let (interval, phase) = every.trim().split_once('/').unwrap_or((every.trim(), ""));
    let seconds = span::parse(interval).ok_or_else(bad)?;
    let phase = match phase {
        "" => None,
        phase => Some(Duration { seconds: span::parse(phase).ok_or_else(bad)?, nanos: 0 }),
    };
    Ok(IntervalSpec { interval: Some(Duration { seconds, nanos: 0 }), phase })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> CalendarSpec {
        match parse(text).unwrap().rule {
            Rule::Calendar(calendar) => *calendar,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn five_six_and_seven_fields_are_read() {
        let five = fields("5 4 3 2 1");
        assert_eq!((five.minute.as_str(), five.day_of_week.as_str(), five.year.as_str()), ("5", "1", ""));
        assert_eq!(fields("5 4 3 2 1 2030").year, "2030");
        let seven = fields("30 5 4 3 2 1 2030 # why");
        assert_eq!(
            (seven.second.as_str(), seven.minute.as_str(), seven.comment.as_str()),
            ("30", "5", "why")
        );
    }

    #[test]
    fn intervals_and_zones_are_read() {
        let Rule::Interval(every) = parse("@every 14h/3h").unwrap().rule else { panic!() };
        assert_eq!((every.interval.unwrap().seconds, every.phase.unwrap().seconds), (50_400, 10_800));
        assert_eq!(parse("CRON_TZ=Europe/Berlin 0 9 * * *").unwrap().timezone, "Europe/Berlin");
        assert_eq!(fields("@weekly").day_of_week, "0");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "* * * *", "* * * * * * * *", "@every", "@every x", "TZ=UTC"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
