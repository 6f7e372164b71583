//! When the work is done that comes round by itself, and for how long what nobody needs is kept.

use jiff::SignedDuration;
use jiff::civil::{Time, time};

/// What operators may choose; the default is what `docs/configuration.md` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upkeep {
    /// Hours from one sweep of all tokens to the next.
    pub sweep_every_h: u32,
    /// When is cleared away, in the first organization's time zone.
    pub clean_up_at: Time,
    /// When is looked for drift, there, too.
    pub drift_at: Time,
    /// Hours between two collections of the numbers of a post in its first week, after the close ones.
    pub count_every_h: u32,
    /// Days for which histories of finished workflows, unused media, answers to requests with an
    /// `Idempotency-Key` and what applications were told are kept.
    pub keep_days: u32,
    /// Days after its time at which a post that waits for a person is wanted by nobody any more.
    pub expire_days: u32,
    /// Days after which numbers of posts become one a day.
    pub keep_counts_days: u32,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            sweep_every_h: 12,
            clean_up_at: time(2, 0, 0, 0),
            // An hour of few readers, after the clean-up.
            drift_at: time(4, 0, 0, 0),
            count_every_h: 6,
            keep_days: 30,
            expire_days: 30,
            keep_counts_days: 90,
        }
    }
}

impl Upkeep {
    /// Tokens that end within this are refreshed by a sweep: a sweep's distance, and an hour for one that is late.
    #[must_use]
    pub fn sweep_margin(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.sweep_every_h) + 1)
    }
}

/// So many days.
pub(crate) fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}
