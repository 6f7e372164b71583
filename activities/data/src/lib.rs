//! The application database, called the ledger: one file per aggregate, and the only SQL for application
//! data.
//!
//! Functions that write take a [`Tx`], those that read a [`Conn`] (a [`Tx`] derefs to one). Statements keep
//! to what SQLite and PostgreSQL share, over sqlx's `Any` driver, so that PostgreSQL is only another URL
//! and the other spelling of generated ids.
//!
//! Not here: decisions. What may happen to a publication and when is `activities/delivery`; what a sealed
//! value contains is `activities/vault`.

pub mod accounts;
pub mod approvals;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod budgets;
pub mod campaigns;
pub mod collections;
pub mod content;
pub mod credentials;
mod db;
mod error;
pub mod happenings;
pub mod idempotency;
mod inspection;
pub mod installation;
pub mod instant;
pub mod lanes;
pub mod media;
pub mod metrics;
mod migrations;
pub mod oauth_states;
pub mod organizations;
pub mod outbox;
pub mod pauses;
pub mod publications;
mod row;
pub mod segments;
pub mod tokens;
pub mod views;
pub mod webhook_events;
mod writer;

pub use db::{Conn, Db, Durability, Reader, Tx};
pub use error::DbError;
pub use publications::{Publication, State};
