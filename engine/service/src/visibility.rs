//! Lists and counts: Temporal's filter language, the part of it that is of use here.

mod comparison;
mod condition;
mod field;
mod info;
mod listing;
mod parse;
mod value;
mod word;

pub(crate) use condition::Condition;
pub(crate) use info::{info, status_name};
pub(crate) use listing::Wanted;
