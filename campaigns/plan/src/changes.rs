//! What applying a plan does to the publications that exist already.

use std::fmt;

use campaigns_limits::AccountName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Plan, PlannedPublication, Policy, PublicationId, Timing};

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

/// What the ledger says of one publication of the campaign, whatever its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentPublication {
    pub id: PublicationId,
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    pub state: LedgerState,
    /// The instant in the ledger; `None` while a gate is closed.
    pub due_at: Option<Timestamp>,
    /// As its last revision planned it.
    pub timing: Timing,
    /// [`crate::content_hash`] of what it would send, or has sent.
    pub content_hash: String,
    pub policy: Policy,
}

/// What applying does to one publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "action")]
pub enum Action {
    /// A new row. `due_at` is known for fixed times and, from `now`, for times counted from the apply.
    Create {
        due_at: Option<Timestamp>,
    },
    /// A new row that is never sent: its time had passed beyond `catch_up` at its first apply.
    CreateSkipped {
        due_at: Timestamp,
    },
    /// The row changes in one or more of these; a cancelled or skipped one is planned again.
    Update {
        content: bool,
        timing: bool,
        policy: bool,
        /// The instant after the change; `None` while a gate is closed.
        due_at: Option<Timestamp>,
        /// It was cancelled (or skipped) and comes back.
        restored: bool,
        /// An approval was given or asked for, and counts no more.
        approval_void: bool,
    },
    Cancel,
    Unchanged,
    /// History is fixed: the file differs from what was published, and nothing is done.
    Ignored {
        reason: String,
    },
    /// The whole apply is refused because of this one; nothing is changed anywhere.
    Refused {
        code: String,
        reason: String,
    },
}

/// One line of what applying does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub id: PublicationId,
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    #[serde(flatten)]
    pub action: Action,
}

/// Everything that applying a plan does, in the plan's order; publications that left the plan come last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub changes: Vec<Change>,
}

impl Changes {
    /// Whether applying would change a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.changes.iter().any(|change| match change.action {
            Action::Create { .. } | Action::CreateSkipped { .. } | Action::Update { .. } | Action::Cancel => {
                true
            }
            Action::Unchanged | Action::Ignored { .. } | Action::Refused { .. } => false,
        })
    }

    /// The refusals, for which nothing may be applied.
    pub fn refused(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| matches!(change.action, Action::Refused { .. }))
    }
}

/// What applying `plan` at `now` does to the campaign's publications in the ledger. A pure function: the
/// ledger repeats it inside its transaction, on what it reads there.
#[must_use]
pub fn changes(plan: &Plan, current: &[CurrentPublication], now: Timestamp) -> Changes {
    let _ = (plan, current, now);
    Changes::default()
}

/// Lowercase hex SHA-256 over what a publication sends: texts, media and alternative texts of its segments.
/// Equal hashes mean that an approval, or a published post, still fits.
#[must_use]
pub fn content_hash(publication: &PlannedPublication) -> String {
    let _ = publication;
    String::new()
}
