//! A campaign as it travels: its file and every file that it names, never a path on the server.

use std::collections::BTreeMap;

use campaigns_limits::MediaFacts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that compiling a campaign needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    /// The campaign file.
    pub file: NamedText,
    /// The workspace file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<NamedText>,
    /// Text files by the path that the campaign uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// What the sender knows of media files, by the path that the campaign uses. For an apply only the hash
    /// counts: the bytes must have been uploaded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, serde_json::Map<String, serde_json::Value>>")]
    pub media: BTreeMap<String, MediaFacts>,
}

/// A text with the name that diagnostics call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedText {
    pub name: String,
    pub text: String,
}
