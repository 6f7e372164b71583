//! Campaign to Plan: identity, instants, changes and calendar. Pure: the time comes in as a value.
//!
//! Not here: reading files (`campaigns/lang` asks its caller) and the ledger (`activities/data`).

pub mod changes;
pub mod compile;
pub mod identity;
pub mod plan;

pub use changes::{
    Action, Change, Changes, CurrentPublication, LedgerState, UnknownLedgerState, changes, content_hash,
};
pub use compile::{CompileContext, Compiled, compile};
pub use identity::{Identity, PublicationId};
pub use plan::{
    CatchUp, Else, OnAmbiguous, OnPartFailure, OnSiblingFailure, Plan, PlannedMedia, PlannedPublication,
    PlannedSegment, Policy, RetryPolicy, Timing,
};
