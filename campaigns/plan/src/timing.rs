//! When the publications of a post are due.

use campaigns_lang::{
    At, Campaign, Else, Happening, Occurrence, Post, QuietHours, Settings, Timing as Authored,
};
use campaigns_limits::AccountName;
use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::policy::policy;
use crate::{Identity, Quiet, TimeOfDay, Timing, local};

/// One time of a post.
pub(crate) struct Slot {
    pub(crate) occurrence: Option<Occurrence>,
    when: When,
}

enum When {
    /// By the file or a rule.
    Fixed(Timestamp),
    FromApply {
        wait_ms: u64,
    },
    After {
        post: String,
        account: Option<campaigns_limits::AccountName>,
        wait_ms: u64,
        time: Option<TimeOfDay>,
    },
    Awaits {
        happening: String,
        within_ms: u64,
        otherwise: Else,
    },
}

/// The times of a post inside the horizon.
pub(crate) struct Slots {
    pub(crate) within: Vec<Slot>,
    /// The first occurrence behind the horizon.
    pub(crate) beyond: Option<Timestamp>,
}

/// Whether a rule makes the post come again.
pub(crate) fn recurs(post: &Post) -> bool {
    matches!(post.timing, Authored::Every(_))
}

/// All times of a post that a plan made at `now` names. Single posts have theirs, wherever it lies; of a
/// rule, those that have passed beyond `catch_up` are history.
pub(crate) fn slots(campaign: &Campaign, post: &Post, now: Timestamp, horizon: Timestamp) -> Slots {
    let single = |when| Slots { within: vec![Slot { occurrence: None, when }], beyond: None };
    match &post.timing {
        Authored::At(at) => match at.value {
            At::Instant(instant) => single(When::Fixed(instant)),
            At::FromApply { wait_ms } => single(When::FromApply { wait_ms }),
            At::Local(local) => match instant(campaign, local) {
                Some(instant) => single(When::Fixed(instant)),
                // Outside the years that can be reckoned with: the check has refused it.
                None => Slots { within: Vec::new(), beyond: None },
            },
        },
        Authored::After(after) => single(When::After {
            post: after.post.value.clone(),
            account: after.account.as_ref().map(|account| account.value.clone()),
            wait_ms: after.wait_ms,
            time: after.time.map(|time| TimeOfDay { time, timezone: campaign.zone.name.clone() }),
        }),
        Authored::Awaits(awaited) => single(When::Awaits {
            happening: match &awaited.happening.value {
                Happening::Signal(name) => format!("signal/{name}"),
                Happening::File(path) => format!("file/{path}"),
                Happening::Event(event) => format!("event/{event}"),
            },
            within_ms: awaited.within_ms,
            otherwise: awaited.otherwise,
        }),
        Authored::Every(recurrence) => {
            let late_ms = policy(&post.settings.or(&campaign.settings).or(&campaign.workspace_settings))
                .catch_up
                .within_ms;
            let mut slots = Slots { within: Vec::new(), beyond: None };
            for occurrence in recurrence.occurrences() {
                let Some(at) = instant(campaign, occurrence.at) else { break };
                if at >= horizon {
                    slots.beyond = Some(at);
                    break;
                }
                if crate::changes::later(at, late_ms) >= now {
                    slots.within.push(Slot { occurrence: Some(occurrence), when: When::Fixed(at) });
                }
            }
            slots
        }
    }
}

/// A gap moves forward, a fold takes the first: the check has warned of both.
pub(crate) fn instant(campaign: &Campaign, local: DateTime) -> Option<Timestamp> {
    campaign.zone.zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
}

/// The timing of one publication: jitter pushes it back, always by the same, and quiet hours push what was
/// computed to their end.
pub(crate) fn of(campaign: &Campaign, slot: &Slot, settings: &Settings, identity: &Identity) -> Timing {
    let jitter_ms = jitter_ms(identity, settings.jitter_ms.unwrap_or(0));
    let at = |due_at: Timestamp| Timing::At { due_at, local: local::show(due_at, &campaign.zone.zone) };
    match &slot.when {
        When::Fixed(instant) => {
            at(out_of_quiet(campaign, crate::changes::later(*instant, jitter_ms), settings))
        }
        When::FromApply { wait_ms } => Timing::FromApply { wait_ms: wait_ms.saturating_add(jitter_ms) },
        When::After { post, account, wait_ms, time } => Timing::After {
            post: post.clone(),
            account: account.clone(),
            wait_ms: wait_ms.saturating_add(jitter_ms),
            time: time.clone(),
        },
        When::Awaits { happening, within_ms, otherwise } => Timing::Awaits {
            happening: happening_to(happening, &identity.account),
            within_ms: *within_ms,
            otherwise: *otherwise,
        },
    }
}

/// A platform's event is waited for on the publication's own account; on any account, where that is of another
/// platform: `event/x/acme/follow`, `event/x/*/follow`.
fn happening_to(happening: &str, account: &AccountName) -> String {
    let Some((platform, event)) = happening.strip_prefix("event/").and_then(|event| event.split_once('/'))
    else {
        return happening.to_owned();
    };
    let handle = if platform == account.platform().as_str() { account.handle() } else { "*" };
    format!("event/{platform}/{handle}/{event}")
}

/// A part of `most_ms` that only the identity decides: no clock, no chance, the same on every machine.
fn jitter_ms(identity: &Identity, most_ms: u64) -> u64 {
    if most_ms == 0 {
        return 0;
    }
    let seconds = most_ms / 1_000;
    let digits = identity.publication_id();
    // The last 12 of 24 hex digits of a hash are spread evenly.
    let number = u64::from_str_radix(&digits.as_str()[16..], 16).unwrap_or(0);
    number % (seconds + 1) * 1_000
}

/// The end of the quiet hours that the instant lies in, else the instant.
fn out_of_quiet(campaign: &Campaign, instant: Timestamp, settings: &Settings) -> Timestamp {
    quiet(campaign, settings).map_or(instant, |quiet| quiet.after(instant))
}

/// The quiet hours that hold, in the campaign's zone.
pub(crate) fn quiet(campaign: &Campaign, settings: &Settings) -> Option<Quiet> {
    let Some(QuietHours::Between { start, end }) = settings.quiet_hours else { return None };
    Some(Quiet { start, end, timezone: campaign.zone.name.clone() })
}
