//! Campaigns: checked, planned, applied, listed.

use campaigns_plan::{Changes, Plan};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Bundle;

/// A bundle to check or plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BundleRequest {
    pub bundle: Bundle,
}

/// A bundle to apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyRequest {
    pub bundle: Bundle,
    /// The revision that the sender saw, 0 for none: another one in the meantime is a conflict. Unsaid,
    /// whatever is there is revised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_revision: Option<u64>,
    /// The commit that the files come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
}

/// A diagnostic with its position as people count it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticView {
    pub code: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    pub message: String,
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub help: Option<String>,
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    pub version: u32,
    /// No error among the diagnostics.
    pub valid: bool,
    pub diagnostics: Vec<DiagnosticView>,
}

/// What applying would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    pub version: u32,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub plan: Plan,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub changes: Changes,
    /// The campaign's revision now; 0 before its first apply. Give it to the apply to be sure that nothing
    /// came between.
    pub base_revision: u64,
    /// When this was worked out: what `now` in the file means here.
    pub planned_at: Timestamp,
    pub diagnostics: Vec<DiagnosticView>,
}

/// What an apply did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppliedView {
    pub version: u32,
    pub organization: String,
    pub campaign: String,
    /// The campaign's revision after it; the same as before when there was nothing to change.
    pub revision: u64,
    /// A new revision was made.
    pub revised: bool,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub changes: Changes,
    pub diagnostics: Vec<DiagnosticView>,
}

/// One campaign of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignView {
    pub campaign: String,
    pub title: Option<String>,
    pub timezone: String,
    pub revision: u64,
    /// Why the newest edit is not what runs.
    pub stale_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignList {
    pub version: u32,
    pub campaigns: Vec<CampaignView>,
}

/// One campaign with its revisions, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignStory {
    pub version: u32,
    #[serde(flatten)]
    pub campaign: CampaignView,
    pub revisions: Vec<RevisionView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionView {
    pub number: u64,
    pub base: u64,
    pub digest: String,
    pub applied_by: String,
    pub git_commit: Option<String>,
    /// Who wrote that commit, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_message: Option<String>,
    pub applied_at: Timestamp,
}

/// A revision with what it planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionStory {
    pub version: u32,
    pub campaign: String,
    pub revision: RevisionView,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub plan: Plan,
}
