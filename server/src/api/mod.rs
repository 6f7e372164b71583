//! What the HTTP API and its client exchange: plain data, camelCase, only ever extended.

pub mod access;
pub mod account;
pub mod analytics;
pub mod bundle;
pub mod campaign;
pub mod content;
pub mod control;
pub mod drift;
pub mod health;
pub mod operation;
pub mod post;
pub mod problem;
pub mod publication;
pub mod webhook;
pub mod webhook_endpoint;

pub use account::{
    AccountList, AccountView, Connect, Connected, ImportOutcome, ImportedAccount, ImportedAccounts,
};
pub use bundle::Bundle;
pub use problem::{Nature, Problem};

/// The format of every answer in this module.
pub const VERSION: u32 = 1;
