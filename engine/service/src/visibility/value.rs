//! The values of a filter, by what they are compared with.

use jiff::Timestamp;
use serde_json::Value;
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;

use super::info::status_name;
use super::word::{BadFilter, Word, bad};

/// What a field is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Keyword,
    Status,
    Instant,
    Span,
    Number,
    Truth,
    /// A list of keywords: one of them is looked for.
    Keywords,
    /// A text: words of it are looked for.
    Words,
}

/// A word as a value of that kind.
pub(super) fn value(word: &Word, kind: Kind, at: usize) -> Result<Value, BadFilter> {
    match kind {
        Kind::Keyword | Kind::Keywords => Ok(text(word, at)?.into()),
        Kind::Words => match text(word, at)? {
            blank if blank.trim().is_empty() => Err(bad("a word is expected", at)),
            text => Ok(text.into()),
        },
        Kind::Status => Ok(status(word, at)?.into()),
        Kind::Instant => Ok(instant(word, at)?.into()),
        Kind::Span => Ok(span(word, at)?.into()),
        Kind::Number => match any(word, at)? {
            number @ Value::Number(_) => Ok(number),
            _ => Err(bad("a number is expected", at)),
        },
        Kind::Truth => match any(word, at)? {
            truth @ Value::Bool(_) => Ok(truth),
            _ => Err(bad("true or false is expected", at)),
        },
    }
}

pub(super) fn text(word: &Word, at: usize) -> Result<String, BadFilter> {
    match word {
        Word::Text(text) => Ok(text.clone()),
        _ => Err(bad("a text in quotes is expected", at)),
    }
}

fn any(word: &Word, at: usize) -> Result<Value, BadFilter> {
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
        Word::Number(digits) => match digits.parse::<i32>().map(WorkflowExecutionStatus::try_from) {
            Ok(Ok(status)) => Ok(status as i32),
            _ => Err(bad(&format!("`{digits}` is not a status"), at)),
        },
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

/// Nanoseconds: a number of them, or a text such as `1h30m` or `250ms`.
fn span(word: &Word, at: usize) -> Result<i64, BadFilter> {
    let wrong = || bad("a span such as '1h30m' is expected", at);
    let (Word::Text(text) | Word::Number(text)) = word else { return Err(wrong()) };
    if let Ok(nanos) = text.parse() {
        return Ok(nanos);
    }
    let mut rest = text.as_str();
    let mut nanos: f64 = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !(it.is_ascii_digit() || it == '.')).ok_or_else(wrong)?;
        let amount: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = &rest[digits..];
        let length = unit.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(unit.len());
        nanos += amount
            * match &unit[..length] {
                "ns" => 1.0,
                "us" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3_600e9,
                _ => return Err(wrong()),
            };
        rest = &unit[length..];
    }
    if text.is_empty() || nanos >= i64::MAX as f64 {
        return Err(wrong());
    }
    Ok(nanos as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_all_units() {
        let span = |text: &str| span(&Word::Text(text.to_owned()), 1);
        assert_eq!(span("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(span("1.5s250ms"), Ok(1_750_000_000));
        assert_eq!(span("17"), Ok(17));
        for wrong in ["", "h", "1x", "1h x", "99999999999999h"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
