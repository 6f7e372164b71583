//! What must be true of every publication, whatever happened: the sandbox's ledger against ours.

use activities_data::State;
use activities_data::views::{Listed, Story};
use campaigns_plan::Timing;

use crate::stage::Entry;

/// Whether a publication rightly waits still: behind a gate whose post a person has to settle.
pub fn waits_for_a_person(listed: &Listed, all: &[Listed]) -> bool {
    let row = &listed.publication;
    let (State::Planned, None, Timing::After { post, .. }) = (row.state, row.due_at, &row.timing) else {
        return false;
    };
    all.iter().filter(|parent| parent.publication.post == *post).any(|parent| {
        let state = parent.publication.state;
        (state.needs_person() && state != State::Rejected) || waits_for_a_person(parent, all)
    })
}

/// Everything that is wrong with a publication that waits for a person.
pub fn faults_while_waiting(story: &Story, entries: &[&Entry]) -> Vec<String> {
    let row = &story.publication;
    let mut faults = Vec::new();
    if !entries.is_empty() || !story.attempts.is_empty() {
        faults.push(format!("{} on {}: it was sent behind a closed gate", row.post, row.account));
    }
    if row.reason.as_ref().is_none_or(|reason| reason.code != "gate/stuck") {
        faults.push(format!("{} on {}: it waits and nobody knows for whom", row.post, row.account));
    }
    faults
}

/// Everything that is wrong with a publication, in sentences; `entries` are the posts of its account.
pub fn faults_of(story: &Story, entries: &[&Entry]) -> Vec<String> {
    let row = &story.publication;
    let mut faults = Vec::new();
    let mut wrong = |what: String| faults.push(format!("{} on {}: {what}", row.post, row.account));
    if !row.state.is_settled() {
        wrong(format!("it is still {}", row.state));
    }
    if story.attempts.iter().any(|attempt| attempt.settled_at.is_none()) {
        wrong("an attempt is unsettled".to_owned());
    }
    let needs_reason = !matches!(row.state, State::Published | State::Deleted);
    if needs_reason && row.reason.is_none() {
        wrong(format!("it is {} and nobody knows why", row.state));
    }
    let unknown = row
        .reason
        .as_ref()
        .is_some_and(|reason| reason.code.starts_with("attempt/") || reason.text.contains("may be online"));
    let mut parent: Option<String> = None;
    let mut online = 0;
    for part in &story.segments {
        let real: Vec<_> = entries.iter().filter(|entry| entry.text == part.text).collect();
        let standing = real.iter().find(|entry| !entry.deleted);
        if real.len() > 1 {
            wrong(format!("part {} was published {} times", part.number, real.len()));
        }
        match (&part.platform_post_id, standing) {
            (Some(id), Some(entry)) => {
                online += 1;
                if *id != entry.id {
                    wrong(format!("part {} is `{}`, not `{id}`", part.number, entry.id));
                }
                if part.number > 0 && entry.parent != parent {
                    wrong(format!("part {} hangs on {:?}, not on {parent:?}", part.number, entry.parent));
                }
                if entry.media != part.media.len() {
                    wrong(format!("part {} has {} media", part.number, entry.media));
                }
                parent = Some(entry.id.clone());
            }
            (Some(id), None) if row.state != State::Deleted => {
                wrong(format!("part {} is said to be online as `{id}` and is not", part.number));
            }
            (None, Some(entry)) if !(row.state.needs_person() && unknown) => {
                wrong(format!("part {} is online as `{}` and nobody was told", part.number, entry.id));
            }
            _ => {}
        }
    }
    let whole = online == story.segments.len();
    match row.state {
        State::Published if !whole => wrong(format!("published with {online} parts")),
        State::Rejected | State::Skipped | State::Cancelled | State::Expired if online > 0 => {
            wrong(format!("{} with {online} parts online", row.state));
        }
        State::Partial if online == 0 || whole => wrong(format!("partial with {online} parts")),
        _ => {}
    }
    faults
}
