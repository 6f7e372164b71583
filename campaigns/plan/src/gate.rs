//! What a publication waits for besides its time.

use std::collections::BTreeMap;

use campaigns_lang::Else;
use campaigns_limits::{AccountName, Measure};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

/// The gates of a publication: it goes out when the last of them has opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gates {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Needs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<Approve>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// When it may not go out, where its time is not known before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
    /// Of posts that come again and again, the turn that it waits for: post to occurrence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub turns: BTreeMap<String, String>,
}

impl Gates {
    /// Whether it waits for its time alone.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.needs.is_none() && self.approve.is_none() && self.when.is_none() && self.quiet.is_none()
    }

    /// Whether `occurrence` of `post` is what it waits for.
    #[must_use]
    pub fn is_turn(&self, post: &str, occurrence: &str) -> bool {
        self.turns.get(post).is_none_or(|turn| turn == occurrence)
    }

    /// In words, each gate once: `after teaser is published`, `1 of ana, li approves`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let needs = self.needs.as_ref().map(|needs| format!("needs {}", needs.posts.join(", ")));
        let approve = self.approve.as_ref().map(|approve| {
            let verb = if approve.count == 1 { "approves" } else { "approve" };
            let merge = if approve.merge { ", or a merge" } else { "" };
            format!("{} of {} {verb}{merge}", approve.count, approve.by.join(", "))
        });
        let when = self.when.as_ref().map(|condition| format!("if {condition}"));
        let quiet =
            self.quiet.as_ref().map(|quiet| format!("not {} to {}", hour(quiet.start), hour(quiet.end)));
        needs.into_iter().chain(approve).chain(when).chain(quiet).collect()
    }
}

/// Posts of the campaign that must be online first, on all of their accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    pub posts: Vec<String>,
    /// What happens when one of them will not be.
    #[serde(rename = "else")]
    pub otherwise: Else,
}

/// People who must agree to the content as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approve {
    /// Names of people of the workspace.
    pub by: Vec<String>,
    /// How many of them.
    pub count: u32,
    /// What happens when it is due and not enough of them have.
    #[serde(rename = "else")]
    pub otherwise: Else,
    /// Whether a merge to the watched ref counts as the word of all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merge: bool,
}

/// A number about another post that decides whether this one goes out, once everything else is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    pub post: String,
    pub account: AccountName,
    pub metric: Measure,
    pub bound: Bound,
    /// What happens when it does not hold, or the number is not there.
    #[serde(rename = "else")]
    pub otherwise: Else,
}

/// What a number is compared with, in millionths. Being equal is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Bound {
    #[serde(rename = "aboveMillionths")]
    Above(i64),
    #[serde(rename = "belowMillionths")]
    Below(i64),
}

impl Bound {
    #[must_use]
    pub const fn holds(self, millionths: i64) -> bool {
        match self {
            Self::Above(bound) => millionths > bound,
            Self::Below(bound) => millionths < bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Above(bound) => write!(f, "above {}", decimal(*bound)),
            Self::Below(bound) => write!(f, "below {}", decimal(*bound)),
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { post, account, metric, bound, otherwise: _ } = self;
        write!(f, "{metric} of {post} on {account} is {bound}")
    }
}

/// Millionths as people write them: `2.5`.
#[must_use]
pub fn decimal(millionths: i64) -> String {
    let (sign, all) = (if millionths < 0 { "-" } else { "" }, millionths.unsigned_abs());
    let part = format!("{:06}", all % 1_000_000);
    match part.trim_end_matches('0') {
        "" => format!("{sign}{}", all / 1_000_000),
        part => format!("{sign}{}.{part}", all / 1_000_000),
    }
}

/// Hours in which nothing goes out, in a zone; over midnight where the end is not after the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quiet {
    pub start: civil::Time,
    pub end: civil::Time,
    /// IANA name.
    pub timezone: String,
}

impl Quiet {
    /// The end of the quiet hours that the instant lies in, else the instant. An end that a clock change leaves
    /// out moves forward; of one that comes twice the first counts.
    #[must_use]
    pub fn after(&self, instant: Timestamp) -> Timestamp {
        let zone = zone(&self.timezone);
        let shown = instant.to_zoned(zone.clone()).datetime();
        if !campaigns_lang::is_quiet(shown.time(), self.start, self.end) {
            return instant;
        }
        let day = if shown.time() >= self.end { shown.date().tomorrow() } else { Ok(shown.date()) };
        let end = day.and_then(|day| zone.to_ambiguous_zoned(day.to_datetime(self.end)).compatible());
        // Where clocks go back, the end may have been already.
        end.map_or(instant, |end| end.timestamp().max(instant))
    }
}

