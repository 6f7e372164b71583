//! Cron expressions of five fields: minute, hour, day of month, month, day of week.

use jiff::civil::{Date, DateTime, Time};

/// An expression, as the values that each field allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is 0.
    weekdays: u64,
    /// With both days restricted, either is enough: so all crons have it.
    either_day: bool,
}

/// One of the five fields.
struct Field {
    what: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MINUTE: Field = Field { what: "a minute", least: 0, most: 59, names: &[] };
const HOUR: Field = Field { what: "an hour", least: 0, most: 23, names: &[] };
const DAY: Field = Field { what: "a day of the month", least: 1, most: 31, names: &[] };
const MONTH: Field = Field {
    what: "a month",
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// 7 is Sunday, too.
const WEEKDAY: Field = Field {
    what: "a day of the week",
    least: 0,
    most: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(format!(
                "it has {} fields, not five: minute, hour, day of month, month, day of week",
                fields.len()
            ));
        };
        let weekdays = WEEKDAY.parse(weekday)?;
        let sunday = (weekdays >> 7) & 1;
        Ok(Self {
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            days: DAY.parse(day)?,
            months: MONTH.parse(month)?,
            weekdays: weekdays | sunday,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        })
    }

    /// In the order of the day.
    pub(crate) fn times_on(&self, date: Date) -> Vec<DateTime> {
        let has = |set: u64, value: i8| u32::try_from(value).is_ok_and(|value| set >> value & 1 == 1);
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        let on_day = if self.either_day { day || weekday } else { day && weekday };
        if !(has(self.months, date.month()) && on_day) {
            return Vec::new();
        }
        let hours = (0..24).filter(|hour| has(self.hours, *hour));
        let times = hours.flat_map(|hour| {
            (0..60).filter(|minute| has(self.minutes, *minute)).map(move |minute| (hour, minute))
        });
        times
            .filter_map(|(hour, minute)| Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?)))
            .collect()
    }
}

impl Field {
    /// `*`, `*/5`, `1,2`, `1-5`, `1-10/2`, names.
    fn parse(&self, text: &str) -> Result<u64, String> {
        let mut set = 0;
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (item, None),
            };
            let step_by = match step {
                Some(step) => step.parse().ok().filter(|step| *step > 0).ok_or_else(|| self.wrong(item))?,
                None => 1,
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.least, self.most),
                Some((first, last)) => (self.value(first, item)?, self.value(last, item)?),
                None if step.is_some() => (self.value(range, item)?, self.most),
                None => (self.value(range, item)?, self.value(range, item)?),
            };
            if first > last {
                return Err(self.wrong(item));
            }
            for value in (first..=last).step_by(step_by) {
                set |= 1_u64 << value;
            }
        }
        Ok(set)
    }

    fn value(&self, word: &str, item: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|name| word.eq_ignore_ascii_case(name));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + self.least);
        let number = || word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok()).flatten();
        let value = named.or_else(number).filter(|value| (self.least..=self.most).contains(value));
        value.ok_or_else(|| self.wrong(item))
    }

    fn wrong(&self, item: &str) -> String {
        format!(
            "`{}` is not {} from {} to {}",
            crate::visible::visible(item),
            self.what,
            self.least,
            self.most
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(expression: &str, date: &str) -> Vec<String> {
        let cron = Cron::parse(expression).unwrap();
        cron.times_on(date.parse().unwrap()).iter().map(|at| at.strftime("%H:%M").to_string()).collect()
    }

    #[test]
    fn fields_take_lists_ranges_steps_and_names() {
        assert_eq!(on("30 9,17 * * *", "2027-03-23"), ["09:30", "17:30"]);
        assert_eq!(
            on("*/20 8-9 * * MON-FRI", "2027-03-23"),
            ["08:00", "08:20", "08:40", "09:00", "09:20", "09:40"]
        );
        assert_eq!(on("0 9 * * mon-fri", "2027-03-21"), [""; 0]);
        assert_eq!(on("0 9 * * 7", "2027-03-21"), ["09:00"]);
        assert_eq!(on("0 9 * feb *", "2027-03-21"), [""; 0]);
    }

    #[test]
    fn with_both_days_said_either_is_enough() {
        assert_eq!(on("0 9 13 * fri", "2027-03-13"), ["09:00"]);
        assert_eq!(on("0 9 13 * fri", "2027-03-12"), ["09:00"]);
        assert_eq!(on("0 9 13 * fri", "2027-03-11"), [""; 0]);
    }

    #[test]
    fn wrong_expressions_say_what_is_wrong() {
        for expression in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "-1 * * * *",
            "1,,2 * * * *",
        ] {
            assert!(Cron::parse(expression).is_err(), "{expression}");
        }
        assert!(Cron::parse("60 * * * *").unwrap_err().contains("`60` is not a minute from 0 to 59"));
    }
}
