//! Whether the process lives and whether it can do its work.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of `GET /health/live`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    pub live: bool,
    /// Made new at each start: tells whether this is the server that wrote `server.json`.
    pub instance: String,
}

/// The answer of `GET /health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    pub ready: bool,
    /// Each condition and whether it holds.
    pub conditions: BTreeMap<String, bool>,
}
