//! When a post is due, as written.

use campaigns_limits::AccountName;
use jiff::{Timestamp, civil};

use crate::Spanned;
use crate::campaign::Recurrence;

/// Exactly one kind of timing.
#[derive(Clone, Debug)]
pub enum Timing {
    At(Spanned<At>),
    After(After),
    /// On a rule: `every` or `cron`.
    Every(Recurrence),
}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Local time in the campaign's zone.
    Local(civil::DateTime),
    /// With an offset in the file: one instant, whatever the zone.
    Instant(Timestamp),
    /// `now` or `now + 20s`: counted from the publication's first apply.
    FromApply { wait_ms: u64 },
}

/// After another post of the campaign was published.
#[derive(Clone, Debug)]
pub struct After {
    pub post: Spanned<String>,
    /// On this account; on all accounts of that post where unsaid.
    pub account: Option<Spanned<AccountName>>,
    pub wait_ms: u64,
}
