//! What two plans say differently, publication by publication. Pure, and without a ledger: what applying would
//! do with the difference is decided by [`crate::changes()`].

use std::collections::{BTreeMap, BTreeSet};

use campaigns_limits::{AccountName, PlannedOptions};
use serde::Serialize;

use crate::{CalendarEntry, HORIZON, Plan, PlannedMedia, PlannedPublication, Timing, When, calendar};

/// Everything that differs between two plans of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Title, timezone and the like.
    pub facts: Vec<Fact>,
    /// In the new plan's order; publications that are only in the old one come last.
    pub publications: Vec<Differing>,
}

impl Difference {
    /// Whether both say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.publications.is_empty()
    }
}

/// Something about the campaign itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    pub name: &'static str,
    pub before: String,
    pub after: String,
}

/// A publication that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Differing {
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    #[serde(flatten)]
    pub kind: Kind,
}

/// How it differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "difference")]
pub enum Kind {
    Added { when: String, texts: Vec<String> },
    Removed { when: String, texts: Vec<String> },
    Changed { parts: Vec<Part> },
}

/// One thing that a publication says differently. A side that has nothing of it says `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "part")]
pub enum Part {
    Time {
        before: String,
        after: String,
    },
    /// What it waits for besides, in words.
    Gates {
        before: Vec<String>,
        after: Vec<String>,
    },
    /// The text of a part of the thread, counted from 1.
    Text {
        segment: usize,
        before: Option<String>,
        after: Option<String>,
    },
    Media {
        segment: usize,
        before: Vec<PlannedMedia>,
        after: Vec<PlannedMedia>,
    },
    /// What is asked of the platform beyond text and media.
    Options {
        segment: usize,
        before: Box<PlannedOptions>,
        after: Box<PlannedOptions>,
    },
    /// Retries, spacing, and what happens when something goes wrong.
    Settings,
}

/// What `to` says differently than `from`; `None` is a campaign that is not there.
///
/// Turns of a rule that lie outside of what the other plan looks at are left out: they are no difference.
#[must_use]
pub fn difference(from: Option<&Plan>, to: Option<&Plan>) -> Difference {
    let (before, after) = (Side::of(from), Side::of(to));
    let mut publications = Vec::new();
    for new in after.publications() {
        let kind = match before.find(new) {
            Some(old) => {
                let parts = parts((old, before.when(old)), (new, after.when(new)));
                if parts.is_empty() {
                    continue;
                }
                Kind::Changed { parts }
            }
            None if before.looks_away(new) => continue,
            None => Kind::Added { when: after.when(new), texts: texts(new) },
        };
        publications.push(differing(new, kind));
    }
    for old in before.publications() {
        if after.find(old).is_none() && !after.looks_away(old) {
            publications.push(differing(old, Kind::Removed { when: before.when(old), texts: texts(old) }));
        }
    }
    let facts = match (from, to) {
        (Some(from), Some(to)) => facts(from, to),
        _ => Vec::new(),
    };
    Difference { facts, publications }
}

type Key<'p> = (&'p str, &'p AccountName, &'p str);

/// One plan, ready to be asked.
struct Side<'p> {
    plan: Option<&'p Plan>,
    by_key: BTreeMap<Key<'p>, &'p PlannedPublication>,
    calendar: BTreeMap<String, CalendarEntry>,
    posts: BTreeSet<&'p str>,
}

impl<'p> Side<'p> {
    fn of(plan: Option<&'p Plan>) -> Self {
        let publications = plan.map_or(&[][..], |plan| &plan.publications);
        // Times that count from the apply have words of their own, so that the moment plays no part.
        let entries = plan.map(|plan| calendar(plan, jiff::Timestamp::UNIX_EPOCH)).unwrap_or_default();
        Self {
            plan,
            by_key: publications.iter().map(|one| (key(one), one)).collect(),
            calendar: entries.into_iter().map(|entry| (entry.id.to_string(), entry)).collect(),
            posts: plan.iter().flat_map(|plan| plan.outlook.posts.iter().map(String::as_str)).collect(),
        }
    }

