//! When a post is due, as written.

use campaigns_limits::AccountName;
use jiff::{Timestamp, civil};

use crate::Spanned;
use crate::campaign::{Else, Recurrence};

/// Exactly one kind of timing.
#[derive(Clone, Debug)]
pub enum Timing {
    At(Spanned<At>),
    After(After),
    /// After something that happens outside the campaign.
    Awaits(Awaited),
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
    /// The next time of day after the wait, in the campaign's zone.
    pub time: Option<civil::Time>,
}

/// After a signal, a file or an event.
#[derive(Clone, Debug)]
pub struct Awaited {
    pub happening: Spanned<Happening>,
    /// How long it is waited for, from the apply.
    pub within_ms: u64,
    /// What happens when it does not come.
    pub otherwise: Else,
}

/// What a post may wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// By name.
    Signal(String),
    /// A file appears: its path relative to the campaign file.
    File(String),
    /// An event of a platform: `x/follow`.
    Event(String),
}
