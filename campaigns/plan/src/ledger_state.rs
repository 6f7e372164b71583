//! The states of a publication in the ledger.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The states of a publication in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerState {
    Planned,
    AwaitingApproval,
    Sending,
    Ambiguous,
    Partial,
    Held,
    Blocked,
    Rejected,
    Cancelled,
    Skipped,
    Expired,
    Published,
    Deleted,
    Gone,
}

impl LedgerState {
    pub const ALL: [Self; 14] = [
        Self::Planned,
        Self::AwaitingApproval,
        Self::Sending,
        Self::Ambiguous,
        Self::Partial,
        Self::Held,
        Self::Blocked,
        Self::Rejected,
        Self::Cancelled,
        Self::Skipped,
        Self::Expired,
        Self::Published,
        Self::Deleted,
        Self::Gone,
    ];

    /// The word in the ledger, in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Sending => "sending",
            Self::Ambiguous => "ambiguous",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Expired => "expired",
            Self::Published => "published",
            Self::Deleted => "deleted",
            Self::Gone => "gone",
        }
    }

    /// Whether something of it is, or may be, on its platform.
    #[must_use]
    pub const fn may_be_online(self) -> bool {
        match self {
            Self::Sending | Self::Ambiguous | Self::Partial | Self::Held | Self::Published => true,
            Self::Planned
            | Self::AwaitingApproval
            | Self::Blocked
            | Self::Rejected
            | Self::Cancelled
            | Self::Skipped
            | Self::Expired
            | Self::Deleted
            | Self::Gone => false,
        }
    }
}

impl fmt::Display for LedgerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no state of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a state of a publication")]
pub struct UnknownLedgerState(pub String);

impl std::str::FromStr for LedgerState {
    type Err = UnknownLedgerState;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| UnknownLedgerState(word.to_owned()))
    }
}
