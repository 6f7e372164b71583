//! A plan in the order of time.

use campaigns_limits::AccountName;
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, civil};
use serde::Serialize;

use crate::{Gates, Plan, PlannedPublication, PublicationId, Timing, local};

/// One publication as a calendar shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarEntry {
    pub id: PublicationId,
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    #[serde(flatten)]
    pub when: When,
    /// What it waits for besides.
    #[serde(skip_serializing_if = "Gates::is_none")]
    pub gates: Gates,
    /// Parts of the thread; 1 for a single post.
    pub segments: usize,
    /// The first line of the first part; of a repost without words, which post it passes on.
    pub text: String,
    pub media: usize,
}

/// When a publication goes out, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum When {
    /// At an instant: `local` is what clocks in the campaign's zone show. `from_apply` says that it counts
    /// from the apply, and would be this if that were now.
    At { due_at: Timestamp, local: String, from_apply: bool },
    /// So long after another post; then at the next such time of day.
    After { post: String, account: Option<AccountName>, wait_ms: u64, time: Option<civil::Time> },
    /// When something outside the campaign has happened: `signal/<name>`, `file/<path>`.
    Awaits { happening: String, within_ms: u64 },
}

impl When {
    /// What an open time waits for: `24h after launch on x/acme, at 09:00`, `after the signal go`. `None` for a
    /// time that is known.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        match self {
            Self::At { .. } => None,
            Self::After { post, account, wait_ms, time } => {
                let wait = if *wait_ms == 0 { String::new() } else { format!("{} ", spoken(*wait_ms)) };
                let on = account.as_ref().map(|account| format!(" on {account}")).unwrap_or_default();
                let at = time.map(|time| format!(", at {}", time.strftime("%H:%M"))).unwrap_or_default();
                Some(format!("{wait}after {post}{on}{at}"))
            }
            Self::Awaits { happening, within_ms } => {
                let what = match happening.split_once('/') {
                    Some((kind, name)) => format!("the {kind} {name}"),
                    None => happening.clone(),
                };
                Some(format!("after {what}, within {}", spoken(*within_ms)))
            }
        }
    }
}

/// `1d 2h`, `90s`: the two largest units that say it.
pub(crate) fn spoken(ms: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let mut rest = ms;
    let mut said = Vec::new();
    for (unit, unit_ms) in units {
        if rest >= unit_ms && said.len() < 2 {
            said.push(format!("{}{unit}", rest / unit_ms));
            rest %= unit_ms;
        }
    }
    said.join(" ")
}

/// The publications of a plan in the order of time; those that wait for others come last, in file order.
#[must_use]
pub fn calendar(plan: &Plan, now: Timestamp) -> Vec<CalendarEntry> {
    let zone = TimeZoneDatabase::bundled().get(&plan.timezone).unwrap_or(jiff::tz::TimeZone::UTC);
    let mut entries: Vec<CalendarEntry> = plan
        .publications
        .iter()
        .map(|publication| {
            let when = match &publication.timing {
                Timing::At { due_at, local } => {
                    When::At { due_at: *due_at, local: local.clone(), from_apply: false }
                }
                Timing::FromApply { wait_ms } => {
                    let due_at = crate::changes::later(now, *wait_ms);
                    When::At { due_at, local: local::show(due_at, &zone), from_apply: true }
                }
                Timing::After { post, account, wait_ms, time } => When::After {
                    post: post.clone(),
                    account: account.clone(),
                    wait_ms: *wait_ms,
                    time: time.as_ref().map(|time| time.time),
                },
                Timing::Awaits { happening, within_ms, otherwise: _ } => {
                    When::Awaits { happening: happening.clone(), within_ms: *within_ms }
                }
            };
            entry(publication, when)
        })
        .collect();
    // Stable, so that what is due at once stays in file order.
    entries.sort_by_key(|entry| match &entry.when {
        When::At { due_at, .. } => (false, Some(*due_at)),
        When::After { .. } | When::Awaits { .. } => (true, None),
    });
    entries
}

fn entry(publication: &PlannedPublication, when: When) -> CalendarEntry {
    let first = publication.segments.first();
    let text = first.and_then(|segment| segment.text.lines().find(|line| !line.trim().is_empty()));
    let text = text.map(|line| line.trim().to_owned()).or_else(|| first?.passed_on());
    CalendarEntry {
        id: publication.id.clone(),
        post: publication.post.clone(),
        account: publication.account.clone(),
        occurrence: publication.occurrence.clone(),
        when,
        gates: publication.gates.clone(),
        segments: publication.segments.len(),
        text: text.unwrap_or_default(),
        media: publication.segments.iter().map(|segment| segment.media.len()).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_times_say_what_they_wait_for() {
        let after = |wait_ms, account: Option<&str>, time| When::After {
            post: "launch".into(),
            account: account.map(|account| account.parse().unwrap()),
            wait_ms,
            time,
        };
        let said = |when: When| when.waits_for().unwrap();
        assert_eq!(said(after(0, None, None)), "after launch");
        let nine = Some(civil::time(9, 0, 0, 0));
        assert_eq!(said(after(86_400_000, Some("x/acme"), nine)), "1d after launch on x/acme, at 09:00");
        let awaits = When::Awaits { happening: "signal/go".into(), within_ms: 90_000 };
        assert_eq!(said(awaits), "after the signal go, within 1m 30s");
    }
}
