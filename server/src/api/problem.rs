//! Why a request failed, after RFC 9457, with a stable code.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who must act. Each has one HTTP status and one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The request can't be understood.
    Malformed,
    /// The request is understood and wrong: its sender must change it.
    Invalid,
    /// The token is missing or wrong.
    SignIn,
    /// The token is good and does not allow it.
    Forbidden,
    NotFound,
    /// Someone was faster, or the thing's state does not allow it.
    Conflict,
    TooLarge,
    /// The platform or a file refused what we asked of it.
    Upstream,
    /// Too many requests came from this sender; worth trying again at the time that is told.
    Limited,
    /// Worth trying again soon.
    Unavailable,
    /// Our fault.
    Internal,
}

/// A failed request, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:tidings:error:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// `family/name`; documented in `docs/errors/`.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The state of the post that did not allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Every invalid field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// What is wrong with a campaign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<super::campaign::DiagnosticView>,
}

/// One invalid field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldProblem {
    /// Path of the field: `media[0].alt`.
    pub field: String,
    pub code: String,
    pub message: String,
}
