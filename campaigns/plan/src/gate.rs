//! What a publication waits for besides its time.

use campaigns_lang::Else;
use jiff::tz::TimeZoneDatabase;
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
}

impl Gates {
    /// Whether it waits for its time alone.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.needs.is_none() && self.approve.is_none()
    }

    /// In words, each gate once: `after teaser is published`, `1 of ana, li approves`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let needs = self.needs.as_ref().map(|needs| format!("needs {}", needs.posts.join(", ")));
        let approve = self.approve.as_ref().map(|approve| {
            let verb = if approve.count == 1 { "approves" } else { "approve" };
            format!("{} of {} {verb}", approve.count, approve.by.join(", "))
        });
        needs.into_iter().chain(approve).collect()
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
        // Plans name only zones that are bundled; one of another release's plan may be missing.
        let zone = TimeZoneDatabase::bundled().get(&self.timezone).unwrap_or(jiff::tz::TimeZone::UTC);
        let first = earliest.to_zoned(zone.clone()).date();
        let on = |date: civil::Date| {
            let shown = zone.to_ambiguous_zoned(date.to_datetime(self.time)).compatible().ok()?;
            Some(shown.timestamp()).filter(|instant| *instant >= earliest)
        };
        on(first).or_else(|| first.tomorrow().ok().and_then(on)).unwrap_or(earliest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
