//! What applying a plan does to the publications that exist already.

use std::collections::{HashMap, HashSet};

use campaigns_limits::AccountName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Gates, LedgerState, Plan, PlannedPublication, Policy, PublicationId, Timing, content_hash, renamed,
};

/// Refused: a time that was moved is earlier than now.
pub const EDIT_PAST: &str = "edit/past";
/// Refused: what is being sent, or may have been, can't change.
pub const EDIT_UNSETTLED: &str = "edit/unsettled";
/// Refused: a post under a new id says what one that vanished has published.
pub const POSSIBLE_RENAME: &str = "graph/possible-rename";

/// Refused: a post that got another id has the identity that this one would have.
pub const ID_TAKEN: &str = "edit/id-taken";

/// How long after a publication the same content under a new id counts as its repetition: platforms refuse
/// identical texts for about as long.
const RENAME_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What the ledger says of one publication of the campaign, whatever its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentPublication {
    pub id: PublicationId,
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    pub state: LedgerState,
    /// It was cancelled because it had left the plan, not by a person: then it may come back with it.
    pub left_plan: bool,
    /// The instant in the ledger, while a gate is closed that of its time alone; `None` where that is open.
    pub due_at: Option<Timestamp>,
    /// As its last revision planned it.
    pub timing: Timing,
    pub gates: Gates,
    /// [`crate::content_hash`] of what it would send, or has sent.
    pub content_hash: String,
    pub policy: Policy,
}

/// What applying does to one publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "action")]
pub enum Action {
    /// A new row. `due_at` is known for fixed times and, from `now`, for times counted from the apply; gates
    /// may make it later.
    Create {
        due_at: Option<Timestamp>,
    },
    /// A new row that is never sent: its time had passed beyond `catch_up` at its first apply.
    CreateSkipped {
        due_at: Timestamp,
    },
    /// The row changes in one or more of these; a cancelled or skipped one is planned again.
    Update {
        content: bool,
        timing: bool,
        policy: bool,
        /// The instant after the change, of its time alone; `None` while that is open.
        due_at: Option<Timestamp>,
        /// It was cancelled (or skipped) and comes back.
        restored: bool,
        /// An approval was given or asked for, and counts no more.
        approval_void: bool,
    },
    Cancel,
    Unchanged,
    /// History is fixed: the file differs from what was published, and nothing is done.
    Ignored {
        reason: String,
    },
    /// The whole apply is refused because of this one; nothing is changed anywhere.
    Refused {
        code: String,
        reason: String,
    },
}

/// One line of what applying does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub id: PublicationId,
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    /// The post's id until now, where it gets another one; its publications stay what they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    #[serde(flatten)]
    pub action: Action,
}

/// Everything that applying a plan does, in the plan's order; publications that left the plan come last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub changes: Vec<Change>,
}

impl Changes {
    /// Whether applying would change a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_one = |action: &Action| match action {
            Action::Create { .. } | Action::CreateSkipped { .. } | Action::Update { .. } | Action::Cancel => {
                true
            }
            Action::Unchanged | Action::Ignored { .. } | Action::Refused { .. } => false,
        };
        !self.changes.iter().any(|change| change.renamed_from.is_some() || is_one(&change.action))
    }

    /// The refusals, for which nothing may be applied.
    pub fn refused(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| matches!(change.action, Action::Refused { .. }))
    }
}

/// What applying `plan` at `now` does to the campaign's publications in the ledger. A pure function: the
/// ledger repeats it inside its transaction, on what it reads there.
#[must_use]
pub fn changes(plan: &Plan, current: &[CurrentPublication], now: Timestamp) -> Changes {
    let named = renamed(plan, current);
    let rows: HashMap<_, _> = named
        .iter()
        .zip(current)
        .map(|(row, before)| ((&row.post, &row.account, &row.occurrence), (row, before)))
        .collect();
    let ids: HashMap<&PublicationId, &CurrentPublication> = named.iter().map(|row| (&row.id, row)).collect();
    let kept: HashSet<_> =
        plan.publications.iter().map(|one| (&one.post, &one.account, &one.occurrence)).collect();
    let vanished: Vec<&CurrentPublication> =
        named.iter().filter(|row| !kept.contains(&(&row.post, &row.account, &row.occurrence))).collect();
    let in_plan = plan.publications.iter().map(|planned| {
        match rows.get(&(&planned.post, &planned.account, &planned.occurrence)) {
            Some((row, before)) => {
                let renamed_from = (before.post != row.post).then(|| before.post.clone());
                Change { renamed_from, ..change(row, edit(planned, row, now)) }
            }
            None => {
                let action = match ids.get(&planned.id) {
                    Some(other) => id_taken(other),
                    None => create(planned, &vanished, now),
                };
                let PlannedPublication { id, post, account, occurrence, .. } = planned.clone();
                Change { id, post, account, occurrence, renamed_from: None, action }
            }
        }
    });
    let gone = vanished.iter().filter_map(|row| {
        let action = if is_outside_window(plan, row, now) { return None } else { leave(row)? };
        Some(change(row, action))
    });
    Changes { changes: in_plan.chain(gone).collect() }
}

