//! Commands about the project and the program itself.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod schema;
mod skeleton;
