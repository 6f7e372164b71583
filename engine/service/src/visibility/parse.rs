//! Reading a filter: comparisons joined by `AND`, and `GROUP BY ExecutionStatus` for counts.

use engine_store::{Filter, TimeRange};
use jiff::Timestamp;
use serde_json::Value;
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;

use super::condition::{Check, Comparison, Condition, Field};
use super::info::status_name;
use super::word::{BadFilter, Word, bad, words};

/// Characters of a filter; longer ones are no questions of people.
const FILTER_MAX: usize = 10_000;
/// Parentheses within parentheses: each costs stack.
const DEPTH_MAX: usize = 32;
/// Values in one list of a filter.
const VALUES_MAX: usize = 1_000;

/// Reads a filter; the empty one asks for everything.
pub(crate) fn parse(filter: &str) -> Result<Condition, BadFilter> {
    if filter.len() > FILTER_MAX {
        return Err(bad("the filter is too long", FILTER_MAX));
    }
    let words = words(filter)?;
    let mut reader =
        Reader { words: &words, at: 0, depth: 0, end: filter.len() + 1, condition: Condition::default() };
    reader.conditions()?;
    Ok(reader.condition)
}

struct Reader<'a> {
    words: &'a [(usize, Word)],
    at: usize,
    depth: usize,
    end: usize,
    condition: Condition,
}

/// A comparison's sign and values.
enum Relation {
    Is(Vec<Word>),
    IsNot(Vec<Word>),
    StartsWith(Word),
    Below { or_equal: bool, value: Word },
    Above { or_equal: bool, value: Word },
    Between(Word, Word),
    IsSet(bool),
}

