//! What the ledger says about the gates of one publication.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use activities_data::gates::Parent;
use activities_data::publications::{self, Reason};
use activities_data::{DbError, Publication, State, Tx, approvals, happenings, instant};
use campaigns_limits::AccountName;
use campaigns_plan::{Needs, PublicationId, Timing};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Gate, Numbers, people};

/// The reason of what was given up for the sake of the post that its time counts from.
const PARENT: &str = "gate/parent";
/// The same for a post that it needs.
const NEEDS: &str = "gate/needs";
/// It waits for another post that waits for a person.
pub(super) const STUCK: &str = "gate/stuck";
/// What it waited for from outside did not happen in time.
const NEVER: &str = "gate/never-happened";

/// A turn has passed in every zone so long after its local time is read as UTC, and any apply that would have
/// planned it had its chance.
const TURN_OVER: SignedDuration = SignedDuration::from_hours(26);

/// What the ledger says at one moment about what the gates of a campaign wait for.
pub(super) struct Facts {
    /// What says how a post stands, on one account or on all, as far as it was asked about.
    known: HashMap<(Parent, Option<AccountName>), Vec<Publication>>,
    pub(super) now: Timestamp,
    pub(super) numbers: Numbers,
    /// What conditions want to be counted first.
    pub(super) uncounted: Vec<PublicationId>,
}

/// What the publications of a post say.
enum Post {
    /// The last of them went out then.
    Online(Timestamp),
    /// One has yet to go out. With a reason where that won't happen by itself; at the instant, if there is one,
    /// it is looked at again.
    Waits { until: Option<Timestamp>, stuck: Option<Reason> },
    /// One ended without going out; a person may bring it back.
    Failed(String),
    /// One will never go out.
    Lost(String),
}

/// What the gates of a row wait for.
pub(super) fn parents(row: &Publication) -> Vec<Parent> {
    let happening = match &row.timing {
        Timing::Awaits { happening, .. } => Some(Parent { name: happening.clone(), turn: None }),
        Timing::At { .. } | Timing::FromApply { .. } | Timing::After { .. } => None,
    };
    let posts = posts(row).map(|(post, _)| meant(row, post));
    let mut all: Vec<_> = happening.into_iter().chain(posts).collect();
    all.sort();
    all.dedup();
    all
}

/// The posts that a row waits for, each on one account or on all.
fn posts(row: &Publication) -> impl Iterator<Item = (&str, Option<&AccountName>)> {
    let of_time = match &row.timing {
        Timing::After { post, account, .. } => Some((post.as_str(), account.as_ref())),
        Timing::At { .. } | Timing::FromApply { .. } | Timing::Awaits { .. } => None,
    };
    let needed = row.gates.needs.iter().flat_map(|needs| &needs.posts).map(|post| (post.as_str(), None));
    let counted = row.gates.when.iter().map(|when| (when.post.as_str(), Some(&when.account)));
    of_time.into_iter().chain(needed).chain(counted)
}

/// A post that a row waits for; of one that comes again and again, the turn that is meant.
fn meant(row: &Publication, post: &str) -> Parent {
    Parent { name: post.to_owned(), turn: row.gates.turns.get(post).cloned() }
}

/// The publications that say how a post stands that a row waits for: those of the turn that is meant, or the ends of
/// all of its turns.
pub(super) async fn standing(
    tx: &mut Tx,
    row: &Publication,
    post: &str,
    account: Option<&AccountName>,
) -> Result<Vec<Publication>, DbError> {
    let scope = (row.organization.as_str(), row.campaign.as_deref().unwrap_or_default());
    let Some(turn) = row.gates.turns.get(post) else {
        return publications::standing(tx, scope, post, account).await;
    };
    let mut rows = publications::of_turn(tx, scope, post, Some(turn)).await?;
    rows.retain(|one| account.is_none_or(|account| one.account == *account));
    Ok(rows)
}

impl Facts {
    pub(super) fn new(now: Timestamp, numbers: Numbers) -> Self {
        Self { known: HashMap::new(), now, numbers, uncounted: Vec::new() }
    }

    /// Reads the posts that a row waits for, unless they are known.
    async fn read(&mut self, tx: &mut Tx, row: &Publication) -> Result<(), DbError> {
        for (post, account) in posts(row) {
            if let Entry::Vacant(unknown) = self.known.entry((meant(row, post), account.cloned())) {
                unknown.insert(standing(tx, row, post, account).await?);
            }
        }
        Ok(())
    }

    /// What says how a post stands that `row` waits for, on one account or on all.
    pub(super) fn publications(
        &self,
        row: &Publication,
        post: &str,
        account: Option<&AccountName>,
    ) -> &[Publication] {
        self.known.get(&(meant(row, post), account.cloned())).map_or(&[], Vec::as_slice)
    }

    /// All gates of a row together, its time included.
    pub(super) async fn of(&mut self, tx: &mut Tx, row: &Publication) -> Result<Gate, DbError> {
        self.read(tx, row).await?;
        let time = self.time(tx, row).await?;
        let always = || Gate::Open(Timestamp::MIN);
        let needs = row.gates.needs.as_ref().map_or_else(always, |needs| self.needs(row, needs));
        let mut gate = out_of_quiet(row, time.and(needs));
        // Whoever has not spoken when the rest is open can't hold it up any longer than `else` says.
        let due_at = match &gate {
            Gate::Open(at) => Some(*at),
            Gate::Closed { .. } | Gate::Shut { .. } => None,
        };
        if let (Some(condition), Some(at)) = (&row.gates.when, due_at) {
            gate = gate.and(self.condition(tx, row, condition, at).await?);
        }
        if let Some(approve) = &row.gates.approve {
            let words = approvals::of(tx, &row.id, &row.content_hash).await?;
            gate = gate.and(people::judge(approve, &words, due_at, self.now));
        }
        Ok(out_of_quiet(row, gate))
    }

