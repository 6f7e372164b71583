//! Webhooks that come in: judged by their signature on the raw body, stored, answered, and then acted upon.
//!
//! An event is in the ledger before its sender hears that it was taken; its effects come after that, again
//! at the next start where the process ended between.

mod effects;
mod receive;
mod register;
pub mod signature;

pub use receive::{Challenge, Received, Source, Taken};
