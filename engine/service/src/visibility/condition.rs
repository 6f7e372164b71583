//! A filter that was read: what the store finds by itself, and what is checked run by run.

use engine_store::{Filter, RunKey, Summary, TimeRange};
use prost::Message;
use serde_json::Value;
use temporalio_protos::temporal::api::common::v1::SearchAttributes;

use super::comparison::Comparison;
use super::field::Field;

/// What a list or count asks for: all filters and the expression must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Condition {
    pub(crate) filters: Vec<Filter>,
    rest: Option<Expression>,
    /// A count is to be grouped by status.
    pub(crate) by_status: bool,
}

/// What must hold of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Check(Check),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Check {
    pub(super) field: Field,
    pub(super) comparison: Comparison,
}

impl Condition {
    /// Gives the store what it can do by itself.
    pub(super) fn of(expression: Option<Expression>, by_status: bool) -> Self {
        let parts = match expression {
            Some(Expression::All(parts)) => parts,
            other => other.into_iter().collect(),
        };
        let mut filters = Vec::new();
        let mut rest = Vec::new();
        for part in parts {
            match part.store_filter() {
                Some(filter) => filters.push(filter),
                None => rest.push(part),
            }
        }
        let rest = (!rest.is_empty()).then_some(Expression::All(rest));
        Self { filters, rest, by_status }
    }

    /// Whether the store alone finds what is asked for.
    pub(crate) fn is_plain(&self) -> bool {
        self.rest.is_none()
    }

    /// Whether a run that the store found is asked for.
    pub(crate) fn holds(&self, key: &RunKey, summary: &Summary) -> bool {
        let Some(rest) = &self.rest else { return true };
        let attributes = SearchAttributes::decode(summary.search_attributes.as_slice()).unwrap_or_default();
        rest.holds(key, summary, &attributes) == Some(true)
    }
}

impl Expression {
    /// The filter that asks the store the same.
    fn store_filter(&self) -> Option<Filter> {
        let Self::Check(Check { field, comparison }) = self else { return None };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match (field, comparison) {
            (Field::WorkflowId, Comparison::StartsWith(prefix)) => {
                Some(Filter::WorkflowIdPrefix(prefix.clone()))
            }
            (Field::Status, Comparison::Any(values)) => {
                let statuses = values.iter().map(|it| it.as_i64().and_then(|it| i32::try_from(it).ok()));
                Some(Filter::Status(statuses.collect::<Option<_>>()?))
            }
            (_, Comparison::Any(values)) if values.len() == 1 => match field {
                Field::WorkflowId => Some(Filter::WorkflowId(text(&values[0])?)),
                Field::RunId => Some(Filter::RunId(text(&values[0])?)),
                Field::WorkflowType => Some(Filter::WorkflowType(text(&values[0])?)),
                Field::TaskQueue => Some(Filter::TaskQueue(text(&values[0])?)),
                Field::ParentWorkflowId => Some(Filter::ParentWorkflowId(text(&values[0])?)),
                _ => {
                    let instant = values[0].as_i64()?;
                    field.in_range(TimeRange { from: Some(instant), to: Some(instant) })
                }
            },
            (_, Comparison::Order { below, or_equal, value }) => {
                let bound = value.as_i64()?;
                field.in_range(match (below, or_equal) {
                    (true, true) => TimeRange { from: None, to: Some(bound) },
                    (true, false) => TimeRange { from: None, to: Some(bound.checked_sub(1)?) },
                    (false, true) => TimeRange { from: Some(bound), to: None },
                    (false, false) => TimeRange { from: Some(bound.checked_add(1)?), to: None },
                })
            }
            _ => None,
        }
    }

    /// `None` for a run that has no value to compare, as in SQL.
    fn holds(&self, key: &RunKey, summary: &Summary, attributes: &SearchAttributes) -> Option<bool> {
        let holds = |it: &Self| it.holds(key, summary, attributes);
        match self {
            Self::Check(Check { field, comparison }) => {
                comparison.holds(&field.values(key, summary, attributes))
            }
            Self::Not(inner) => holds(inner).map(|holds| !holds),
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match holds(part) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = None,
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match holds(part) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
        }
    }
}