    async fn time(&self, tx: &mut Tx, row: &Publication) -> Result<Gate, DbError> {
        match &row.timing {
            Timing::At { due_at, .. } => Ok(Gate::Open(*due_at)),
            Timing::FromApply { wait_ms } => {
                Ok(Gate::Open(row.expected_at.unwrap_or_else(|| instant::after(row.created_at, *wait_ms))))
            }
            Timing::After { post, account, wait_ms, time } => {
                Ok(match self.parent(row, post, account.as_ref()) {
                    Post::Online(sent_at) => {
                        let earliest = instant::after(sent_at, *wait_ms);
                        Gate::Open(time.as_ref().map_or(earliest, |time| time.next(earliest)))
                    }
                    Post::Waits { until, stuck } => Gate::Closed { until, stuck },
                    Post::Failed(why) => Gate::Shut { to: State::Held, reason: Reason::new(PARENT, why) },
                    Post::Lost(why) => Gate::Shut { to: State::Skipped, reason: Reason::new(PARENT, why) },
                })
            }
            Timing::Awaits { happening, within_ms, otherwise } => {
                let campaign = row.campaign.as_deref().unwrap_or_default();
                let scope = (row.organization.as_str(), campaign);
                let deadline = instant::after(row.created_at, *within_ms);
                let happened = happenings::first_since(tx, scope, happening, row.created_at).await?;
                Ok(match happened.filter(|at| *at <= deadline) {
                    Some(at) => Gate::Open(at),
                    None if self.now < deadline => Gate::Closed { until: Some(deadline), stuck: None },
                    None => {
                        let why = format!("`{happening}` did not happen until {deadline}");
                        Gate::otherwise(*otherwise, deadline, Reason::new(NEVER, why))
                    }
                })
            }
        }
    }

    fn needs(&self, row: &Publication, needs: &Needs) -> Gate {
        let each = needs.posts.iter().map(|post| match self.parent(row, post, None) {
            Post::Online(sent_at) => Gate::Open(sent_at),
            Post::Waits { until, stuck } => Gate::Closed { until, stuck },
            Post::Failed(why) | Post::Lost(why) => {
                Gate::otherwise(needs.otherwise, Timestamp::MIN, Reason::new(NEEDS, why))
            }
        });
        each.fold(Gate::Open(Timestamp::MIN), Gate::and)
    }

    /// What a post says that `row` waits for, on one account or on all.
    fn parent(&self, row: &Publication, post: &str, account: Option<&AccountName>) -> Post {
        let meant = self.publications(row, post, account);
        match row.gates.turns.get(post) {
            Some(turn) if meant.is_empty() => self.unplanned(post, turn),
            _ => judge(meant.iter()),
        }
    }

    /// A turn that the ledger does not know lies behind the horizon, or had passed before it was planned.
    fn unplanned(&self, post: &str, turn: &str) -> Post {
        let at = turn.parse::<DateTime>().ok().and_then(|local| local.to_zoned(TimeZone::UTC).ok());
        let over = at.and_then(|at| at.timestamp().checked_add(TURN_OVER).ok());
        match over {
            Some(over) if over > self.now => Post::Waits { until: Some(over), stuck: None },
            _ => Post::Lost(format!("it waits for the turn {turn} of `{post}`, which was never planned")),
        }
    }
}

/// What opens in quiet hours opens at their end.
fn out_of_quiet(row: &Publication, gate: Gate) -> Gate {
    match (&row.gates.quiet, gate) {
        (Some(quiet), Gate::Open(at)) => Gate::Open(quiet.after(at)),
        (_, gate) => gate,
    }
}

/// A publication that was online once counts as published, whatever became of it later.
fn judge<'p>(publications: impl Iterator<Item = &'p Publication>) -> Post {
    let mut last: Option<Timestamp> = None;
    let mut waits = false;
    let mut stuck = None;
    let mut failed = None;
    let mut lost = None;
    let mut any = false;
    for row in publications {
        any = true;
        let why = || format!("it waits for `{}` on {}, which is {}", row.post, row.account, row.state);
        match (row.state, row.published_at) {
            (State::Published | State::Deleted | State::Gone, Some(sent_at)) => {
                last = last.max(Some(sent_at))
            }
            (State::Cancelled | State::Skipped | State::Expired | State::Deleted | State::Gone, _) => {
                lost.get_or_insert_with(why);
            }
            (State::Rejected, _) => {
                failed.get_or_insert_with(why);
            }
            // The rest may still go out, some of it after a person acted.
            (state, _) => {
                waits = true;
                let is_stuck = row.reason.as_ref().is_some_and(|reason| reason.code == STUCK);
                if state.needs_person() || is_stuck {
                    stuck.get_or_insert_with(|| Reason::new(STUCK, why()));
                }
            }
        }
    }
    match (lost, failed, waits, last) {
        (Some(why), ..) => Post::Lost(why),
        (None, Some(why), ..) => Post::Failed(why),
        (None, None, false, Some(sent_at)) => Post::Online(sent_at),
        (None, None, false, None) if !any => {
            Post::Lost("it waits for a post that is not in the campaign".into())
        }
        (None, None, ..) => Post::Waits { until: None, stuck },
    }
}
