//! Reading a filter: comparisons joined by `AND`, `OR`, `NOT` and parentheses, and `GROUP BY ExecutionStatus`
//! for counts.

use engine_history::search_attributes::KnownAttributes;

use super::comparison::Comparison;
use super::condition::{Check, Condition, Expression};
use super::field::Field;
use super::value::{Kind, text, value};
use super::word::{BadFilter, Word, bad, words};

/// Characters of a filter; longer ones are no questions of people.
const FILTER_MAX: usize = 10_000;
/// Parentheses within parentheses: each costs stack.
const DEPTH_MAX: usize = 32;
/// Values in one list of a filter.
const VALUES_MAX: usize = 1_000;

/// Reads a filter; the empty one asks for everything.
///
/// Without `known`, a name that may be registered is refused: ask again with what is.
pub(super) fn parse(filter: &str, known: Option<&KnownAttributes>) -> Result<Condition, BadFilter> {
    if filter.len() > FILTER_MAX {
        return Err(bad("the filter is too long", FILTER_MAX));
    }
    let words = words(filter)?;
    Reader { words: &words, known, at: 0, depth: 0, end: filter.len() + 1 }.condition()
}

struct Reader<'a> {
    words: &'a [(usize, Word)],
    known: Option<&'a KnownAttributes>,
    at: usize,
    depth: usize,
    end: usize,
}

