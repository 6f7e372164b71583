//! `every` and `cron`.

use std::collections::BTreeMap;

use campaigns_limits::Platform;
use jiff::civil::{Date, Time, Weekday};

use super::Decoder;
use super::dates::parse_date;
use super::fields::Fields;
use crate::campaign::{Cron, Days, End, OCCURRENCES_MAX, Override, Recurrence, Rule};
use crate::document::{Node, Value};
use crate::visible::visible;
use crate::{Spanned, codes, keys};

const WEEKDAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

const ORDINALS: &[(&str, i8)] =
    &[("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("fifth", 5), ("last", -1)];

impl Decoder<'_> {
    pub(super) fn every(&mut self, node: &Node) -> Option<Recurrence> {
        let fields = self.fields(node, &keys::EVERY, node.place())?;
        let days = self.days(&fields);
        let times = self.times(&fields);
        let from = self.date_of(&fields, "from");
        let end = self.end(&fields);
        let except =
            fields.get("except").map(|node| self.within("except", |decoder| decoder.date_list(node)));
        let overrides =
            fields.get("override").map(|node| self.within("override", |decoder| decoder.overrides(node)));
        Some(Recurrence {
            rule: Rule::Days { days: days?, times: times? },
            from: from?,
            end: end?,
            except: except.unwrap_or_default(),
            overrides: overrides.unwrap_or_default(),
            span: node.place(),
        })
    }

    pub(super) fn cron(&mut self, node: &Node) -> Option<Recurrence> {
        let fields = self.fields(node, &keys::CRON, node.place())?;
        let expression =
            fields.get("expr").and_then(|node| self.within("expr", |decoder| decoder.cron_expression(node)));
        let from = self.date_of(&fields, "from");
        let end = self.end(&fields);
        Some(Recurrence {
            rule: Rule::Cron(expression?),
            from: from?,
            end: end?,
            except: Vec::new(),
            overrides: BTreeMap::new(),
            span: node.place(),
        })
    }

    fn cron_expression(&mut self, node: &Node) -> Option<Cron> {
        let word = self.word(node)?;
        match Cron::parse(&word.value) {
            Ok(cron) => Some(cron),
            Err(why) => {
                let message = format!("`{}` is not a cron expression: {why}", visible(&word.value));
                let problem = self.error(codes::TIME_INVALID, word.span, message);
                self.push(problem);
                None
            }
        }
    }

    fn days(&mut self, fields: &Fields<'_>) -> Option<Days> {
        if let Some(node) = fields.get("days") {
            let days = self
                .within("days", |d| d.choice_list(node, "`days` is a list such as `[mon, thu]`", WEEKDAYS));
            return days.map(Days::Week);
        }
        if let Some(node) = fields.get("monthdays") {
            return self.within("monthdays", |decoder| decoder.month_days(node)).map(Days::Month);
        }
        let node = fields.get("nth")?;
        self.within("nth", |decoder| decoder.nth(node))
    }

    /// A list of words, at least one, each right.
    fn choice_list<T: Copy>(
        &mut self,
        node: &Node,
        wanted: &str,
        choices: &[(&'static str, T)],
    ) -> Option<Vec<T>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, wanted);
            return None;
        };
        let read: Vec<Option<T>> = items.items.iter().map(|item| self.choice(item, choices)).collect();
        self.at_least_one(node, read.into_iter().collect())
    }

    fn month_days(&mut self, node: &Node) -> Option<Vec<i8>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`monthdays` is a list such as `[1, 15]`");
            return None;
        };
        let read: Vec<Option<i8>> = items
            .items
            .iter()
            .map(|item| self.integer(item, 1, 31).and_then(|day| i8::try_from(day.value).ok()))
            .collect();
        self.at_least_one(node, read.into_iter().collect())
    }

    fn at_least_one<T>(&mut self, node: &Node, list: Option<Vec<T>>) -> Option<Vec<T>> {
        if list.as_ref().is_some_and(Vec::is_empty) {
            let problem = self.error(codes::SCHEMA_EMPTY, node.place(), "the list is empty");
            self.push(problem);
            return None;
        }
        list
    }

    /// `first mon`, `last fri`.
    fn nth(&mut self, node: &Node) -> Option<Days> {
        let word = self.word(node)?;
        let parts: Vec<&str> = word.value.split_whitespace().collect();
        if let [ordinal, weekday] = parts[..] {
            let nth = ORDINALS.iter().find(|(name, _)| *name == ordinal);
            let weekday = WEEKDAYS.iter().find(|(name, _)| *name == weekday);
            if let (Some((_, nth)), Some((_, weekday))) = (nth, weekday) {
                return Some(Days::Nth { nth: *nth, weekday: *weekday });
            }
        }
        let problem = self
            .error(
                codes::SCHEMA_VALUE,
                word.span,
                format!("`{}` is not a day of the month", visible(&word.value)),
            )
            .with_help(
                "write first, second, third, fourth, fifth or last, and a day: `first mon`, `last fri`",
            );
        self.push(problem);
        None
    }

    fn times(&mut self, fields: &Fields<'_>) -> Option<Vec<Time>> {
        if let Some(node) = fields.get("time") {
            return self.within("time", |decoder| decoder.time(node)).map(|time| vec![time.value]);
        }
        let node = fields.get("times")?;
        self.within("times", |decoder| {
            let Value::Sequence(items) = &node.value else {
                decoder.wrong_kind(node, "`times` is a list such as `[\"09:00\", \"17:30\"]`");
                return None;
            };
            let read: Vec<Option<Time>> =
                items.items.iter().map(|item| decoder.time(item).map(|time| time.value)).collect();
            let mut times = decoder.at_least_one(node, read.into_iter().collect())?;
            times.sort();
            times.dedup();
            Some(times)
        })
    }

    fn date_of(&mut self, fields: &Fields<'_>, key: &str) -> Option<Date> {
        let node = fields.get(key)?;
        self.within(key, |decoder| decoder.date(node)).map(|date| date.value)
    }

    fn end(&mut self, fields: &Fields<'_>) -> Option<End> {
        if let Some(until) = fields.get("until") {
            return self.within("until", |decoder| decoder.date(until)).map(|date| End::Until(date.value));
        }
        let node = fields.get("count")?;
        let count = self.within("count", |decoder| decoder.integer(node, 1, OCCURRENCES_MAX as u64))?;
        usize::try_from(count.value).ok().map(End::Count)
    }

    fn date_list(&mut self, node: &Node) -> Vec<Spanned<Date>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`except` is a list of dates");
            return Vec::new();
        };
        items.items.iter().filter_map(|item| self.date(item)).collect()
    }

    fn overrides(&mut self, node: &Node) -> BTreeMap<Date, Spanned<Override>> {
        let mut overrides = BTreeMap::new();
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`override` is a mapping from dates to keys of a post");
            return overrides;
        };
        for (key, value) in &mapping.items {
            let date = match parse_date(&key.value) {
                Ok(date) => date,
                Err(why) => {
                    let message = format!("`{}` is not a date", visible(&key.value));
                    let problem = self.error(codes::TIME_INVALID, key.span, message).with_help(why);
                    self.push(problem);
                    continue;
                }
            };
            if let Some(one) = self.within(&key.value, |decoder| decoder.override_of(value, key.span)) {
                overrides.insert(date, Spanned::new(one, key.span));
            }
        }
        overrides
    }

    fn override_of(&mut self, node: &Node, owner: crate::Span) -> Option<Override> {
        let fields = self.fields(node, &keys::OVERRIDE, owner)?;
        let accounts =
            fields.get("accounts").map(|node| self.within("accounts", |decoder| decoder.accounts(node)));
        let mut blocks = BTreeMap::new();
        for platform in Platform::ALL {
            if let Some((_, block)) = self.platform_block(&fields, platform) {
                blocks.insert(platform, block.ok()?);
            }
        }
        Some(Override {
            skip: self.boolean_of(&fields, "skip"),
            media: self.media(&fields),
            content: self.content(&fields).ok()?,
            accounts: accounts.map(|accounts| accounts.map(|list| list.value).unwrap_or_default()),
            blocks,
        })
    }
}