/// A time of day in a zone: the next one after something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeOfDay {
    pub time: civil::Time,
    /// IANA name.
    pub timezone: String,
}

impl TimeOfDay {
    /// The first instant at or after `earliest` at which clocks in the zone show this time. A time that a
    /// clock change leaves out moves forward; of one that comes twice the first counts.
    #[must_use]
    pub fn next(&self, earliest: Timestamp) -> Timestamp {
        let zone = zone(&self.timezone);
        let first = earliest.to_zoned(zone.clone()).date();
        let on = |date: civil::Date| {
            let shown = zone.to_ambiguous_zoned(date.to_datetime(self.time)).compatible().ok()?;
            Some(shown.timestamp()).filter(|instant| *instant >= earliest)
        };
        on(first).or_else(|| first.tomorrow().ok().and_then(on)).unwrap_or(earliest)
    }
}

/// Plans name only zones that are bundled; one of another release's plan may be missing.
fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap_or(TimeZone::UTC)
}

fn hour(time: civil::Time) -> String {
    time.strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_compared_and_said_exactly() {
        assert!(Bound::Above(2_500_000).holds(2_500_001) && !Bound::Above(2_500_000).holds(2_500_000));
        assert!(Bound::Below(0).holds(-1) && !Bound::Below(0).holds(0));
        let said = |millionths| decimal(millionths);
        assert_eq!(
            (said(3_000_000), said(2_500_000), said(-1), said(0)),
            ("3".into(), "2.5".into(), "-0.000001".into(), "0".into())
        );
    }

    #[test]
    fn quiet_hours_end_as_clocks_show_it() {
        let night = |zone: &str| Quiet {
            start: civil::time(22, 0, 0, 0),
            end: civil::time(2, 30, 0, 0),
            timezone: zone.into(),
        };
        let after = |instant: &str| night("Europe/Berlin").after(instant.parse().unwrap()).to_string();
        assert_eq!(after("2027-01-05T20:59:00Z"), "2027-01-05T20:59:00Z");
        assert_eq!(after("2027-01-05T21:00:00Z"), "2027-01-06T01:30:00Z");
        assert_eq!(after("2027-01-06T01:30:00Z"), "2027-01-06T01:30:00Z");
        // 02:30 is left out: clocks go from 02:00 to 03:00.
        assert_eq!(after("2027-03-28T00:10:00Z"), "2027-03-28T01:30:00Z");
        // 02:30 comes twice; what begins in the second 02:00 hour ends at once.
        assert_eq!(after("2027-10-31T00:10:00Z"), "2027-10-31T00:30:00Z");
        assert_eq!(after("2027-10-31T01:10:00Z"), "2027-10-31T01:10:00Z");
    }

    #[test]
    fn the_next_time_of_day_is_today_or_tomorrow_as_clocks_show_it() {
        let nine = TimeOfDay { time: civil::time(9, 0, 0, 0), timezone: "Europe/Berlin".into() };
        let next = |earliest: &str| nine.next(earliest.parse().unwrap()).to_string();
        assert_eq!(next("2027-03-18T07:59:00Z"), "2027-03-18T08:00:00Z");
        assert_eq!(next("2027-03-18T08:00:00Z"), "2027-03-18T08:00:00Z");
        assert_eq!(next("2027-03-18T08:00:01Z"), "2027-03-19T08:00:00Z");
        // Summer time begins between the two.
        assert_eq!(next("2027-03-27T09:00:00Z"), "2027-03-28T07:00:00Z");
    }

    #[test]
    fn a_time_that_a_clock_change_leaves_out_moves_forward() {
        let gap = TimeOfDay { time: civil::time(2, 30, 0, 0), timezone: "Europe/Berlin".into() };
        assert_eq!(gap.next("2027-03-28T00:00:00Z".parse().unwrap()).to_string(), "2027-03-28T01:30:00Z");
    }

    #[test]
    fn no_gate_is_written_as_nothing() {
        assert_eq!(serde_json::to_string(&Gates::default()).unwrap(), "{}");
        assert!(serde_json::from_str::<Gates>("{}").unwrap().is_none());
    }
}
