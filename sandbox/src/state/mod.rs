//! The emulated platforms as pure state: no clock, no randomness, no I/O.
//!
//! [`World`] is a fold of [`Event`]s. A request is decided by [`gate::decide`] under one lock: faults,
//! sign-in, quota, then the platform's own rules; what it changes are events.

mod account;
mod event;
mod fault;
mod fault_name;
mod gate;
mod growth;
mod hook;
mod id;
mod latency;
mod ledger;
mod media;
mod notice;
mod picture;
mod post;
mod quota;
mod reply;
mod route;
mod stream;
mod token;
mod traffic;
mod world;

pub(crate) mod linkedin;
pub(crate) mod x;

pub(crate) use account::{Account, AccountKind, HANDLE_RULE, Platform};
pub(crate) use event::Event;
pub(crate) use fault::{FAULT_NAMES, FaultName, FaultSpec, Frequency};
pub(crate) use gate::{Auth, Call, Caller, Ending, decide};
pub(crate) use hook::{Hook, Subscription, Target};
pub(crate) use ledger::LedgerEntry;
pub(crate) use media::{Chunk, StoredFile};
pub(crate) use notice::{Notice, Occasion, REVOKED, SOCIAL_ACTION, notices, targets};
pub(crate) use picture::look_at;
pub(crate) use post::{Metrics, Post};
pub(crate) use reply::{Body, Reply};
pub(crate) use route::Route;
pub(crate) use token::{Code, Issued, TokenHash};
pub(crate) use world::{Rotation, Tx, World};
