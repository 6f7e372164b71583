//! Commands about publications.

pub(crate) mod approve;
pub(crate) mod cancel;
pub(crate) mod delete;
mod each;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod pause;
pub(crate) mod post;
pub(crate) mod refresh;
pub(crate) mod resolve;
pub(crate) mod retry;
pub(crate) mod show;
pub(crate) mod status;
mod watch;
