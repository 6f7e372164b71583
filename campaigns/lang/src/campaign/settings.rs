//! How publications are carried out, where a file says so. Unsaid is `None`: the next level decides.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// The keys that post, campaign and workspace share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Each publication goes out up to this much later, by what its identity says.
    pub jitter_ms: Option<u64>,
    /// Least time between two publications of one account.
    pub spacing_ms: Option<u64>,
    pub quiet_hours: Option<QuietHours>,
    pub retry: RetrySetting,
    pub catch_up: Option<CatchUpSetting>,
    pub on_ambiguous: Option<OnAmbiguous>,
    pub on_part_failure: Option<OnPartFailure>,
    pub on_sibling_failure: Option<OnSiblingFailure>,
}

impl Settings {
    /// What `self` says, and where it says nothing, `other`.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            jitter_ms: self.jitter_ms.or(other.jitter_ms),
            spacing_ms: self.spacing_ms.or(other.spacing_ms),
            quiet_hours: self.quiet_hours.or(other.quiet_hours),
            retry: self.retry.or(other.retry),
            catch_up: self.catch_up.or(other.catch_up),
            on_ambiguous: self.on_ambiguous.or(other.on_ambiguous),
            on_part_failure: self.on_part_failure.or(other.on_part_failure),
            on_sibling_failure: self.on_sibling_failure.or(other.on_sibling_failure),
        }
    }
}

/// When nothing goes out, in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuietHours {
    /// Said to be none, whatever the next level says.
    None,
    /// From the first to the second, past midnight where the second is earlier.
    Between { start: Time, end: Time },
}

/// Whether a time of day lies in quiet hours; their end does not.
#[must_use]
pub fn is_quiet(time: Time, start: Time, end: Time) -> bool {
    if start <= end { start <= time && time < end } else { time >= start || time < end }
}

/// `retry`, field by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetrySetting {
    pub attempts: Option<u32>,
    pub first_ms: Option<u64>,
    pub factor: Option<u32>,
    pub max_ms: Option<u64>,
}

impl RetrySetting {
    fn or(self, other: Self) -> Self {
        Self {
            attempts: self.attempts.or(other.attempts),
            first_ms: self.first_ms.or(other.first_ms),
            factor: self.factor.or(other.factor),
            max_ms: self.max_ms.or(other.max_ms),
        }
    }
}

/// `catch_up`: both fields belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUpSetting {
    pub within_ms: u64,
    pub otherwise: Else,
}

/// What happens instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Else {
    Skip,
    Hold,
    Post,
}

/// What is done about a send attempt whose outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnAmbiguous {
    /// Ask the platform; where it can't be asked, hold.
    Reconcile,
    /// Send the identical post once more and read the answer (LinkedIn members).
    Probe,
    Hold,
}

/// What happens to the rest of a thread when a part fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnPartFailure {
    Hold,
    Continue,
    Delete,
}

/// What happens on the other accounts of a post when one fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnSiblingFailure {
    Continue,
    Hold,
}
