//! What applications ask for: content pieces, and posts that say them.
//!
//! In reading order: [`content`] keeps pieces, [`fit`] makes of one what its platform takes, [`schedule`]
//! writes posts, [`bulk`] many of them, [`posts`] tells and changes them, [`files`] takes media, [`refresh`]
//! looks after tokens.

mod bulk;
mod content;
mod files;
mod fit;
mod posts;
mod refresh;
mod schedule;

pub use bulk::{BULK_ITEMS_MAX, BulkWork};
pub(super) use posts::view;