fn change(row: &CurrentPublication, action: Action) -> Change {
    Change {
        id: row.id.clone(),
        post: row.post.clone(),
        account: row.account.clone(),
        occurrence: row.occurrence.clone(),
        renamed_from: None,
        action,
    }
}

/// Identities are for ever: one that a renamed post took with it is not given away.
fn id_taken(other: &CurrentPublication) -> Action {
    let reason = format!("post `{}` had this id once and keeps its identity: choose another one", other.post);
    Action::Refused { code: ID_TAKEN.to_owned(), reason }
}

/// A publication that the ledger doesn't know.
fn create(planned: &PlannedPublication, vanished: &[&CurrentPublication], now: Timestamp) -> Action {
    if let Some(old) = renamed_from(planned, vanished, now) {
        let reason = format!(
            "it says what post `{}` has published or may have, which is no longer in the file: renamed, it would go out twice",
            old.post
        );
        return Action::Refused { code: POSSIBLE_RENAME.to_owned(), reason };
    }
    match first_due(planned, now) {
        Some(due_at) if is_late(planned, due_at, now) => Action::CreateSkipped { due_at },
        due_at => Action::Create { due_at },
    }
}

/// The vanished publication whose repetition this would be.
fn renamed_from<'c>(
    planned: &PlannedPublication,
    vanished: &[&'c CurrentPublication],
    now: Timestamp,
) -> Option<&'c CurrentPublication> {
    let hash = content_hash(planned);
    vanished.iter().copied().find(|old| {
        let may_be_online = old.state.may_be_online();
        let recent = old.due_at.is_none_or(|due| now.duration_since(due) < RENAME_WINDOW);
        may_be_online
            && recent
            && old.post != planned.post
            && old.account == planned.account
            && old.content_hash == hash
    })
}

/// The instant of a publication at its first apply; `None` while its gate is closed.
fn first_due(planned: &PlannedPublication, now: Timestamp) -> Option<Timestamp> {
    match &planned.timing {
        Timing::At { due_at, .. } => Some(*due_at),
        Timing::FromApply { wait_ms } => Some(later(now, *wait_ms)),
        Timing::After { .. } | Timing::Awaits { .. } => None,
    }
}

fn is_late(planned: &PlannedPublication, due_at: Timestamp, now: Timestamp) -> bool {
    later(due_at, planned.policy.catch_up.within_ms) < now
}

/// A publication that the ledger knows, and that is still in the plan.
fn edit(planned: &PlannedPublication, row: &CurrentPublication, now: Timestamp) -> Action {
    let edit = Edit::between(planned, row, now);
    match row.state {
        LedgerState::Planned | LedgerState::AwaitingApproval => edit.of_waiting(row, now),
        LedgerState::Blocked | LedgerState::Rejected => edit.of_waiting(row, now),
        LedgerState::Sending | LedgerState::Ambiguous | LedgerState::Partial | LedgerState::Held => {
            edit.of_unsettled(row)
        }
        LedgerState::Published | LedgerState::Deleted | LedgerState::Gone => edit.of_history(row),
        LedgerState::Cancelled if row.left_plan => edit.of_returning(row, now),
        LedgerState::Cancelled => ignored("a person cancelled it"),
        LedgerState::Skipped => edit.of_skipped(row, now),
        LedgerState::Expired => edit.of_history(row),
    }
}

/// What differs between the plan and a row.
struct Edit {
    content: bool,
    timing: bool,
    policy: bool,
    /// The instant that the plan asks for, in the row's reckoning.
    due_at: Option<Timestamp>,
}

impl Edit {
    fn between(planned: &PlannedPublication, row: &CurrentPublication, now: Timestamp) -> Self {
        Self {
            content: content_hash(planned) != row.content_hash,
            timing: !same_timing(&planned.timing, &row.timing) || planned.gates != row.gates,
            policy: planned.policy != row.policy,
            due_at: moved_due(&planned.timing, row, now),
        }
    }

    const fn is_nothing(&self) -> bool {
        !(self.content || self.timing || self.policy)
    }

    fn update(&self, restored: bool, approval_void: bool) -> Action {
        let Self { content, timing, policy, due_at } = *self;
        Action::Update { content, timing, policy, due_at, restored, approval_void }
    }

    fn of_waiting(&self, row: &CurrentPublication, now: Timestamp) -> Action {
        if self.is_nothing() {
            return Action::Unchanged;
        }
        if let Some(due_at) = self.due_at.filter(|due| self.timing && *due < now) {
            let reason = format!("it would move to {due_at}, which has passed");
            return Action::Refused { code: EDIT_PAST.to_owned(), reason };
        }
        self.update(false, self.content && row.gates.approve.is_some())
    }

