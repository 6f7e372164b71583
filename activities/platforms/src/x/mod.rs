//! X, API v2.

mod client;
mod errors;
mod hooks;
mod likeness;
mod limits;
mod look;
mod media;
mod metrics;
mod profile;
mod publish;
mod reconcile;
mod repost;
mod timeline;

pub use client::{Client, FieldNames, Settings};
pub use hooks::{Hook, Hooks, Subscription};
