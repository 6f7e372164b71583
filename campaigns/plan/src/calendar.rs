//! A plan in the order of time.

use campaigns_limits::AccountName;
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use serde::Serialize;

use crate::{Plan, PlannedPublication, PublicationId, Timing, local};

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
    /// Parts of the thread; 1 for a single post.
    pub segments: usize,
    /// The first line of the first part.
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
    /// So long after another post.
    After { post: String, account: Option<AccountName>, wait_ms: u64 },
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
                Timing::After { post, account, wait_ms } => {
                    When::After { post: post.clone(), account: account.clone(), wait_ms: *wait_ms }
                }
            };
            entry(publication, when)
        })
        .collect();
    // Stable, so that what is due at once stays in file order.
    entries.sort_by_key(|entry| match &entry.when {
        When::At { due_at, .. } => (false, Some(*due_at)),
        When::After { .. } => (true, None),
    });
    entries
}

fn entry(publication: &PlannedPublication, when: When) -> CalendarEntry {
    let first = publication.segments.first();
    let text = first.and_then(|segment| segment.text.lines().find(|line| !line.trim().is_empty()));
    CalendarEntry {
        id: publication.id.clone(),
        post: publication.post.clone(),
        account: publication.account.clone(),
        occurrence: publication.occurrence.clone(),
        when,
        segments: publication.segments.len(),
        text: text.unwrap_or_default().trim().to_owned(),
        media: publication.segments.iter().map(|segment| segment.media.len()).sum(),
    }
}
