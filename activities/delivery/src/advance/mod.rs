//! Taking one publication as far as it can go now: the state machine of the publish protocol.
//!
//! A *turn* reads the row, does one thing and writes what came of it; [`Delivery::advance`] takes turns
//! until there is something to wait for, or nothing left to do. Whatever ends a turn half-way (the process,
//! the caller, the network) leaves rows from which the next turn goes on.

mod answer;
mod intent;
mod limits;
mod options;
mod parts;
mod prepare;
mod reconcile;
mod scopes;
mod send;

use activities_contract::Step;
use activities_data::accounts::AccountStatus;
use activities_data::attempts::{self, Attempt};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, Segment, SegmentState};
use activities_data::{Publication, State, pauses};
use campaigns_plan::{Else, PublicationId};
use jiff::Timestamp;

pub(crate) use answer::unanswered;

use crate::credential::{Access, capped, in_ms};
use crate::settle::settle;
use crate::{Delivery, DeliveryError};

/// Turns in one call: far more than a thread of the longest kind needs, so that no fault makes it endless.
const TURNS_MAX: usize = 1_000;
/// How often a paused publication looks whether it may go on; resuming wakes nobody.
const PAUSED_WAIT_MS: u64 = 30_000;
/// How often a publication behind a closed gate looks; opening it starts it anyway.
const GATE_WAIT_MS: u64 = 600_000;

/// Who writes into the audit when nobody else does.
const ACTOR: &str = "delivery";

/// What one turn came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turn {
    /// Something was done: look again.
    Again,
    Wait {
        wait_ms: u64,
        why: &'static str,
    },
    Settled(State),
}

/// A publication with its parts and attempts, as one turn sees it.
#[derive(Clone, Debug)]
struct View {
    row: Publication,
    parts: Vec<Segment>,
    attempts: Vec<Attempt>,
}

impl View {
    /// The first part that is to be sent.
    fn next_part(&self) -> Option<&Segment> {
        self.parts.iter().find(|part| part.state == SegmentState::Waiting)
    }

    fn unsettled(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.settled_at.is_none())
    }

    /// Whether a part is online.
    fn begun(&self) -> bool {
        self.parts.iter().any(|part| part.state == SegmentState::Published)
    }

    fn attempts_of(&self, part: u32) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.segment == part)
    }
}

impl Delivery {
    /// Takes a publication as far as it can go now. Calling it twice at once, or again after the process
    /// died in it, never sends anything twice.
    ///
    /// # Errors
    /// [`DeliveryError`] when ledger or vault fail, or there is no such publication: worth calling again.
    /// What platforms say is no error, but an outcome in the ledger.
    pub async fn advance(&self, id: &PublicationId) -> Result<Step, DeliveryError> {
        for _ in 0..TURNS_MAX {
            match self.turn(id).await? {
                Turn::Again => {}
                Turn::Wait { wait_ms, why } => {
                    return Ok(Step::Wait { wait_ms: capped(wait_ms), why: why.to_owned() });
                }
                Turn::Settled(state) => return Ok(Step::Settled { state: state.as_str().to_owned() }),
            }
        }
        tracing::error!(publication = %id, turns = TURNS_MAX, "a publication does not come to rest");
        Ok(Step::Wait { wait_ms: capped(GATE_WAIT_MS), why: "restless".to_owned() })
    }

    async fn turn(&self, id: &PublicationId) -> Result<Turn, DeliveryError> {
        let row = self.row(id).await?;
        match row.state {
            State::Planned => self.turn_planned(row).await,
            State::Sending => self.turn_sending(self.view(row).await?).await,
            State::Ambiguous => self.turn_ambiguous(self.view(row).await?).await,
            State::Partial => self.turn_partial(self.view(row).await?).await,
            State::AwaitingApproval => Ok(Turn::Wait { wait_ms: GATE_WAIT_MS, why: "approval" }),
            State::Held
            | State::Blocked
            | State::Rejected
            | State::Published
            | State::Cancelled
            | State::Skipped
            | State::Expired
            | State::Deleted
            | State::Gone => Ok(Turn::Settled(row.state)),
        }
    }

    async fn row(&self, id: &PublicationId) -> Result<Publication, DeliveryError> {
        Ok(publications::get(&mut *self.db().reader().await?, id).await?)
    }

