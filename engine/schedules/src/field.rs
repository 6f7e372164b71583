//! One field of a calendar or cron string: numbers, names, ranges, steps, lists.

use crate::canonical::BadSpec;
use temporalio_protos::temporal::api::schedule::v1::Range;

/// A field of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) min: i32,
    pub(crate) max: i32,
    /// What an empty text means.
    default: &'static str,
    names: &'static [&'static str],
}

const NO_NAMES: &[&str] = &[];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: &[&str] = &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

impl Field {
    pub(crate) const SECOND: Self = Self::number("Second", 0, 59, "0");
    pub(crate) const MINUTE: Self = Self::number("Minute", 0, 59, "0");
    pub(crate) const HOUR: Self = Self::number("Hour", 0, 23, "0");
    pub(crate) const DAY_OF_MONTH: Self = Self::number("DayOfMonth", 1, 31, "*");
    pub(crate) const MONTH: Self = Self { name: "Month", min: 1, max: 12, default: "*", names: MONTHS };
    pub(crate) const YEAR: Self = Self::number("Year", 2000, 2100, "*");
    /// Sunday is 0; 7 is read as 0, too.
    pub(crate) const DAY_OF_WEEK: Self =
        Self { name: "DayOfWeek", min: 0, max: 6, default: "*", names: DAYS };

    const fn number(name: &'static str, min: i32, max: i32, default: &'static str) -> Self {
        Self { name, min, max, default, names: NO_NAMES }
    }

    /// Reads a text such as `1-5/2,8`.
    pub(crate) fn parse(self, text: &str) -> Result<Vec<Range>, BadSpec> {
        let text = match text.trim() {
            "" => self.default,
            text => text,
        };
        if text == "*" && self == Self::YEAR {
            return Ok(Vec::new());
        }
        let mut ranges = Vec::new();
        for part in text.split(',') {
            self.part(part.trim(), &mut ranges)?;
        }
        Ok(ranges)
    }

    fn part(self, part: &str, ranges: &mut Vec<Range>) -> Result<(), BadSpec> {
        let (values, step) = match part.split_once('/') {
            Some((_, step)) if step.contains('/') => return Err(self.bad("has too many slashes")),
            Some((_, "")) => return Err(self.bad("missing step value")),
            Some((values, step)) => {
                let step: i32 = step.parse().map_err(|_| self.bad("has invalid Step"))?;
                if step < 1 {
                    return Err(self.bad("has invalid Step"));
                }
                (values, Some(step))
            }
            None => (part, None),
        };
        // Sunday at the week's end is read before it is known to be one.
        let max = if self == Self::DAY_OF_WEEK { 7 } else { self.max };
        let (start, end) = match values.split_once('-') {
            _ if values == "*" => (self.min, self.max),
            Some((_, end)) if end.contains('-') => return Err(self.bad("has too many dashes")),
            Some((start, end)) => {
                let start = self.value(start, max).ok_or_else(|| self.outside("Start is"))?;
                let end = self.value(end, max).filter(|end| *end >= start);
                (start, end.ok_or_else(|| self.outside("End is before Start or"))?)
            }
            None => {
                let start = self.value(values, max).ok_or_else(|| self.outside("is"))?;
                (start, if step.is_some() { max } else { start })
            }
        };
        self.push(ranges, start, end, step.unwrap_or(1));
        Ok(())
    }

    /// Adds a range; one that ends with Sunday as 7 becomes one that begins with it as 0.
    fn push(self, ranges: &mut Vec<Range>, start: i32, mut end: i32, step: i32) {
        if self == Self::DAY_OF_WEEK && end == 7 {
            if (7 - start) % step == 0 && (step > 1 || start > 1) {
                ranges.push(Range { start: 0, end: 0, step: 0 });
                if start == 7 {
                    return;
                }
            }
            end = 6;
        }
        ranges.push(Range {
            start,
            end: if start == end { 0 } else { end },
            step: if step == 1 { 0 } else { step },
        });
    }

    fn value(self, text: &str, max: i32) -> Option<i32> {
        let text = text.trim();
        let shortest = if self == Self::DAY_OF_WEEK { 2 } else { 3 };
        if text.len() >= shortest && text.is_ascii() {
            let text = text.to_ascii_lowercase();
            if let Some(index) = self.names.iter().position(|name| name.starts_with(&text)) {
                return i32::try_from(index).ok().map(|index| index + self.min);
            }
        }
        text.parse().ok().filter(|value| (self.min..=max).contains(value))
    }

    /// Checks ranges that were given as such.
    pub(crate) fn check(self, ranges: &[Range]) -> Result<(), BadSpec> {
        for range in ranges {
            if !(self.min..=self.max).contains(&range.start) {
                return Err(self.outside("Start is"));
            }
            if range.end != 0 && (range.end < range.start || range.end > self.max) {
                return Err(self.outside("End is before Start or"));
            }
            if range.step < 0 {
                return Err(self.bad("has invalid Step"));
            }
        }
        Ok(())
    }

    fn bad(self, what: &str) -> BadSpec {
        BadSpec(format!("{} {what}", self.name))
    }

    fn outside(self, what: &str) -> BadSpec {
        self.bad(&format!("{what} not in range [{}-{}]", self.min, self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: i32, end: i32, step: i32) -> Range {
        Range { start, end, step }
    }

    #[test]
    fn lists_ranges_steps_and_names_are_read() {
        assert_eq!(Field::HOUR.parse("9-17/2, 20").unwrap(), [range(9, 17, 2), range(20, 0, 0)]);
        assert_eq!(Field::MINUTE.parse("*/15").unwrap(), [range(0, 59, 15)]);
        assert_eq!(Field::MONTH.parse("jan-Mar").unwrap(), [range(1, 3, 0)]);
        assert_eq!(Field::DAY_OF_WEEK.parse("mo,friday").unwrap(), [range(1, 0, 0), range(5, 0, 0)]);
        assert_eq!(Field::YEAR.parse("*").unwrap(), []);
    }

    #[test]
    fn sunday_is_seven_as_well() {
        assert_eq!(Field::DAY_OF_WEEK.parse("7").unwrap(), [range(0, 0, 0)]);
        assert_eq!(Field::DAY_OF_WEEK.parse("5-7").unwrap(), [range(0, 0, 0), range(5, 6, 0)]);
        assert_eq!(Field::DAY_OF_WEEK.parse("1-7").unwrap(), [range(1, 6, 0)]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["60", "-1", "1-", "5-1", "1/0", "1/2/3", "1-2-3", "x", "1/", ","] {
            assert!(Field::MINUTE.parse(text).is_err(), "{text}");
        }
    }
}
