//! Commands about publications.

pub(crate) mod cancel;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod status;