impl Reader<'_> {
    fn conditions(&mut self) -> Result<(), BadFilter> {
        if self.words.is_empty() {
            return Ok(());
        }
        if !self.is_next("GROUP") {
            self.joined()?;
        }
        if self.take_name("GROUP") {
            self.expect_name("BY")?;
            self.expect_name("ExecutionStatus")?;
            self.condition.by_status = true;
        }
        if self.at < self.words.len() {
            return Err(self.wrong("only comparisons joined by AND are supported"));
        }
        Ok(())
    }

    fn joined(&mut self) -> Result<(), BadFilter> {
        loop {
            if self.take_sign("(") {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(self.wrong("too many parentheses"));
                }
                self.joined()?;
                self.depth -= 1;
                if !self.take_sign(")") {
                    return Err(self.wrong("`)` is expected"));
                }
            } else {
                self.comparison()?;
            }
            if !self.take_name("AND") {
                return Ok(());
            }
        }
    }

    fn comparison(&mut self) -> Result<(), BadFilter> {
        let at = self.position();
        let Some(Word::Name(field)) = self.take() else { return Err(bad("a field's name is expected", at)) };
        let relation = self.relation()?;
        self.add(&field, relation, at)
    }

    fn relation(&mut self) -> Result<Relation, BadFilter> {
        let negated = self.take_name("NOT");
        if self.take_name("IN") {
            let values = self.list()?;
            return Ok(if negated { Relation::IsNot(values) } else { Relation::Is(values) });
        }
        if negated {
            return Err(self.wrong("IN is expected"));
        }
        if self.take_name("BETWEEN") {
            let from = self.value()?;
            self.expect_name("AND")?;
            return Ok(Relation::Between(from, self.value()?));
        }
        if self.take_name("STARTS_WITH") {
            return Ok(Relation::StartsWith(self.value()?));
        }
        if self.take_name("IS") {
            let is_set = self.take_name("NOT");
            self.expect_name("NULL")?;
            return Ok(Relation::IsSet(is_set));
        }
        let at = self.position();
        match self.take() {
            Some(Word::Sign("=")) => Ok(Relation::Is(vec![self.value()?])),
            Some(Word::Sign("!=")) => Ok(Relation::IsNot(vec![self.value()?])),
            Some(Word::Sign("<")) => Ok(Relation::Below { or_equal: false, value: self.value()? }),
            Some(Word::Sign("<=")) => Ok(Relation::Below { or_equal: true, value: self.value()? }),
            Some(Word::Sign(">")) => Ok(Relation::Above { or_equal: false, value: self.value()? }),
            Some(Word::Sign(">=")) => Ok(Relation::Above { or_equal: true, value: self.value()? }),
            _ => Err(bad("a comparison is expected", at)),
        }
    }

    fn list(&mut self) -> Result<Vec<Word>, BadFilter> {
        if !self.take_sign("(") {
            return Err(self.wrong("`(` is expected"));
        }
        let mut values = vec![self.value()?];
        while self.take_sign(",") && values.len() < VALUES_MAX {
            values.push(self.value()?);
        }
        if !self.take_sign(")") {
            return Err(self.wrong("`)` is expected"));
        }
        Ok(values)
    }

    /// Adds a comparison: to what the store finds where it can, else to what is checked afterwards.
    fn add(&mut self, field: &str, relation: Relation, at: usize) -> Result<(), BadFilter> {
        match field {
            // A schedule is listed by the same rules.
            "ScheduleId" => self.add_name("WorkflowId", relation, at),
            "WorkflowId" | "RunId" | "WorkflowType" | "TaskQueue" | "ParentWorkflowId" => {
                self.add_name(field, relation, at)
            }
            "ExecutionStatus" => self.add_status(relation, at),
            "StartTime" | "ExecutionTime" | "CloseTime" => self.add_time(field, relation, at),
            "HistoryLength" => self.add_check(Field::HistoryLength, relation, at),
            _ => self.add_check(Field::Attribute(field.to_owned()), relation, at),
        }
    }

    fn add_name(&mut self, field: &str, relation: Relation, at: usize) -> Result<(), BadFilter> {
        let filter: Option<fn(String) -> Filter> = match (field, &relation) {
            ("WorkflowId", Relation::StartsWith(_)) => Some(Filter::WorkflowIdPrefix),
            ("WorkflowId", Relation::Is(values)) if values.len() == 1 => Some(Filter::WorkflowId),
            ("RunId", Relation::Is(values)) if values.len() == 1 => Some(Filter::RunId),
            ("WorkflowType", Relation::Is(values)) if values.len() == 1 => Some(Filter::WorkflowType),
            ("TaskQueue", Relation::Is(values)) if values.len() == 1 => Some(Filter::TaskQueue),
            ("ParentWorkflowId", Relation::Is(values)) if values.len() == 1 => Some(Filter::ParentWorkflowId),
            _ => None,
        };
        match (filter, relation) {
            (Some(filter), Relation::StartsWith(value)) => {
                self.condition.filters.push(filter(text(&value, at)?));
                Ok(())
            }
            (Some(filter), Relation::Is(values)) => {
                for value in &values {
                    self.condition.filters.push(filter(text(value, at)?));
                }
                Ok(())
            }
            (_, relation) => match field {
                "WorkflowType" => self.add_check(Field::WorkflowType, relation, at),
                "TaskQueue" => self.add_check(Field::TaskQueue, relation, at),
                _ => Err(bad(&format!("this comparison is not supported for {field}"), at)),
            },
        }
    }

    fn add_status(&mut self, relation: Relation, at: usize) -> Result<(), BadFilter> {
        match relation {
            Relation::Is(values) => {
                let statuses = values.iter().map(|value| status(value, at)).collect::<Result<_, _>>()?;
                self.condition.filters.push(Filter::Status(statuses));
            }
            Relation::IsNot(values) => {
                let values = values.iter().map(|value| status(value, at).map(Value::from));
                let comparison = Comparison::None(values.collect::<Result<_, _>>()?);
                self.condition.checks.push(Check { field: Field::Status, comparison });
            }
            _ => return Err(bad("this comparison is not supported for ExecutionStatus", at)),
        }
        Ok(())
    }

    fn add_time(&mut self, field: &str, relation: Relation, at: usize) -> Result<(), BadFilter> {
        let range = match relation {
            Relation::Is(values) if values.len() == 1 => {
                let instant = Some(instant(&values[0], at)?);
                TimeRange { from: instant, to: instant }
            }
            Relation::Between(from, to) => {
                TimeRange { from: Some(instant(&from, at)?), to: Some(instant(&to, at)?) }
            }
            Relation::Below { or_equal, value } => {
                let bound = instant(&value, at)?;
                TimeRange { from: None, to: Some(if or_equal { bound } else { bound.saturating_sub(1) }) }
            }
            Relation::Above { or_equal, value } => {
                let bound = instant(&value, at)?;
                TimeRange { from: Some(if or_equal { bound } else { bound.saturating_add(1) }), to: None }
            }
            Relation::IsSet(is_set) if field == "CloseTime" => {
                let comparison = Comparison::IsSet(is_set);
                self.condition.checks.push(Check { field: Field::CloseTime, comparison });
                return Ok(());
            }
            _ => return Err(bad(&format!("this comparison is not supported for {field}"), at)),
        };
        self.condition.filters.push(match field {
            "StartTime" => Filter::StartTime(range),
            "ExecutionTime" => Filter::ExecutionTime(range),
            _ => Filter::CloseTime(range),
        });
        Ok(())
    }

    fn add_check(&mut self, field: Field, relation: Relation, at: usize) -> Result<(), BadFilter> {
        let all = |values: Vec<Word>| values.iter().map(|it| value(it, at)).collect::<Result<Vec<_>, _>>();
        let mut add = |comparison| self.condition.checks.push(Check { field: field.clone(), comparison });
        match relation {
            Relation::Is(values) => add(Comparison::Any(all(values)?)),
            Relation::IsNot(values) => add(Comparison::None(all(values)?)),
            Relation::StartsWith(prefix) => add(Comparison::StartsWith(text(&prefix, at)?)),
            Relation::Below { or_equal, value: it } => {
                add(Comparison::Order { below: true, or_equal, value: value(&it, at)? });
            }
            Relation::Above { or_equal, value: it } => {
                add(Comparison::Order { below: false, or_equal, value: value(&it, at)? });
            }
            Relation::Between(from, to) => {
                add(Comparison::Order { below: false, or_equal: true, value: value(&from, at)? });
                add(Comparison::Order { below: true, or_equal: true, value: value(&to, at)? });
            }
            Relation::IsSet(is_set) => add(Comparison::IsSet(is_set)),
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Word, BadFilter> {
        let at = self.position();
        match self.take() {
            Some(word @ (Word::Text(_) | Word::Number(_))) => Ok(word),
            Some(Word::Name(name))
                if name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false") =>
            {
                Ok(Word::Name(name.to_ascii_lowercase()))
            }
            _ => Err(bad("a value is expected", at)),
        }
    }

    fn take(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).map(|(_, word)| word.clone());
        self.at += usize::from(word.is_some());
        word
    }

    fn is_next(&self, keyword: &str) -> bool {
        matches!(self.words.get(self.at), Some((_, Word::Name(name))) if name.eq_ignore_ascii_case(keyword))
    }

    fn take_name(&mut self, keyword: &str) -> bool {
        let is_next = self.is_next(keyword);
        self.at += usize::from(is_next);
        is_next
    }

    fn take_sign(&mut self, sign: &'static str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|(_, word)| *word == Word::Sign(sign));
        self.at += usize::from(is_next);
        is_next
    }

    fn expect_name(&mut self, keyword: &str) -> Result<(), BadFilter> {
        if self.take_name(keyword) { Ok(()) } else { Err(self.wrong(&format!("{keyword} is expected"))) }
    }

    fn position(&self) -> usize {
        self.words.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn wrong(&self, message: &str) -> BadFilter {
        bad(message, self.position())
    }
}

fn text(word: &Word, at: usize) -> Result<String, BadFilter> {
    match word {
        Word::Text(text) => Ok(text.clone()),
        _ => Err(bad("a text in quotes is expected", at)),
    }
}

fn value(word: &Word, at: usize) -> Result<Value, BadFilter> {
    match word {
        Word::Text(text) => Ok(text.clone().into()),
        Word::Name(name) => Ok((name == "true").into()),
        Word::Number(digits) => match (digits.parse::<i64>(), digits.parse::<f64>()) {
            (Ok(number), _) => Ok(number.into()),
            (Err(_), Ok(number)) => Ok(number.into()),
            _ => Err(bad(&format!("`{digits}` is not a number"), at)),
        },
        Word::Sign(_) => Err(bad("a value is expected", at)),
    }
}

fn status(word: &Word, at: usize) -> Result<i32, BadFilter> {
    let all = (1..=8).filter_map(|number| WorkflowExecutionStatus::try_from(number).ok());
    match word {
        Word::Text(name) => all
            .into_iter()
            .find(|status| status_name(*status).eq_ignore_ascii_case(name))
            .map(|status| status as i32)
            .ok_or_else(|| bad(&format!("`{name}` is not a status"), at)),
        Word::Number(digits) => digits.parse().map_err(|_| bad(&format!("`{digits}` is not a status"), at)),
        Word::Name(_) | Word::Sign(_) => Err(bad("a status is expected", at)),
    }
}

/// An instant in RFC 3339 or unix nanoseconds.
fn instant(word: &Word, at: usize) -> Result<i64, BadFilter> {
    let (Word::Text(text) | Word::Number(text)) = word else { return Err(bad("an instant is expected", at)) };
    if let Ok(nanos) = text.parse() {
        return Ok(nanos);
    }
    let instant: Timestamp = text.parse().map_err(|_| bad(&format!("`{text}` is not an instant"), at))?;
    i64::try_from(instant.as_nanosecond()).map_err(|_| bad(&format!("`{text}` is out of range"), at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_store::Summary;
    use prost::Message;
    use temporalio_protos::temporal::api::common::v1::{Payload, SearchAttributes};

    #[test]
    fn what_the_store_knows_goes_to_the_store() {
        let condition =
            parse("WorkflowType = 'publication' and (ExecutionStatus IN ('Running', 'Failed')) AND StartTime > '2026-01-01T00:00:00Z'")
                .unwrap();
        assert!(condition.is_plain());
        assert_eq!(
            condition.filters,
            [
                Filter::WorkflowType("publication".into()),
                Filter::Status(vec![1, 3]),
                Filter::StartTime(TimeRange { from: Some(1_767_225_600_000_000_001), to: None }),
            ]
        );
    }

    #[test]
    fn search_attributes_are_compared_by_their_type() {
        let run = |json: &str| {
            let field = Payload { data: json.as_bytes().to_vec(), ..Payload::default() };
            let attributes = SearchAttributes { indexed_fields: [("Field".to_owned(), field)].into() };
            Summary { search_attributes: attributes.encode_to_vec(), ..Summary::default() }
        };
        for (filter, json, holds) in [
            ("Field = 'a'", "\"a\"", true),
            ("Field = 'a'", "[\"b\",\"a\"]", true),
            ("Field != 'a'", "\"a\"", false),
            ("Field > 3", "4", true),
            ("Field BETWEEN 1 AND 3", "4", false),
            ("Field = true", "true", true),
            ("Field < '2026-02-01T00:00:00Z'", "\"2026-01-31T23:00:00+00:00\"", true),
            ("Field STARTS_WITH 'ab'", "\"abc\"", true),
            ("Field IS NULL", "\"abc\"", false),
        ] {
            assert_eq!(parse(filter).unwrap().holds(&run(json)), holds, "{filter} on {json}");
        }
    }

    #[test]
    fn a_count_may_be_grouped() {
        assert!(parse("GROUP BY ExecutionStatus").unwrap().by_status);
        assert!(parse("WorkflowType='a' GROUP BY ExecutionStatus").unwrap().by_status);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for filter in [
            "WorkflowType",
            "WorkflowType =",
            "WorkflowType = a",
            "= 'a'",
            "WorkflowType = 'a' OR WorkflowType = 'b'",
            "ExecutionStatus = 'Sleeping'",
            "StartTime > 'yesterday'",
            "WorkflowType IN ('a'",
            "WorkflowType = 'a",
            "ORDER BY StartTime",
            "\u{1F600} = 'a'",
            "((((",
        ] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }
}