impl Reader<'_> {
    fn condition(&mut self) -> Result<Condition, BadFilter> {
        let expression = match self.words.is_empty() || self.is_next("GROUP") || self.is_next("ORDER") {
            true => None,
            false => Some(self.any()?),
        };
        let by_status = self.take_name("GROUP");
        if by_status {
            self.expect_name("BY")?;
            self.expect_name("ExecutionStatus")?;
        }
        if self.is_next("ORDER") {
            return Err(self.wrong("operation is not supported: 'ORDER BY' clause"));
        }
        if self.at < self.words.len() {
            return Err(self.wrong("AND or OR is expected"));
        }
        Ok(Condition::of(expression, by_status))
    }

    fn any(&mut self) -> Result<Expression, BadFilter> {
        let mut parts = vec![self.all()?];
        while self.take_name("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self) -> Result<Expression, BadFilter> {
        let mut parts = Vec::new();
        loop {
            // What is joined by AND alone is one list, however it is put in parentheses.
            match self.one()? {
                Expression::All(inner) => parts.extend(inner),
                other => parts.push(other),
            }
            if !self.take_name("AND") {
                break;
            }
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self) -> Result<Expression, BadFilter> {
        let is_not = self.take_name("NOT");
        let is_inner = self.take_sign("(");
        if !is_not && !is_inner {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("too many parentheses"));
        }
        let inner = match (is_inner, is_not) {
            (true, _) => {
                let inner = self.any()?;
                if !self.take_sign(")") {
                    return Err(self.wrong("`)` is expected"));
                }
                inner
            }
            (false, _) => self.one()?,
        };
        self.depth -= 1;
        Ok(if is_not { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn comparison(&mut self) -> Result<Expression, BadFilter> {
        let at = self.position();
        let Some(Word::Name(name)) = self.take() else { return Err(bad("a field's name is expected", at)) };
        let Some((field, kind)) = Field::named(&name, self.known) else {
            return Err(bad(&format!("invalid search attribute: {name}"), at));
        };
        if self.take_name("IS") {
            let is_set = self.take_name("NOT");
            self.expect_name("NULL")?;
            return Ok(check(&field, Comparison::IsSet(is_set)));
        }
        let negated = self.take_name("NOT");
        let negate = |it: Expression| if negated { Expression::Not(Box::new(it)) } else { it };
        if self.take_name("IN") {
            let values = self.list(kind)?;
            return match kind {
                Kind::Words => Err(unsupported("IN", &name, at)),
                Kind::Keywords => Ok(negate(check(&field, Comparison::Has(values)))),
                _ if negated => Ok(check(&field, Comparison::None(values))),
                _ => Ok(check(&field, Comparison::Any(values))),
            };
        }
        if self.take_name("BETWEEN") {
            if matches!(kind, Kind::Words | Kind::Keywords | Kind::Truth) {
                return Err(unsupported("BETWEEN", &name, at));
            }
            let from = self.value(kind)?;
            self.expect_name("AND")?;
            let to = self.value(kind)?;
            let bound = |below, value| check(&field, Comparison::Order { below, or_equal: true, value });
            return Ok(negate(Expression::All(vec![bound(false, from), bound(true, to)])));
        }
        if self.take_name("STARTS_WITH") {
            if kind != Kind::Keyword {
                return Err(unsupported("STARTS_WITH", &name, at));
            }
            let at = self.position();
            let prefix = text(&self.word()?, at)?;
            return Ok(negate(check(&field, Comparison::StartsWith(prefix))));
        }
        if negated {
            return Err(self.wrong("IN, BETWEEN or STARTS_WITH is expected"));
        }
        self.by_sign(&field, kind)
    }

    fn by_sign(&mut self, field: &Field, kind: Kind) -> Result<Expression, BadFilter> {
        let at = self.position();
        let Some(Word::Sign(sign)) = self.take() else { return Err(bad("a comparison is expected", at)) };
        if !matches!(sign, "=" | "!=" | "<" | "<=" | ">" | ">=") {
            return Err(bad("a comparison is expected", at));
        }
        let value = self.value(kind)?;
        if matches!(kind, Kind::Keywords | Kind::Words) {
            return by_part(field, kind, sign, value).ok_or_else(|| unsupported(sign, "it", at));
        }
        let order = |below, or_equal, value| Comparison::Order { below, or_equal, value };
        Ok(check(
            field,
            match sign {
                "=" => Comparison::Any(vec![value]),
                "!=" => Comparison::None(vec![value]),
                "<" => order(true, false, value),
                "<=" => order(true, true, value),
                ">" => order(false, false, value),
                _ => order(false, true, value),
            },
        ))
    }

    fn list(&mut self, kind: Kind) -> Result<Vec<serde_json::Value>, BadFilter> {
        if !self.take_sign("(") {
            return Err(self.wrong("`(` is expected"));
        }
        let mut values = vec![self.value(kind)?];
        while self.take_sign(",") && values.len() < VALUES_MAX {
            values.push(self.value(kind)?);
        }
        if !self.take_sign(")") {
            return Err(self.wrong("`)` is expected"));
        }
        Ok(values)
    }

    fn value(&mut self, kind: Kind) -> Result<serde_json::Value, BadFilter> {
        let at = self.position();
        value(&self.word()?, kind, at)
    }

    fn word(&mut self) -> Result<Word, BadFilter> {
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

fn check(field: &Field, comparison: Comparison) -> Expression {
    Expression::Check(Check { field: field.clone(), comparison })
}

/// A comparison with what is in a list or text.
fn by_part(field: &Field, kind: Kind, sign: &str, value: serde_json::Value) -> Option<Expression> {
    let part = match (kind, value) {
        // Any of the words between blanks.
        (Kind::Words, serde_json::Value::String(text)) => {
            Comparison::HasWord(text.split_whitespace().map(str::to_owned).collect())
        }
        (_, value) => Comparison::Has(vec![value]),
    };
    match sign {
        "=" => Some(check(field, part)),
        "!=" => Some(Expression::Not(Box::new(check(field, part)))),
        _ => None,
    }
}

fn unsupported(operator: &str, name: &str, at: usize) -> BadFilter {
    bad(&format!("operation is not supported: {operator} for {name}"), at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_store::{Filter, RunKey, Summary, TimeRange};
    use prost::Message;
    use temporalio_protos::temporal::api::common::v1::{Payload, SearchAttributes};
    use temporalio_protos::temporal::api::enums::v1::IndexedValueType as Type;

    #[test]
    fn what_the_store_knows_goes_to_the_store() {
        let condition =
            parse("WorkflowType = 'publication' and (ExecutionStatus IN ('Running', 'Failed')) AND StartTime > '2026-01-01T00:00:00Z'", None)
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
        use Type::{Bool, Datetime, Int, Keyword, KeywordList, Text};
        let run = |json: &str| {
            let metadata = [("encoding".to_owned(), b"json/plain".to_vec())].into();
            let field = Payload { metadata, data: json.as_bytes().to_vec(), ..Payload::default() };
            let attributes = SearchAttributes { indexed_fields: [("Field".to_owned(), field)].into() };
            Summary { search_attributes: attributes.encode_to_vec(), ..Summary::default() }
        };
        for (kind, filter, json, holds) in [
            (Keyword, "Field = 'a'", "\"a\"", true),
            (Keyword, "Field = 'a'", "[\"b\",\"a\"]", true),
            (Keyword, "Field != 'a'", "\"a\"", false),
            (Keyword, "Field != 'a'", "null", false),
            (Keyword, "NOT Field = 'a'", "\"b\"", true),
            (Keyword, "Field = 'a' OR Field = 'b' AND Field = 'c'", "\"a\"", true),
            (Keyword, "(Field = 'a' OR Field = 'b') AND Field = 'c'", "\"a\"", false),
            (Keyword, "Field NOT IN ('a', 'b')", "\"c\"", true),
            (Keyword, "Field NOT STARTS_WITH 'ab'", "\"abc\"", false),
            (Keyword, "Field STARTS_WITH 'ab'", "\"abc\"", true),
            (Keyword, "Field IS NULL", "\"abc\"", false),
            (Int, "Field NOT BETWEEN 1 AND 3", "4", true),
            (Int, "Other = 1 OR Field = 4", "4", true),
            (Int, "NOT Other = 1", "4", false),
            (Int, "Field > 3", "4", true),
            (Int, "Field BETWEEN 1 AND 3", "4", false),
            (Bool, "Field = true", "true", true),
            (Datetime, "Field < '2026-02-01T00:00:00Z'", "\"2026-01-31T23:00:00+00:00\"", true),
            (Datetime, "Field = '2026-01-31T23:00:00Z'", "\"2026-02-01T00:00:00+01:00\"", true),
            (KeywordList, "Field = 'b'", "[\"a\",\"b\"]", true),
            (KeywordList, "Field != 'b'", "[\"a\",\"b\"]", false),
            (KeywordList, "Field != 'b'", "null", true),
            (KeywordList, "Field NOT IN ('b', 'c')", "[\"a\"]", true),
            (Text, "Field = 'quick slow'", "\"The quick, brown fox\"", true),
            (Text, "Field = 'brown-fox'", "\"The quick, brown fox\"", true),
            (Text, "Field = 'quick-fox'", "\"The quick, brown fox\"", false),
            (Text, "Field != 'slow'", "\"The quick, brown fox\"", true),
        ] {
            let known = KnownAttributes::new([("Field".to_owned(), kind), ("Other".to_owned(), Int)].into());
            let condition = parse(filter, Some(&known)).unwrap();
            assert_eq!(condition.holds(&RunKey::default(), &run(json)), holds, "{filter} on {json}");
        }
    }

    #[test]
    fn each_type_has_its_comparisons() {
        use Type::{Bool, Datetime, Int, Keyword, KeywordList, Text};
        for (kind, filter) in [
            (Keyword, "Field = 1"),
            (Int, "Field = 'a'"),
            (Int, "Field STARTS_WITH '1'"),
            (Bool, "Field = 1"),
            (Bool, "Field BETWEEN true AND true"),
            (Datetime, "Field > 'today'"),
            (KeywordList, "Field > 'a'"),
            (KeywordList, "Field STARTS_WITH 'a'"),
            (KeywordList, "Field BETWEEN 'a' AND 'b'"),
            (Text, "Field IN ('a')"),
            (Text, "Field = ' '"),
            (Text, "Field < 'a'"),
        ] {
            let known = KnownAttributes::new([("Field".to_owned(), kind)].into());
            assert!(parse(filter, Some(&known)).is_err(), "{kind:?}: {filter}");
        }
    }

    #[test]
    fn a_name_must_be_known() {
        let nothing = KnownAttributes::default();
        let refused = parse("Field = 'a'", Some(&nothing)).unwrap_err().to_string();
        assert_eq!(refused, "invalid query: invalid search attribute: Field at character 1");
        for spelled in ["ScheduleId = 'a'", "ScheduledById = 'a'", "TemporalWorkflowId = 'a'"] {
            assert!(parse(spelled, None).is_err(), "{spelled} may be registered");
            assert!(parse(spelled, Some(&nothing)).is_ok(), "{spelled}");
        }
    }

    #[test]
    fn a_count_may_be_grouped() {
        assert!(parse("GROUP BY ExecutionStatus", None).unwrap().by_status);
        assert!(parse("WorkflowType='a' GROUP BY ExecutionStatus", None).unwrap().by_status);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for filter in [
            "WorkflowType",
            "WorkflowType =",
            "WorkflowType = a",
            "= 'a'",
            "WorkflowType = 'a' OR",
            "WorkflowType = 'a' WorkflowType = 'b'",
            "NOT",
            "ExecutionStatus STARTS_WITH 'R'",
            "HistoryLength = 'long'",
            "WorkflowId = 7",
            "ExecutionStatus = 'Sleeping'",
            "StartTime > 'yesterday'",
            "WorkflowType IN ('a'",
            "WorkflowType = 'a",
            "ORDER BY StartTime",
            "WorkflowType = 'a' ORDER BY StartTime DESC",
            "StartTime > true",
            "\u{1F600} = 'a'",
            "((((",
        ] {
            assert!(parse(filter, None).is_err(), "{filter}");
        }
    }
}
