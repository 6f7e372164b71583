//! The publish protocol: who may send what and when, and what is true afterwards.
//!
//! In reading order: [`apply`] turns a plan into rows and [`schedule`] an application's posts, [`dispatch`]
//! hands due rows to workflows, [`advance`] takes one publication as far as it can go, [`gates`] opens what
//! waits for other posts, [`edit`] is what people do to a publication, [`accounts`] what becomes of accounts
//! and [`tokens`] of their tokens, [`recover`] what a dead process left, [`clean_up`] what nobody needs,
//! [`collect`] how posts do, [`drift`] whether they are there still.
//!
//! Not here: SQL (`activities/data`), the platforms' HTTP (`activities/platforms`), tokens
//! (`activities/vault`), waiting (the workflows).

pub mod accounts;
pub mod advance;
pub mod apply;
mod backoff;
pub mod clean_up;
pub mod collect;
mod credential;
mod delete;
mod delivery;
pub mod dispatch;
pub mod drift;
pub mod edit;
mod error;
mod fault;
pub mod gates;
pub mod posted;
mod prune;
pub mod recover;
mod refresher;
mod schedule;
mod settle;
pub mod tokens;
pub mod told;
mod upkeep;

pub use accounts::Retired;
pub use apply::{Applied, ApplyError, ApplyRequest};
pub use clean_up::Cleared;
pub use collect::Collected;
pub use credential::{TokenRefresher, Unrefreshable};
pub use delete::Deletion;
pub use delivery::{Delivery, Parts};
pub use dispatch::Dispatched;
pub use drift::{Drift, Wanted};
pub use edit::{Edited, Resolution};
pub use error::DeliveryError;
pub use fault::FaultHook;
pub use gates::Verdict;
pub use recover::Recovered;
pub use refresher::PlatformRefresher;
pub use schedule::{Answer, Content, NewPost, Reschedule, Scheduled};
pub use tokens::{Ending, Sweep};
pub use upkeep::Upkeep;
