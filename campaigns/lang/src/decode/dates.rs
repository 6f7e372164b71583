//! Named dates, and times on them.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use super::Decoder;
use super::scalar::parse_duration;
use crate::campaign::At;
use crate::document::{Node, Value};
use crate::suggest::did_you_mean;
use crate::visible::visible;
use crate::{Spanned, codes, keys};

/// The dates of a campaign, by name.
pub(super) type Dates = BTreeMap<String, Date>;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Decoder<'_> {
    pub(super) fn dates(&mut self, node: &Node) -> Dates {
        let mut dates = Dates::new();
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`dates` is a mapping from names to dates");
            return dates;
        };
        for (key, value) in &mapping.items {
            let Some(name) = self.id_word(key.clone().map(|key| key.to_string())) else { continue };
            let date = self.within(&name.value, |decoder| decoder.date(value));
            if let Some(date) = date {
                dates.insert(name.value, date.value);
            }
        }
        dates
    }

    pub(super) fn date(&mut self, node: &Node) -> Option<Spanned<Date>> {
        let word = self.word(node)?;
        match parse_date(&word.value) {
            Ok(date) => Some(Spanned::new(date, word.span)),
            Err(why) => {
                let problem = self.error(
                    codes::TIME_INVALID,
                    word.span,
                    format!("`{}` is not a date", visible(&word.value)),
                );
                self.push(problem.with_help(why));
                None
            }
        }
    }

    pub(super) fn time(&mut self, node: &Node) -> Option<Spanned<Time>> {
        let word = self.word(node)?;
        match parse_time(&word.value) {
            Some(time) => Some(Spanned::new(time, word.span)),
            None => {
                let problem = self
                    .error(
                        codes::TIME_INVALID,
                        word.span,
                        format!("`{}` is not a time of day", visible(&word.value)),
                    )
                    .with_help("write hours and minutes, in quotes: \"09:00\"");
                self.push(problem);
                None
            }
        }
    }

    /// `{date, shift?, time}`.
    pub(super) fn at_date(&mut self, node: &Node, dates: &Dates) -> Option<At> {
        let fields = self.fields(node, &keys::AT_DATE, node.place())?;
        let date = fields.get("date").and_then(|node| self.within("date", |d| d.named_date(node, dates)));
        let shift = fields.get("shift").map(|node| self.within("shift", |d| d.shift(node)));
        let time = fields.get("time").and_then(|node| self.within("time", |d| d.time(node)));
        let days = match shift {
            Some(days) => days?,
            None => 0,
        };
        let date = date?.checked_add(jiff::Span::new().days(days)).ok()?;
        Some(At::Local(date.to_datetime(time?.value)))
    }

    fn named_date(&mut self, node: &Node, dates: &Dates) -> Option<Date> {
        let word = self.word(node)?;
        if let Some(date) = dates.get(&word.value) {
            return Some(*date);
        }
        if word.value.starts_with(|c: char| c.is_ascii_digit()) && word.value.contains('-') {
            return self.date(node).map(|date| date.value);
        }
        let problem = self.error(
            codes::TIME_INVALID,
            word.span,
            format!("no date is named `{}`", visible(&word.value)),
        );
        let help = match did_you_mean(&word.value, dates.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name it under `dates:`, or write a date such as 2027-03-18".to_owned(),
        };
        self.push(problem.with_help(help));
        None
    }

    /// Days, forward or back.
    fn shift(&mut self, node: &Node) -> Option<i64> {
        let word = self.word(node)?;
        let (sign, rest) = match word.value.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, word.value.strip_prefix('+').unwrap_or(&word.value)),
        };
        let whole = rest.ends_with(['d', 'w']).then(|| parse_duration(rest)).flatten();
        match whole
            .map(|ms| ms / DAY_MS)
            .and_then(|days| i64::try_from(days).ok())
            .filter(|days| *days <= 3_660)
        {
            Some(days) => Some(sign * days),
            None => {
                let problem = self
                    .error(
                        codes::SCHEMA_DURATION,
                        word.span,
                        format!("`{}` is not a shift of days", visible(&word.value)),
                    )
                    .with_help("write days or weeks, at most ten years: `-3d`, `1w`");
                self.push(problem);
                None
            }
        }
    }
}

/// A date, or what to do about it.
pub(super) fn parse_date(word: &str) -> Result<Date, String> {
    let parts: Vec<&str> = word.split('-').collect();
    let [year, month, day] = parts[..] else { return Err(DATE_HELP.to_owned()) };
    let shaped = year.len() == 4 && month.len() == 2 && day.len() == 2;
    let numbers = (number(year), number(month), number(day));
    let (Some(year), Some(month), Some(day), true) = (numbers.0, numbers.1, numbers.2, shaped) else {
        return Err(DATE_HELP.to_owned());
    };
    let month_i8 = i8::try_from(month).map_err(|_| DATE_HELP.to_owned())?;
    let first = Date::new(year, month_i8, 1).map_err(|_| format!("there is no month {month:02}"))?;
    let day = i8::try_from(day).map_err(|_| DATE_HELP.to_owned())?;
    Date::new(year, month_i8, day)
        .map_err(|_| format!("{} has {} days", first.strftime("%B %Y"), first.days_in_month()))
}

const DATE_HELP: &str = "write year, month and day: 2027-03-18";

/// `HH:MM` or `HH:MM:SS`.
pub(super) fn parse_time(word: &str) -> Option<Time> {
    let parts: Vec<&str> = word.split(':').collect();
    if parts.iter().any(|part| part.len() != 2) {
        return None;
    }
    let numbers: Option<Vec<i8>> =
        parts.iter().map(|part| number(part).and_then(|n| i8::try_from(n).ok())).collect();
    match numbers?[..] {
        [hour, minute] => Time::new(hour, minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    }
}

fn number(digits: &str) -> Option<i16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}
