//! Commands about campaign files.

pub(crate) mod apply;
mod change_words;
pub(crate) mod checked;
pub(crate) mod plan;
pub(crate) mod validate;
