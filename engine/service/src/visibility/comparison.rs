//! How a value of a run is compared with what a filter names.

use std::cmp::Ordering;

use jiff::Timestamp;
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
}

impl Comparison {
    /// `None` when there is no value to compare.
    pub(super) fn holds(&self, values: &[Value]) -> Option<bool> {
        if let Self::IsSet(wanted) = self {
            return Some(values.is_empty() != *wanted);
        }
        if values.is_empty() {
            return None;
        }
        let is_one_of = |wanted: &[Value]| {
            values.iter().any(|value| wanted.iter().any(|it| order(value, it) == Some(Ordering::Equal)))
        };
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
            Self::IsSet(_) => return None,
        })
    }
}

/// The order of two values of one kind; texts that are instants are compared as such.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::String(one), Value::String(other)) => {
            match (one.parse::<Timestamp>(), other.parse::<Timestamp>()) {
                (Ok(one), Ok(other)) => Some(one.cmp(&other)),
                _ => Some(one.cmp(other)),
            }
        }
        _ => None,
    }
}
