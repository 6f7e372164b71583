//! Commands about campaign files.

pub(crate) mod apply;
mod change_words;
pub(crate) mod checked;
pub(crate) mod fmt;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod render;
mod rewrite;
mod saved;
pub(crate) mod signal;
pub(crate) mod validate;
