//! Campaign to Plan: identity, instants, changes and calendar. Pure: the time comes in as a value.
//!
//! Not here: reading files (`campaigns/lang` asks its caller) and the ledger (`activities/data`).

mod budget;
mod calendar;
mod changes;
mod compile;
mod difference;
mod digest;
mod gate;
mod ledger_state;
mod local;
mod markdown;
mod policy;
mod renames;
mod timing;
mod turns;
mod waiting;

pub mod identity;
pub mod plan;

pub use campaigns_limits::{
    LinkedInPoll, Measure, PlannedArticle, PlannedLinkedIn, PlannedOptions, PlannedX, PollDuration,
    PostReference, ReplySettings, Visibility, XPoll,
};

pub use budget::{PlatformBudget, budgets};
pub use calendar::{CalendarEntry, When, calendar};
pub use changes::{
    Action, Change, Changes, CurrentPublication, EDIT_PAST, EDIT_UNSETTLED, ID_TAKEN, POSSIBLE_RENAME,
    changes,
};
pub use compile::{CompileContext, Compiled, HORIZON, compile};
pub use difference::{Difference, Differing, Fact, Kind, Part, difference};
pub use digest::content_hash;
pub use gate::{Approve, Bound, Condition, Gates, Needs, Quiet, TimeOfDay, decimal};
pub use identity::{Identity, PublicationId};
pub use ledger_state::{LedgerState, UnknownLedgerState};
pub use markdown::markdown;
pub use plan::{
    CatchUp, Else, OnAmbiguous, OnPartFailure, OnSiblingFailure, Outlook, Plan, PlannedCaptions,
    PlannedMedia, PlannedPublication, PlannedSegment, Policy, RetryPolicy, Timing,
};
pub use renames::renamed;