    /// Only for what goes on: most looks are before it is due, or after all is done.
    async fn view(&self, row: Publication) -> Result<View, DeliveryError> {
        let mut reader = self.db().reader().await?;
        let parts = segments::of(&mut reader, &row.id).await?;
        let attempts = attempts::of(&mut reader, &row.id).await?;
        Ok(View { row, parts, attempts })
    }

    async fn turn_planned(&self, row: Publication) -> Result<Turn, DeliveryError> {
        let Some(ready_at) = row.ready_at() else {
            return Ok(Turn::Wait { wait_ms: GATE_WAIT_MS, why: "gate" });
        };
        let now = self.now();
        if now < ready_at {
            let why = if row.next_attempt_at.is_some() { "retry" } else { "due" };
            return Ok(Turn::Wait { wait_ms: self.ms_until(ready_at), why });
        }
        if self.is_paused(&row).await? {
            return Ok(Turn::Wait { wait_ms: PAUSED_WAIT_MS, why: "paused" });
        }
        let view = self.view(row).await?;
        if let Some(late_ms) = lateness(&view.row, now) {
            return self.catch_up(view, late_ms).await;
        }
        self.send_on(view).await
    }

    /// Sending without an attempt under way is a thread that goes on; with one, its holder is at work or
    /// dead.
    async fn turn_sending(&self, view: View) -> Result<Turn, DeliveryError> {
        match view.unsettled().cloned() {
            None => self.send_on(view).await,
            Some(attempt) => self.take_over(attempt).await,
        }
    }

    async fn is_paused(&self, row: &Publication) -> Result<bool, DeliveryError> {
        let mut reader = self.db().reader().await?;
        Ok(pauses::stopping(&mut reader, row).await?.is_some())
    }

    /// Decides about a publication that is later than its `catch_up` allows.
    async fn catch_up(&self, view: View, late_ms: u64) -> Result<Turn, DeliveryError> {
        let id = view.row.id.clone();
        let begun = view.begun();
        self.write::<_, DeliveryError, _>("catch-up", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if row.state != State::Planned || lateness(&row, tx.now()).is_none() {
                    return Ok(());
                }
                let why = format!("it was {} s late, more than its `catch_up` allows", late_ms / 1_000);
                let reason = Some(Reason::new("time/late", why));
                let cause = Cause::by(ACTOR);
                match row.policy.catch_up.otherwise {
                    Else::Post => {
                        row.expected_at = Some(tx.now());
                        publications::save(tx, &mut row).await?;
                    }
                    Else::Skip if !begun => settle(tx, &mut row, State::Skipped, reason, &cause).await?,
                    Else::Skip | Else::Hold => settle(tx, &mut row, State::Held, reason, &cause).await?,
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }

    /// Has the account's access looked after; `None` when it is good.
    async fn access(&self, view: &View) -> Result<Option<Turn>, DeliveryError> {
        let account = &view.row.account_id;
        let access = match answer::refused_tokens(&view.attempts) {
            None => self.keep_access(account).await?,
            Some(refused) => self.replace_refused(account, refused).await?,
        };
        match access {
            Access::Good => Ok(None),
            Access::Wait { wait_ms } => self.postpone(view, wait_ms, "refresh").await.map(Some),
            Access::Gone(gone) => {
                self.end_access(account, AccountStatus::NeedsReconnect, &gone.why, ACTOR).await?;
                Ok(Some(Turn::Again))
            }
        }
    }

    /// Waits without having tried: the wait is ours, so it doesn't make the publication late.
    async fn postpone(&self, view: &View, wait_ms: u64, why: &'static str) -> Result<Turn, DeliveryError> {
        let until = in_ms(self, wait_ms);
        let (id, version) = (view.row.id.clone(), view.row.version);
        self.write::<_, DeliveryError, _>("postpone", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if row.version == version && row.state == State::Planned {
                    row.next_attempt_at = Some(until);
                    row.expected_at = row.expected_at.max(Some(until));
                    publications::save(tx, &mut row).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Wait { wait_ms, why })
    }
}

/// How late a publication is, if that is more than its `catch_up` allows.
fn lateness(row: &Publication, now: Timestamp) -> Option<u64> {
    let expected = row.expected_at.or(row.due_at)?;
    let late_ms = activities_data::instant::ms_between(expected, now);
    (late_ms > row.policy.catch_up.within_ms).then_some(late_ms)
}
