//! Platforms and the names of accounts on them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A platform that Tidings publishes to. Files and the CLI write it in lowercase; the HTTP API has names
/// of its own ([`Platform::api_name`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    X,
    LinkedIn,
}

impl Platform {
    /// Every platform that this build can publish to.
    pub const ALL: [Self; 2] = [Self::X, Self::LinkedIn];

    /// The word in files, the CLI and the ledger: `x`, `linkedin`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::LinkedIn => "linkedin",
        }
    }

    /// The enum value in the HTTP API: `TWITTER`, `LINKEDIN`.
    #[must_use]
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::X => "TWITTER",
            Self::LinkedIn => "LINKEDIN",
        }
    }

    /// The path segment of OAuth callbacks and webhooks: `twitter`, `linkedin`.
    #[must_use]
    pub const fn path_name(self) -> &'static str {
        match self {
            Self::X => "twitter",
            Self::LinkedIn => "linkedin",
        }
    }

    /// What people call it: `X`, `LinkedIn`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::X => "X",
            Self::LinkedIn => "LinkedIn",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no platform of this build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform")]
pub struct UnknownPlatform(pub String);

impl FromStr for Platform {
    type Err = UnknownPlatform;

    /// Takes the words of files and the CLI only.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.as_str() == word)
            .ok_or_else(|| UnknownPlatform(word.to_owned()))
    }
}

/// An account as people write it: `x/acme`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName {
    platform: Platform,
    handle: String,
}

/// Why a word is no account name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountNameError {
    #[error("`{0}` is not an account: write platform/handle, for example x/acme")]
    Shape(String),
    #[error(transparent)]
    Platform(#[from] UnknownPlatform),
    #[error("`{0}` is not a handle: use 1 to 100 letters, digits, `_`, `.` or `-`")]
    Handle(String),
}

impl AccountName {
    /// The longest handle taken, in characters. LinkedIn's vanity names end at 100.
    pub const HANDLE_CHARS_MAX: usize = 100;

    /// # Errors
    /// [`AccountNameError::Handle`] when the handle is empty, too long or has other characters.
    pub fn new(platform: Platform, handle: &str) -> Result<Self, AccountNameError> {
        let fits = !handle.is_empty() && handle.chars().count() <= Self::HANDLE_CHARS_MAX;
        let plain = handle.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if !fits || !plain {
            return Err(AccountNameError::Handle(handle.to_owned()));
        }
        Ok(Self { platform, handle: handle.to_owned() })
    }

    #[must_use]
    pub const fn platform(&self) -> Platform {
        self.platform
    }

    #[must_use]
    pub fn handle(&self) -> &str {
        &self.handle
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform, self.handle)
    }
}

impl FromStr for AccountName {
    type Err = AccountNameError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let (platform, handle) =
            word.split_once('/').ok_or_else(|| AccountNameError::Shape(word.to_owned()))?;
        Self::new(platform.parse()?, handle)
    }
}

impl TryFrom<String> for AccountName {
    type Error = AccountNameError;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_names_round_trip() {
        let name: AccountName = "x/acme_dev".parse().unwrap();
        assert_eq!(
            (name.platform(), name.handle(), name.to_string().as_str()),
            (Platform::X, "acme_dev", "x/acme_dev")
        );
    }

    #[test]
    fn hostile_account_names_are_refused() {
        for word in ["x", "x/", "y/acme", "x/a/b", "x/a b", "x/\u{202e}acme", "/acme"] {
            assert!(word.parse::<AccountName>().is_err(), "{word:?}");
        }
    }
}
