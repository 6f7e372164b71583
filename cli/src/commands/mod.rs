//! Every command: `<noun>/<verb>.rs`.

pub(crate) mod account;
pub(crate) mod analytics;
pub(crate) mod campaign;
pub(crate) mod database;
pub(crate) mod key;
pub(crate) mod operation;
pub(crate) mod process;
pub(crate) mod project;
pub(crate) mod publication;
pub(crate) mod token;
pub(crate) mod webhook;
