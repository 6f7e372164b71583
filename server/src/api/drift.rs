//! What people changed on the platforms behind our back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to look at; everything of the last days, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshRequest {
    /// Only of this campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Published within so many days, 30 unless this says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// What the platforms showed, in publications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    pub version: u32,
    pub looked: u64,
    /// Their platform tells nothing of them: it proves neither.
    pub untold: u64,
    /// No longer there: they are `gone` from now on.
    pub gone: Vec<Drifted>,
    /// There, and not as they were sent.
    pub changed: Vec<Drifted>,
    /// Accounts that could not be asked whole.
    pub put_off: Vec<PutOff>,
}

/// A publication that differs from the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Drifted {
    pub id: String,
    pub campaign: Option<String>,
    pub post: String,
    /// `platform/handle`.
    pub account: String,
    pub url: Option<String>,
    pub why: String,
}

/// An account that could not be asked, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutOff {
    pub account: String,
    pub why: String,
}
