//! How a value of a run is compared with what a filter names.

use std::cmp::Ordering;

use serde_json::Value;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparison {
    Any(Vec<Value>),
    None(Vec<Value>),
    StartsWith(String),
    /// The value on the left of the ordering's sign.
    Order {
        below: bool,
        or_equal: bool,
        value: Value,
    },
    IsSet(bool),
    /// One of these is in the list. What is not set has none of them, unlike in the comparisons above.
    Has(Vec<Value>),
    /// One of these words, or phrases, is in the text; as with `Has`, there is always an answer.
    HasWord(Vec<String>),
}

impl Comparison {
    /// `None` when there is no value to compare.
    pub(super) fn holds(&self, values: &[Value]) -> Option<bool> {
        if let Self::IsSet(wanted) = self {
            return Some(values.is_empty() != *wanted);
        }
        let is_one_of = |wanted: &[Value]| {
            values.iter().any(|value| wanted.iter().any(|it| order(value, it) == Some(Ordering::Equal)))
        };
        match self {
            Self::Has(wanted) => return Some(is_one_of(wanted)),
            Self::HasWord(wanted) => {
                let texts = values.iter().filter_map(Value::as_str).map(words);
                return Some(texts.into_iter().any(|text| wanted.iter().any(|it| has_phrase(&text, it))));
            }
            _ if values.is_empty() => return None,
            _ => {}
        }
        Some(match self {
            Self::Any(wanted) => is_one_of(wanted),
            Self::None(unwanted) => !is_one_of(unwanted),
            Self::StartsWith(prefix) => {
                values.iter().any(|value| value.as_str().is_some_and(|text| text.starts_with(prefix)))
            }
            Self::Order { below, or_equal, value: bound } => {
                values.iter().any(|value| match order(value, bound) {
                    Some(Ordering::Less) => *below,
                    Some(Ordering::Greater) => !*below,
                    Some(Ordering::Equal) => *or_equal,
                    None => false,
                })
            }
            Self::IsSet(_) | Self::Has(_) | Self::HasWord(_) => return None,
        })
    }
}

/// Words of a text: what is between signs and blanks, whatever its case.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn has_phrase(text: &[String], phrase: &str) -> bool {
    let phrase = words(phrase);
    !phrase.is_empty() && text.windows(phrase.len()).any(|part| part == phrase)
}

/// The order of two values of one kind.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}
