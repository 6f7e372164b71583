//! What the ledger says about the gates of one publication.

use activities_data::publications::Reason;
use activities_data::{DbError, Publication, State, Tx, approvals, happenings, instant};
use campaigns_plan::{Needs, Timing};
use jiff::Timestamp;

use super::{Gate, people};

/// The reason of what was given up for the sake of the post that its time counts from.
const PARENT: &str = "gate/parent";
/// The same for a post that it needs.
const NEEDS: &str = "gate/needs";
/// It waits for another post that waits for a person.
pub(super) const STUCK: &str = "gate/stuck";
/// What it waited for from outside did not happen in time.
const NEVER: &str = "gate/never-happened";

/// The publications of a campaign at one moment.
pub(super) struct Facts {
    pub(super) all: Vec<Publication>,
    pub(super) now: Timestamp,
}

/// What the publications of a post say.
enum Post {
    /// The last of them went out then.
    Online(Timestamp),
    /// One has yet to go out. With a reason where that won't happen by itself.
    Waits(Option<Reason>),
    /// One ended without going out; a person may bring it back.
    Failed(String),
    /// One will never go out.
    Lost(String),
}

impl Facts {
    /// All gates of a row together, its time included.
    pub(super) async fn of(&self, tx: &mut Tx, row: &Publication) -> Result<Gate, DbError> {
        let time = self.time(tx, row).await?;
        let needs = row.gates.needs.as_ref().map_or(Gate::Open(Timestamp::MIN), |needs| self.needs(needs));
        let gate = time.clone().and(needs);
        let Some(approve) = &row.gates.approve else { return Ok(gate) };
        let words = approvals::of(tx, &row.id, &row.content_hash).await?;
        // Whoever has not spoken when the rest is open can't hold it up any longer than `else` says.
        let due_at = match &gate {
            Gate::Open(at) => Some(*at),
            Gate::Closed { .. } | Gate::Shut { .. } => None,
        };
        Ok(gate.and(people::judge(approve, &words, due_at, self.now)))
    }

    async fn time(&self, tx: &mut Tx, row: &Publication) -> Result<Gate, DbError> {
        match &row.timing {
            Timing::At { due_at, .. } => Ok(Gate::Open(*due_at)),
            Timing::FromApply { wait_ms } => {
                Ok(Gate::Open(row.expected_at.unwrap_or_else(|| instant::after(row.created_at, *wait_ms))))
            }
            Timing::After { post, account, wait_ms, time } => {
                let of = |parent: &&Publication| {
                    parent.post == *post && account.as_ref().is_none_or(|account| parent.account == *account)
                };
                Ok(match judge(self.all.iter().filter(of)) {
                    Post::Online(sent_at) => {
                        let earliest = instant::after(sent_at, *wait_ms);
                        Gate::Open(time.as_ref().map_or(earliest, |time| time.next(earliest)))
                    }
                    Post::Waits(stuck) => Gate::Closed { until: None, stuck },
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

    fn needs(&self, needs: &Needs) -> Gate {
        let each = needs.posts.iter().map(|post| {
            match judge(self.all.iter().filter(|parent| parent.post == *post)) {
                Post::Online(sent_at) => Gate::Open(sent_at),
                Post::Waits(stuck) => Gate::Closed { until: None, stuck },
                Post::Failed(why) | Post::Lost(why) => {
                    Gate::otherwise(needs.otherwise, Timestamp::MIN, Reason::new(NEEDS, why))
                }
            }
        });
        each.fold(Gate::Open(Timestamp::MIN), Gate::and)
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
        (None, None, ..) => Post::Waits(stuck),
    }
}
