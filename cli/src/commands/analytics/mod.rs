//! Commands about how posts do.

pub(crate) mod show;
mod sparkline;