    fn publications(&self) -> &'p [PlannedPublication] {
        self.plan.map_or(&[][..], |plan| &plan.publications)
    }

    fn find(&self, other: &PlannedPublication) -> Option<&'p PlannedPublication> {
        self.by_key.get(&key(other)).copied()
    }

    /// A turn of a rule that this plan has, at a time that it says nothing about.
    fn looks_away(&self, other: &PlannedPublication) -> bool {
        let (Some(plan), Timing::At { due_at, .. }) = (self.plan, &other.timing) else { return false };
        let Some(horizon) = plan.outlook.horizon else { return false };
        let begin = horizon.checked_sub(HORIZON).unwrap_or(jiff::Timestamp::MIN);
        let recurs = other.occurrence != "-" && self.posts.contains(other.post.as_str());
        recurs && (*due_at < begin || *due_at >= horizon)
    }

    fn when(&self, publication: &PlannedPublication) -> String {
        if let Timing::FromApply { wait_ms } = &publication.timing {
            let wait = crate::calendar::spoken(*wait_ms);
            return if wait.is_empty() { "now".to_owned() } else { format!("now + {wait}") };
        }
        match self.calendar.get(publication.id.as_str()).map(|entry| &entry.when) {
            Some(When::At { local, .. }) => local.clone(),
            Some(open) => open.waits_for().unwrap_or_default(),
            None => String::new(),
        }
    }
}

fn key(publication: &PlannedPublication) -> Key<'_> {
    (&publication.post, &publication.account, &publication.occurrence)
}

fn differing(publication: &PlannedPublication, kind: Kind) -> Differing {
    Differing {
        post: publication.post.clone(),
        account: publication.account.clone(),
        occurrence: publication.occurrence.clone(),
        kind,
    }
}

fn texts(publication: &PlannedPublication) -> Vec<String> {
    publication.segments.iter().map(|segment| segment.text.clone()).collect()
}

fn parts(
    (old, old_when): (&PlannedPublication, String),
    (new, new_when): (&PlannedPublication, String),
) -> Vec<Part> {
    let mut parts = Vec::new();
    if old.timing != new.timing {
        parts.push(Part::Time { before: old_when, after: new_when });
    }
    if old.gates != new.gates {
        parts.push(Part::Gates { before: old.gates.words(), after: new.gates.words() });
    }
    for index in 0..old.segments.len().max(new.segments.len()) {
        let (before, after) = (old.segments.get(index), new.segments.get(index));
        let segment = index + 1;
        let text = |side: Option<&crate::PlannedSegment>| side.map(|one| one.text.clone());
        if text(before) != text(after) {
            parts.push(Part::Text { segment, before: text(before), after: text(after) });
        }
        let media = |side: Option<&crate::PlannedSegment>| side.map(|one| one.media.clone());
        let (was, is) = (media(before).unwrap_or_default(), media(after).unwrap_or_default());
        if was != is {
            parts.push(Part::Media { segment, before: was, after: is });
        }
        let options = |side: Option<&crate::PlannedSegment>| side.map(|one| one.options.clone());
        let (was, is) = (options(before).unwrap_or_default(), options(after).unwrap_or_default());
        if was != is {
            parts.push(Part::Options { segment, before: Box::new(was), after: Box::new(is) });
        }
    }
    if old.policy != new.policy {
        parts.push(Part::Settings);
    }
    parts
}

fn facts(from: &Plan, to: &Plan) -> Vec<Fact> {
    let title = |plan: &Plan| plan.title.clone().unwrap_or_default();
    let labels = |plan: &Plan| plan.outlook.labels.join(", ");
    [
        ("campaign", from.campaign.clone(), to.campaign.clone()),
        ("title", title(from), title(to)),
        ("timezone", from.timezone.clone(), to.timezone.clone()),
        ("labels", labels(from), labels(to)),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| Fact { name, before, after })
    .collect()
}
