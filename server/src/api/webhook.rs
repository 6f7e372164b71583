//! Webhooks: what their senders hear.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An event was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// It was known already, and is not acted upon again.
    pub duplicate: bool,
}

/// What an organization's senders sign with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SenderSecret {
    pub secret: String,
}
