//! What a condition may ask of a post: a number that its platform counts, or one that follows from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Counts, Metric, Platform, UnknownMetric};

/// Numbers are compared in millionths, so that nothing is rounded twice.
const MILLION: u128 = 1_000_000;

/// A number about a post, under the name of campaign files: `profile_clicks`, `engagement_rate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Measure {
    Counted(Metric),
    /// Everything that people did with it.
    Engagements,
    /// Clicks on its links.
    Clicks,
    /// Engagements of impressions, in percent.
    EngagementRate,
    /// Clicks of impressions, in percent.
    ClickThroughRate,
}

impl Measure {
    const DERIVED: [Self; 4] =
        [Self::Engagements, Self::Clicks, Self::EngagementRate, Self::ClickThroughRate];

    /// What can be known of a post on a platform, at most; each name once.
    #[must_use]
    pub fn of(platform: Platform) -> Vec<Self> {
        let counted = Metric::of(platform).iter().map(|metric| Self::Counted(*metric));
        // LinkedIn counts what is derived on X.
        let counted = counted.filter(|one| Self::DERIVED.iter().all(|other| other.as_str() != one.as_str()));
        counted.chain(Self::DERIVED).collect()
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counted(metric) => metric.column(),
            Self::Engagements => "engagements",
            Self::Clicks => "clicks",
            Self::EngagementRate => "engagement_rate",
            Self::ClickThroughRate => "click_through_rate",
        }
    }

    /// The number in millionths, rounded down; `None` where what it needs was not offered.
    #[must_use]
    pub fn millionths(self, counts: &Counts, platform: Platform) -> Option<i64> {
        let whole = |count: u64| u128::from(count) * MILLION;
        let rate = |part: Option<u64>| {
            let shown = counts.get(Metric::Impressions).filter(|shown| *shown > 0)?;
            Some(whole(part?) * 100 / u128::from(shown))
        };
        let number = match self {
            Self::Counted(metric) => counts.get(metric).map(whole),
            Self::Engagements => counts.engagements(platform).map(whole),
            Self::Clicks => counts.clicks(platform).map(whole),
            Self::EngagementRate => rate(counts.engagements(platform)),
            Self::ClickThroughRate => rate(counts.clicks(platform)),
        };
        number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Measure {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, UnknownMetric> {
        let counted = Metric::ALL.iter().map(|metric| Self::Counted(*metric));
        let mut all = Self::DERIVED.into_iter().chain(counted);
        all.find(|one| one.as_str() == name).ok_or_else(|| UnknownMetric(name.to_owned()))
    }
}

impl TryFrom<String> for Measure {
    type Error = UnknownMetric;

    fn try_from(name: String) -> Result<Self, UnknownMetric> {
        name.parse()
    }
}

impl From<Measure> for String {
    fn from(measure: Measure) -> Self {
        measure.as_str().to_owned()
    }
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
    fn names_are_read_as_they_are_written_and_each_is_there_once() {
        for platform in Platform::ALL {
            let all = Measure::of(platform);
            for measure in &all {
                assert_eq!(measure.as_str().parse(), Ok(*measure));
                assert_eq!(serde_json::to_value(measure).unwrap(), measure.as_str());
                assert_eq!(all.iter().filter(|other| other.as_str() == measure.as_str()).count(), 1);
            }
        }
        assert_eq!("profileClicks".parse::<Measure>(), Err(UnknownMetric("profileClicks".into())));
    }

    #[test]
    fn rates_are_exact_to_the_millionth_and_missing_is_not_zero() {
        let third = counts(&[(Metric::Impressions, 300), (Metric::Likes, 1)]);
        assert_eq!(Measure::EngagementRate.millionths(&third, Platform::X), Some(333_333));
        assert_eq!(Measure::Engagements.millionths(&third, Platform::X), Some(1_000_000));
        assert_eq!(Measure::ClickThroughRate.millionths(&third, Platform::X), None);
        assert_eq!(Measure::Counted(Metric::Reach).millionths(&third, Platform::X), None);
        let unseen = counts(&[(Metric::Impressions, 0), (Metric::Likes, 0)]);
        assert_eq!(Measure::EngagementRate.millionths(&unseen, Platform::X), None);
        let endless = counts(&[(Metric::Impressions, 1), (Metric::Likes, u64::MAX)]);
        assert_eq!(Measure::EngagementRate.millionths(&endless, Platform::X), Some(i64::MAX));
    }
}
