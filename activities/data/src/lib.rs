//! The application database, called the ledger: one file per aggregate, and the only SQL for application
//! data.
//!
//! Functions that write take a [`Tx`], those that read a [`Conn`] (a [`Tx`] derefs to one). Statements keep
//! to what SQLite and PostgreSQL share, over sqlx's `Any` driver, and the same tests run on both. Writes are
//! serial on both: whoever has a [`Tx`] is the only one, in any process.
//!
//! Not here: decisions. What may happen to a publication and when is `activities/delivery`; what a sealed
//! value contains is `activities/vault`.

pub mod accounts;
pub mod approvals;
pub mod attempts;
pub mod audit;
pub mod backup;
mod bell;
pub mod budgets;
pub mod campaigns;
pub mod collections;
pub mod content;
pub mod copying;
pub mod credentials;
mod db;
pub mod decisions;
mod dialect;
mod error;
pub mod figures;
pub mod gates;
pub mod happenings;
pub mod idempotency;
mod inspection;
pub mod installation;
pub mod instant;
pub mod lanes;
pub mod media;
pub mod media_files;
pub mod metrics;
mod migrations;
pub mod notices;
pub mod oauth_states;
pub mod organizations;
pub mod outbox;
pub mod pauses;
pub mod postgres;
pub mod publications;
pub mod rate_windows;
mod reach;
mod readers;
mod row;
pub mod segments;
mod session;
mod statement;
pub mod tokens;
pub mod turn;
pub mod uploads;
pub mod views;
pub mod webhook_deliveries;
pub mod webhook_endpoints;
pub mod webhook_events;
pub mod workers;
mod writer;

pub use db::{Conn, Db, Durability, Tx};
pub use error::DbError;
pub use migrations::{KNOWN as SCHEMA_VERSION, fingerprint};
pub use postgres::Postgres;
pub use publications::{Publication, State};
pub use readers::Reader;
