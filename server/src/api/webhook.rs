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

/// Our own webhook at X.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// What X calls.
    pub url: String,
    /// Whether X knows it.
    pub registered: bool,
    /// Whether it passed X's last challenge; X sends nothing where it has not.
    pub valid: bool,
    pub accounts: Vec<RegisteredAccount>,
}

/// What X tells us of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredAccount {
    pub account: String,
    /// Events that X does not tell us of yet, in its words.
    pub missing: Vec<String>,
}

/// What an organization's senders sign with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SenderSecret {
    pub secret: String,
}
