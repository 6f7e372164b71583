//! Accounts: connected, imported, listed, disconnected. Never tokens on the way out.

use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountList {
    pub accounts: Vec<AccountView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    pub id: String,
    /// As the HTTP API names it: `TWITTER`, `LINKEDIN`.
    pub platform: String,
    pub handle: String,
    pub display_name: Option<String>,
    pub avatar_url: Option<String>,
    /// `unconnected`, `active`, `needs_reconnect`, `revoked`, `disconnected`.
    pub status: String,
    /// Why it is not active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    pub scopes: Vec<String>,
    pub token_expires_at: Option<Timestamp>,
    /// Whether the token is refreshed by itself before it ends; else a person must connect it again.
    #[serde(default)]
    pub token_refreshes: bool,
    pub connected_at: Option<Timestamp>,
    /// `platform/handle`, as files and the CLI write it.
    pub account: String,
}

/// A wish to connect an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connect {
    pub platform: String,
    pub organization_id: String,
    /// Where the person goes after it; under `FRONTEND_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
    /// LinkedIn: also asks for the pages that the person administers, each an account of its own. The app
    /// needs LinkedIn's Community Management API for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub organizations: bool,
}

/// Where the person signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub authorization_url: String,
    pub state: String,
}

/// Tokens that someone has already.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedAccount {
    /// `platform/handle`.
    pub account: String,
    #[schemars(with = "String")]
    pub access_token: SecretString,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub refresh_token: Option<SecretString>,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The platform's own id of the account; without it the platform is asked.
    #[serde(default)]
    pub user_id: Option<String>,
}

/// One account or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ImportedAccounts {
    Several(Vec<ImportedAccount>),
    One(Box<ImportedAccount>),
}

impl ImportedAccounts {
    #[must_use]
    pub fn into_vec(self) -> Vec<ImportedAccount> {
        match self {
            Self::Several(accounts) => accounts,
            Self::One(account) => vec![*account],
        }
    }
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportOutcome {
    pub version: u32,
    pub accounts: Vec<AccountView>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_or_several_can_be_imported() {
        let one = r#"{"account":"x/acme","accessToken":"t","scopes":["tweet.write"]}"#;
        let parsed: ImportedAccounts = serde_json::from_str(one).unwrap();
        assert_eq!(parsed.into_vec().len(), 1);
        let parsed: ImportedAccounts = serde_json::from_str(&format!("[{one},{one}]")).unwrap();
        assert_eq!(parsed.into_vec().len(), 2);
    }

    #[test]
    fn tokens_do_not_show_in_debug_output() {
        let parsed: ImportedAccounts =
            serde_json::from_str(r#"{"account":"x/acme","accessToken":"hunter2"}"#).unwrap();
        assert!(!format!("{parsed:?}").contains("hunter2"));
    }
}
