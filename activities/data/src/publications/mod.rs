//! Publications: one row per identity, for ever (I-6).

mod change;
mod find;
mod standing;
mod state;

use campaigns_limits::{AccountName, Platform};
use campaigns_plan::{Gates, Policy, PublicationId, Timing};
use jiff::Timestamp;
use sqlx::any::AnyRow;

pub use change::{Cause, Reason, insert, mark_dispatched, rename, save, set_position, transition};
pub(crate) use find::{IN_ORDER, SELECT, all};
pub use find::{
    Overdue, beginning_with, due, find, gated, get, last_sent, latest_planned, next_due, of_account,
    of_campaign, of_platform_post, of_turn, overdue, published_between, unfinished, unsettled,
    waiting_in_vain,
};
pub use standing::standing;
pub use state::State;

use crate::DbError;
use crate::row::Columns;

/// The middle of 1 (first) to 5: what a publication has unless someone says otherwise.
pub const PRIORITY_DEFAULT: u32 = 3;

/// A row of the ledger: one post on one account for one occurrence.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    pub id: PublicationId,
    pub organization: String,
    /// `None` for posts that came through the HTTP API.
    pub campaign: Option<String>,
    pub post: String,
    pub account_id: String,
    /// From the account's row.
    pub account: AccountName,
    pub occurrence: String,
    /// Position in the plan.
    pub position: u32,
    pub state: State,
    /// Why it is in this state, where that needs saying.
    pub reason: Option<Reason>,
    pub timing: Timing,
    /// What it waits for besides its time.
    pub gates: Gates,
    pub policy: Policy,
    pub content_hash: String,
    pub priority: u32,
    /// The campaign's revision that content and timing come from.
    pub revision: u64,
    /// Rises with every change: what [`save`] compares.
    pub version: u64,
    /// `None` while a gate is closed.
    pub due_at: Option<Timestamp>,
    /// When it should go out as things stand: lateness counts from here, not from waits we caused. While a gate
    /// is closed, the instant of its time alone, if that is known.
    pub expected_at: Option<Timestamp>,
    /// Not tried before this.
    pub next_attempt_at: Option<Timestamp>,
    /// When its workflow was asked for.
    pub dispatched_at: Option<Timestamp>,
    /// Attempts that count against the retry policy.
    pub attempts_used: u32,
    /// Attempts in a row that never left.
    pub unsent: u32,
    /// Of the first segment.
    pub platform_post_id: Option<String>,
    pub url: Option<String>,
    pub published_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Publication {
    #[must_use]
    pub const fn platform(&self) -> Platform {
        self.account.platform()
    }

    /// Not before this instant; `None` while a gate is closed.
    #[must_use]
    pub fn ready_at(&self) -> Option<Timestamp> {
        self.due_at.map(|due| self.next_attempt_at.map_or(due, |next| next.max(due)))
    }

    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, DbError> {
        let row = Columns(row);
        let platform: Platform = row.word("platform")?;
        let handle = row.text("handle")?;
        let account = AccountName::new(platform, &handle)
            .map_err(|_| DbError::Corrupt { column: "handle".into(), value: handle })?;
        let reason = row
            .opt_text("reason_code")?
            .map(|code| Ok::<_, DbError>(Reason { code, text: row.opt_text("reason")?.unwrap_or_default() }));
        Ok(Self {
            id: row.word("id")?,
            organization: row.text("organization_id")?,
            campaign: row.opt_text("campaign")?,
            post: row.text("post")?,
            account_id: row.text("account_id")?,
            account,
            occurrence: row.text("occurrence")?,
            position: row.small("position")?,
            state: row.word("state")?,
            reason: reason.transpose()?,
            timing: row.json("timing")?,
            gates: row.json("gates")?,
            policy: row.json("policy")?,
            content_hash: row.text("content_hash")?,
            priority: row.small("priority")?,
            revision: row.count("revision")?,
            version: row.count("version")?,
            due_at: row.opt_instant("due_at")?,
            expected_at: row.opt_instant("expected_at")?,
            next_attempt_at: row.opt_instant("next_attempt_at")?,
            dispatched_at: row.opt_instant("dispatched_at")?,
            attempts_used: row.small("attempts_used")?,
            unsent: row.small("unsent")?,
            platform_post_id: row.opt_text("platform_post_id")?,
            url: row.opt_text("url")?,
            published_at: row.opt_instant("published_at")?,
            created_at: row.instant("created_at")?,
            updated_at: row.instant("updated_at")?,
        })
    }
}
