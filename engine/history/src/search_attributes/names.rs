//! Search attributes that are there without being registered, as Temporal has them.

use temporalio_protos::temporal::api::enums::v1::IndexedValueType as Type;

/// Set by the engine itself.
pub const SYSTEM: [(&str, Type); 16] = [
    ("CloseTime", Type::Datetime),
    ("ExecutionDuration", Type::Int),
    ("ExecutionStatus", Type::Keyword),
    ("ExecutionTime", Type::Datetime),
    ("HistoryLength", Type::Int),
    ("HistorySizeBytes", Type::Int),
    ("ParentRunId", Type::Keyword),
    ("ParentWorkflowId", Type::Keyword),
    ("RootRunId", Type::Keyword),
    ("RootWorkflowId", Type::Keyword),
    ("RunId", Type::Keyword),
    ("StartTime", Type::Datetime),
    ("StateTransitionCount", Type::Int),
    ("TaskQueue", Type::Keyword),
    ("WorkflowId", Type::Keyword),
    ("WorkflowType", Type::Keyword),
];

/// Set by SDKs and by parts of the engine; clients may set them too.
pub const PREDEFINED: [(&str, Type); 11] = [
    ("BatcherNamespace", Type::Keyword),
    ("BatcherUser", Type::Keyword),
    ("BinaryChecksums", Type::KeywordList),
    ("BuildIds", Type::KeywordList),
    ("TemporalChangeVersion", Type::KeywordList),
    ("TemporalNamespaceDivision", Type::Keyword),
    ("TemporalPauseInfo", Type::KeywordList),
    ("TemporalReportedProblems", Type::KeywordList),
    ("TemporalScheduledById", Type::Keyword),
    ("TemporalScheduledStartTime", Type::Datetime),
    ("TemporalSchedulePaused", Type::Bool),
];

/// Known to filters; no client may set them.
pub const INTERNAL: [(&str, Type); 6] = [
    ("TemporalExternalPayloadCount", Type::Int),
    ("TemporalExternalPayloadSizeBytes", Type::Int),
    ("TemporalUsedWorkerDeploymentVersions", Type::KeywordList),
    ("TemporalWorkerDeployment", Type::Keyword),
    ("TemporalWorkerDeploymentVersion", Type::Keyword),
    ("TemporalWorkflowVersioningBehavior", Type::Keyword),
];

/// Columns of a server's own.
const RESERVED: [&str; 4] = ["Memo", "MemoEncoding", "NamespaceId", "VisibilityTaskKey"];
/// What only names of Temporal's own begin with.
pub const RESERVED_PREFIX: &str = "Temporal";

/// The type of a name that is there without being registered.
#[must_use]
pub fn built_in(name: &str) -> Option<Type> {
    [&SYSTEM[..], &PREDEFINED[..], &INTERNAL[..]].into_iter().find_map(|table| type_in(table, name))
}

/// Whether nobody may register the name.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    built_in(name).is_some() || RESERVED.contains(&name) || name.starts_with(RESERVED_PREFIX)
}

pub(super) fn type_in(table: &[(&str, Type)], name: &str) -> Option<Type> {
    table.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}
