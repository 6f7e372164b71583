//! A filter that was read: what the store finds by itself, and what is checked run by run.

use std::cmp::Ordering;

use engine_store::{Filter, Summary};
use jiff::Timestamp;
use prost::Message;
use serde_json::Value;
use temporalio_protos::temporal::api::common::v1::SearchAttributes;

/// What a list or count asks for: all parts must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Condition {
    pub(crate) filters: Vec<Filter>,
    pub(super) checks: Vec<Check>,
    /// A count is to be grouped by status.
    pub(crate) by_status: bool,
}

/// A comparison that the store doesn't know.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Check {
    pub(super) field: Field,
    pub(super) comparison: Comparison,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    WorkflowType,
    TaskQueue,
    Status,
    HistoryLength,
    CloseTime,
    Attribute(String),
}

/// How it is compared.
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

impl Condition {
    /// Whether the store alone finds what is asked for.
    pub(crate) fn is_plain(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether a run that the store found is asked for.
    pub(crate) fn holds(&self, summary: &Summary) -> bool {
        if self.checks.is_empty() {
            return true;
        }
        let attributes = SearchAttributes::decode(summary.search_attributes.as_slice()).unwrap_or_default();
        self.checks.iter().all(|check| check.comparison.holds(&check.field.values(summary, &attributes)))
    }
}

impl Field {
    /// The values of a run; several for a list of keywords, none when it is not set.
    fn values(&self, summary: &Summary, attributes: &SearchAttributes) -> Vec<Value> {
        match self {
            Self::WorkflowType => vec![summary.workflow_type.clone().into()],
            Self::TaskQueue => vec![summary.task_queue.clone().into()],
            Self::Status => vec![summary.status.into()],
            Self::HistoryLength => vec![summary.history_length.into()],
            Self::CloseTime => summary.close_time.map(Value::from).into_iter().collect(),
            Self::Attribute(name) => match attributes.indexed_fields.get(name) {
                Some(payload) => match serde_json::from_slice(&payload.data) {
                    Ok(Value::Array(values)) => values,
                    Ok(Value::Null) | Err(_) => Vec::new(),
                    Ok(value) => vec![value],
                },
                None => Vec::new(),
            },
        }
    }
}

impl Comparison {
    fn holds(&self, values: &[Value]) -> bool {
        let is_one_of = |wanted: &[Value]| {
            values.iter().any(|value| wanted.iter().any(|it| order(value, it) == Some(Ordering::Equal)))
        };
        match self {
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
            Self::IsSet(wanted) => values.is_empty() != *wanted,
        }
    }
}

/// The order of two values of one kind; texts that are instants are compared as such.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
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
