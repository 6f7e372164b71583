//! What a filter may compare: what every run has, and search attributes.

use engine_history::search_attributes::{self, KnownAttributes, RESERVED_PREFIX, built_in};
use engine_store::{Filter, RunKey, Summary, TimeRange};
use jiff::Timestamp;
use serde_json::Value;
use temporalio_protos::temporal::api::common::v1::SearchAttributes;
use temporalio_protos::temporal::api::enums::v1::IndexedValueType;

use super::value::Kind;

/// What is compared. Instants are unix nanoseconds, spans nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    WorkflowId,
    RunId,
    WorkflowType,
    TaskQueue,
    ParentWorkflowId,
    ParentRunId,
    Status,
    StartTime,
    ExecutionTime,
    CloseTime,
    Duration,
    HistoryLength,
    HistoryBytes,
    Attribute { name: String, kind: Kind },
}

impl Field {
    /// The field of that name, with what it is compared with; `None`: there is none.
    ///
    /// Without `known`, only names that nobody can register are found.
    pub(super) fn named(name: &str, known: Option<&KnownAttributes>) -> Option<(Self, Kind)> {
        let registered = known.and_then(|known| known.registered().get(name).copied());
        if registered.is_some() {
            return Self::of_type(name, registered);
        }
        if built_in(name).is_some() {
            return Self::of_type(name, built_in(name));
        }
        known?;
        // Other spellings, as Temporal takes them.
        let without_prefix = name.strip_prefix(RESERVED_PREFIX);
        let other = match without_prefix.unwrap_or(name) {
            // A schedule is listed by the same rules.
            "ScheduleId" => "WorkflowId".to_owned(),
            _ => without_prefix.map_or_else(|| format!("{RESERVED_PREFIX}{name}"), str::to_owned),
        };
        Self::of_type(&other, built_in(&other))
    }

    fn of_type(name: &str, kind: Option<IndexedValueType>) -> Option<(Self, Kind)> {
        let kind = match kind? {
            IndexedValueType::Keyword => Kind::Keyword,
            IndexedValueType::KeywordList => Kind::Keywords,
            IndexedValueType::Text => Kind::Words,
            IndexedValueType::Int | IndexedValueType::Double => Kind::Number,
            IndexedValueType::Bool => Kind::Truth,
            IndexedValueType::Datetime => Kind::Instant,
            IndexedValueType::Unspecified => return None,
        };
        Some(match name {
            "WorkflowId" => (Self::WorkflowId, kind),
            "RunId" => (Self::RunId, kind),
            "WorkflowType" => (Self::WorkflowType, kind),
            "TaskQueue" => (Self::TaskQueue, kind),
            "ParentWorkflowId" => (Self::ParentWorkflowId, kind),
            "ParentRunId" => (Self::ParentRunId, kind),
            "ExecutionStatus" => (Self::Status, Kind::Status),
            "StartTime" => (Self::StartTime, kind),
            "ExecutionTime" => (Self::ExecutionTime, kind),
            "CloseTime" => (Self::CloseTime, kind),
            "ExecutionDuration" => (Self::Duration, Kind::Span),
            "HistoryLength" => (Self::HistoryLength, kind),
            "HistorySizeBytes" => (Self::HistoryBytes, kind),
            _ => (Self::Attribute { name: name.to_owned(), kind }, kind),
        })
    }

    /// The filter by which the store finds values in a range, if it can.
    pub(super) fn in_range(&self, range: TimeRange) -> Option<Filter> {
        match self {
            Self::StartTime => Some(Filter::StartTime(range)),
            Self::ExecutionTime => Some(Filter::ExecutionTime(range)),
            Self::CloseTime => Some(Filter::CloseTime(range)),
            _ => None,
        }
    }

    /// The values of a run; several for a list of keywords, none when it is not set.
    pub(super) fn values(
        &self,
        key: &RunKey,
        summary: &Summary,
        attributes: &SearchAttributes,
    ) -> Vec<Value> {
        let text = |text: &Option<String>| text.clone().map(Value::from).into_iter().collect();
        let of_closed = |value: i64| summary.close_time.map(|_| value.into()).into_iter().collect();
        match self {
            Self::WorkflowId => vec![key.workflow_id.clone().into()],
            Self::RunId => vec![key.run_id.clone().into()],
            Self::WorkflowType => vec![summary.workflow_type.clone().into()],
            Self::TaskQueue => vec![summary.task_queue.clone().into()],
            Self::ParentWorkflowId => text(&summary.parent_workflow_id),
            Self::ParentRunId => text(&summary.parent_run_id),
            Self::Status => vec![summary.status.into()],
            Self::StartTime => vec![summary.start_time.into()],
            Self::ExecutionTime => vec![summary.execution_time.into()],
            Self::CloseTime => summary.close_time.map(Value::from).into_iter().collect(),
            Self::Duration => {
                let end_ns = summary.close_time.unwrap_or_default();
                of_closed(end_ns.saturating_sub(summary.execution_time).max(0))
            }
            // Of open runs a list shows neither.
            Self::HistoryLength => of_closed(summary.history_length),
            Self::HistoryBytes => of_closed(summary.history_bytes),
            Self::Attribute { name, kind } => {
                let value = attributes.indexed_fields.get(name).and_then(search_attributes::decoded);
                let values = match value {
                    Some(Value::Array(values)) => values,
                    Some(Value::Null) | None => Vec::new(),
                    Some(value) => vec![value],
                };
                match kind {
                    Kind::Instant => values.iter().filter_map(nanos).collect(),
                    _ => values,
                }
            }
        }
    }
}

/// An instant of a search attribute in unix nanoseconds.
fn nanos(value: &Value) -> Option<Value> {
    let instant: Timestamp = value.as_str()?.parse().ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Value::from)
}
