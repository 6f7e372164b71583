//! What platforms count of a post, under the names of the HTTP API, and what follows from the counts.
//!
//! A metric that is missing was not offered (the permission, the post's age, the platform); it is never 0.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Platform;

macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident = $name:literal in $column:literal,)+) => {
        /// One number that a platform counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Metric { $($(#[$doc])* $metric,)+ }

        impl Metric {
            /// Every metric of any platform, in the order of the ledger's columns.
            pub const ALL: &'static [Self] = &[$(Self::$metric,)+];

            /// The name in the HTTP API: `profileClicks`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$metric => $name,)+ }
            }

            /// The column of the ledger: `profile_clicks`.
            #[must_use]
            pub const fn column(self) -> &'static str {
                match self { $(Self::$metric => $column,)+ }
            }
        }

        impl FromStr for Metric {
            type Err = UnknownMetric;
            fn from_str(name: &str) -> Result<Self, UnknownMetric> {
                match name { $($name => Ok(Self::$metric),)+ _ => Err(UnknownMetric(name.to_owned())) }
            }
        }
    };
}

metrics! {
    /// How often it was shown.
    Impressions = "impressions" in "impressions",
    Likes = "likes" in "likes",
    Retweets = "retweets" in "retweets",
    Replies = "replies" in "replies",
    Quotes = "quotes" in "quotes",
    Bookmarks = "bookmarks" in "bookmarks",
    ProfileClicks = "profileClicks" in "profile_clicks",
    LinkClicks = "linkClicks" in "link_clicks",
    /// LinkedIn's likes, of every kind.
    Reactions = "reactions" in "reactions",
    Comments = "comments" in "comments",
    Shares = "shares" in "shares",
    Clicks = "clicks" in "clicks",
    /// How many people saw it.
    Reach = "reach" in "reach",
}

impl Metric {
    /// What a platform offers, at most.
    #[must_use]
    pub const fn of(platform: Platform) -> &'static [Self] {
        match platform {
            Platform::X => &[
                Self::Impressions,
                Self::Likes,
                Self::Retweets,
                Self::Replies,
                Self::Quotes,
                Self::Bookmarks,
                Self::ProfileClicks,
                Self::LinkClicks,
            ],
            Platform::LinkedIn => {
                &[Self::Impressions, Self::Reactions, Self::Comments, Self::Shares, Self::Clicks, Self::Reach]
            }
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no platform counts under.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a metric")]
pub struct UnknownMetric(pub String);

/// What was counted of a post, or of several together, at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Metric, u64>);

impl Counts {
    /// `None` where it was not offered.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<u64> {
        self.0.get(&metric).copied()
    }

    /// Takes a number down; what is `None` stays unknown.
    pub fn set(&mut self, metric: Metric, count: Option<u64>) {
        if let Some(count) = count {
            self.0.insert(metric, count);
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what was counted elsewhere: of a thread's next part, of another post.
    pub fn add(&mut self, other: &Self) {
        for (metric, count) in &other.0 {
            let sum = self.0.entry(*metric).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Metric, u64)> {
        self.0.iter().map(|(metric, count)| (*metric, *count))
    }

    /// Everything that people did with it, as far as it was offered; `None` where nothing of it was.
    #[must_use]
    pub fn engagements(&self, platform: Platform) -> Option<u64> {
        let acts = Metric::of(platform)
            .iter()
            .filter(|metric| !matches!(metric, Metric::Impressions | Metric::Reach));
        acts.filter_map(|metric| self.get(*metric)).reduce(u64::saturating_add)
    }

    /// X's clicks on links, LinkedIn's clicks.
    #[must_use]
    pub fn clicks(&self, platform: Platform) -> Option<u64> {
        match platform {
            Platform::X => self.get(Metric::LinkClicks),
            Platform::LinkedIn => self.get(Metric::Clicks),
        }
    }

    /// Engagements of impressions, in percent; `None` without impressions.
    #[must_use]
    pub fn engagement_rate(&self, platform: Platform) -> Option<f64> {
        percent(self.engagements(platform)?, self.get(Metric::Impressions)?)
    }

    /// Clicks of impressions, in percent; `None` without impressions.
    #[must_use]
    pub fn click_through_rate(&self, platform: Platform) -> Option<f64> {
        percent(self.clicks(platform)?, self.get(Metric::Impressions)?)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53 are exact, and rates are rounded anyway")]
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(Metric, u64)]) -> Counts {
        let mut counts = Counts::default();
        of.iter().for_each(|(metric, count)| counts.set(*metric, Some(*count)));
        counts
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for metric in Metric::ALL {
            assert_eq!(metric.as_str().parse(), Ok(*metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.as_str());
        }
        assert_eq!("views".parse::<Metric>(), Err(UnknownMetric("views".into())));
    }

    #[test]
    fn rates_are_percents_of_impressions_and_undefined_without() {
        let all = counts(&[
            (Metric::Impressions, 200),
            (Metric::Likes, 3),
            (Metric::Replies, 1),
            (Metric::LinkClicks, 4),
            (Metric::ProfileClicks, 2),
        ]);
        assert_eq!(all.engagements(Platform::X), Some(10));
        assert_eq!(
            (all.engagement_rate(Platform::X), all.click_through_rate(Platform::X)),
            (Some(5.0), Some(2.0))
        );
        let unseen = counts(&[(Metric::Impressions, 0), (Metric::Likes, 0)]);
        assert_eq!((unseen.engagements(Platform::X), unseen.engagement_rate(Platform::X)), (Some(0), None));
    }

    #[test]
    fn what_was_not_offered_is_unknown_and_not_zero() {
        let partial = counts(&[(Metric::Reactions, 2), (Metric::Comments, 1)]);
        assert_eq!(partial.engagements(Platform::LinkedIn), Some(3));
        assert_eq!(partial.clicks(Platform::LinkedIn), None);
        assert_eq!(partial.engagement_rate(Platform::LinkedIn), None);
        assert_eq!(Counts::default().engagements(Platform::X), None);
        let mut sum = partial.clone();
        sum.add(&counts(&[(Metric::Reactions, 5), (Metric::Reach, 9)]));
        assert_eq!(
            (sum.get(Metric::Reactions), sum.get(Metric::Reach), sum.get(Metric::Clicks)),
            (Some(7), Some(9), None)
        );
    }
}
