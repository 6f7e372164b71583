//! Commands about campaign files.

pub(crate) mod apply;
mod change_words;
pub(crate) mod checked;
pub(crate) mod diff;
mod differences;
pub(crate) mod fmt;
mod outlook;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod render;
mod rewrite;
mod saved;
mod side;
pub(crate) mod signal;
pub(crate) mod validate;