    /// Settings alone change nothing that is under way, and are no reason to refuse everything else.
    fn of_unsettled(&self, row: &CurrentPublication) -> Action {
        if self.content || self.timing {
            let reason = format!("it is {} and can't change until that is settled", row.state);
            return Action::Refused { code: EDIT_UNSETTLED.to_owned(), reason };
        }
        if self.policy {
            ignored(&format!("it is {}, and keeps its settings", row.state))
        } else {
            Action::Unchanged
        }
    }

    fn of_history(&self, row: &CurrentPublication) -> Action {
        if self.content || self.timing {
            ignored(&format!("it is {}: history is fixed", row.state))
        } else {
            Action::Unchanged
        }
    }

    /// Cancelled because it had left the plan, and back before its time.
    fn of_returning(&self, row: &CurrentPublication, now: Timestamp) -> Action {
        let waits = matches!(row.timing, Timing::After { .. } | Timing::Awaits { .. }) && !self.timing;
        match self.due_at {
            Some(due_at) if due_at < now => ignored("it was cancelled, and its time has passed"),
            None if !waits && !self.timing => ignored("it was cancelled"),
            _ => self.update(true, false),
        }
    }

    /// Skipped: a new time in the future brings it back.
    fn of_skipped(&self, row: &CurrentPublication, now: Timestamp) -> Action {
        match self.due_at {
            Some(due_at) if self.timing && due_at >= now => self.update(true, false),
            _ if self.is_nothing() => Action::Unchanged,
            _ => ignored(&format!("it is {}: give it a new time", row.state)),
        }
    }
}

fn ignored(reason: &str) -> Action {
    Action::Ignored { reason: reason.to_owned() }
}

/// A turn of a rule that the plan says nothing about: it has passed, or lies behind the horizon. A rule that
/// changes, changes what is to come.
fn is_outside_window(plan: &Plan, row: &CurrentPublication, now: Timestamp) -> bool {
    let recurs = row.occurrence != "-" && plan.outlook.posts.contains(&row.post);
    let outside = |due: Timestamp| due < now || plan.outlook.horizon.is_some_and(|horizon| due >= horizon);
    recurs && row.due_at.is_none_or(outside)
}

/// A row whose publication is not in the plan any more. `None` when nothing is left to say about it.
fn leave(row: &CurrentPublication) -> Option<Action> {
    match row.state {
        LedgerState::Planned
        | LedgerState::AwaitingApproval
        | LedgerState::Blocked
        | LedgerState::Rejected => Some(Action::Cancel),
        LedgerState::Sending | LedgerState::Ambiguous => {
            let reason = format!("it is {} and can't be cancelled until that is settled", row.state);
            Some(Action::Refused { code: EDIT_UNSETTLED.to_owned(), reason })
        }
        LedgerState::Partial | LedgerState::Held => {
            Some(ignored(&format!("it is {}: whether it is online must be resolved first", row.state)))
        }
        LedgerState::Published => Some(ignored("it stays online; `tidings delete` removes it")),
        LedgerState::Cancelled
        | LedgerState::Skipped
        | LedgerState::Expired
        | LedgerState::Deleted
        | LedgerState::Gone => None,
    }
}

/// Times are the same when they mean the same; how the zone shows them doesn't matter.
fn same_timing(planned: &Timing, current: &Timing) -> bool {
    match (planned, current) {
        (Timing::At { due_at: one, .. }, Timing::At { due_at: other, .. }) => one == other,
        (one, other) => one == other,
    }
}

/// The instant that the plan asks for. What counts from the apply counts from the first one that said so,
/// whose instant the row remembers.
fn moved_due(planned: &Timing, row: &CurrentPublication, now: Timestamp) -> Option<Timestamp> {
    match (planned, &row.timing, row.due_at) {
        (Timing::At { due_at, .. }, ..) => Some(*due_at),
        (Timing::FromApply { wait_ms }, Timing::FromApply { wait_ms: before }, Some(due)) => {
            Some(later(earlier(due, *before), *wait_ms))
        }
        (Timing::FromApply { wait_ms }, ..) => Some(later(now, *wait_ms)),
        (Timing::After { .. } | Timing::Awaits { .. }, current, due) if same_timing(planned, current) => due,
        (Timing::After { .. } | Timing::Awaits { .. }, ..) => None,
    }
}

/// `at` plus milliseconds; the end of time where that is beyond it.
pub(crate) fn later(at: Timestamp, ms: u64) -> Timestamp {
    let wait = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

fn earlier(at: Timestamp, ms: u64) -> Timestamp {
    let wait = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    at.checked_sub(wait).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
