//! Gates: publications that wait for other posts, people, signals and files, opened from the ledger's facts.
//!
//! A gate's facts have instants, and so has its opening: asking late, after an outage, decides the same as
//! asking at once, and how late it is then is for `catch_up`.

mod conditions;
mod facts;
mod people;

use activities_contract::CampaignStep;
use activities_data::gates::{self, Outlook};
use activities_data::publications::{self, Cause, Reason};
use activities_data::{DbError, Publication, State, Tx, audit, instant};
use campaigns_plan::{Else, PublicationId};
use jiff::Timestamp;

pub(crate) use conditions::overrule;
pub use people::Verdict;

use crate::settle::{AT_ONCE_MS, settle, start};
use crate::{Delivery, DeliveryError};
use facts::Facts;

/// Gates of one campaign can open each other's skipping in a chain; every round settles at least one.
const ROUNDS_MAX: usize = 10_000;

/// What a gate's facts say.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Gate {
    /// Since then.
    Open(Timestamp),
    /// Facts are missing. At `until`, if there is one, it decides without them. `stuck` says for whom it
    /// waits when they won't come by themselves.
    Closed { until: Option<Timestamp>, stuck: Option<Reason> },
    /// It is given up, unless its facts change.
    Shut { to: State, reason: Reason },
}

impl Gate {
    /// What `else` says about a gate that could not open: the state it gives up to, or open since `at`.
    fn otherwise(otherwise: Else, at: Timestamp, reason: Reason) -> Self {
        match otherwise {
            Else::Post => Self::Open(at),
            Else::Hold => Self::Shut { to: State::Held, reason },
            Else::Skip => Self::Shut { to: State::Skipped, reason },
        }
    }

    /// Both must be open; one that is shut decides, the first of two.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open(one), Self::Open(other)) => Self::Open(one.max(other)),
            (shut @ Self::Shut { .. }, _) | (_, shut @ Self::Shut { .. }) => shut,
            (Self::Closed { until: one, stuck }, Self::Closed { until: other, stuck: too }) => {
                Self::Closed { until: earliest(one, other), stuck: stuck.or(too) }
            }
            (closed, Self::Open(_)) | (Self::Open(_), closed) => closed,
        }
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// What is left after a look at the gates of a campaign.
#[derive(Clone, Debug, Default)]
struct Left {
    closed: u64,
    /// When the first of them decides without its facts.
    until: Option<Timestamp>,
    /// Posts whose newest numbers a condition wants before it decides.
    uncounted: Vec<PublicationId>,
}

impl Delivery {
    /// Opens every gate of a campaign that the ledger's facts open, and settles those that can't open any
    /// more. Asking again without new facts changes nothing.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn campaign_advance(
        &self,
        organization: &str,
        campaign: &str,
    ) -> Result<CampaignStep, DeliveryError> {
        let mut left = self.look_at_gates(organization, campaign, Numbers::Fresh).await?;
        if !left.uncounted.is_empty() {
            self.count_now(&left.uncounted).await?;
            left = self.look_at_gates(organization, campaign, Numbers::Known).await?;
        }
        Ok(CampaignStep { waiting: left.closed, next_ms: left.until.map(|until| self.ms_until(until)) })
    }

    async fn look_at_gates(
        &self,
        organization: &str,
        campaign: &str,
        numbers: Numbers,
    ) -> Result<Left, DeliveryError> {
        let (organization, campaign) = (organization.to_owned(), campaign.to_owned());
        self.write::<_, DeliveryError, _>("gates", move |tx| {
            Box::pin(async move { Ok(open(tx, &organization, &campaign, numbers).await?) })
        })
        .await
    }
}

/// Which numbers a condition decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// Those counted since it was to decide; without them the platform is asked first.
    Fresh,
    /// The newest there are.
    Known,
}

async fn open(tx: &mut Tx, organization: &str, campaign: &str, numbers: Numbers) -> Result<Left, DbError> {
    let mut uncounted = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let due = gates::due(tx, organization, campaign).await?;
        let mut facts = Facts::new(tx.now(), numbers);
        let mut turned = false;
        for row in due {
            let gate = facts.of(tx, &row).await?;
            turned |= settle_gate(tx, row, gate).await?;
        }
        uncounted = facts.uncounted;
        // What was given up, came back or got stuck may be the parent of another.
        if !turned {
            break;
        }
    }
    let Outlook { closed, until } = gates::outlook(tx, organization, campaign).await?;
    Ok(Left { closed, until, uncounted })
}

/// Brings a row to what its gates say; returns whether others that wait for it may see something else now.
async fn settle_gate(tx: &mut Tx, mut row: Publication, gate: Gate) -> Result<bool, DbError> {
    let cause = Cause::by("campaign");
    let was_given_up = matches!(row.state, State::Held | State::Skipped);
    let parents = facts::parents(&row);
    match gate {
        Gate::Open(at) => {
            if row.state != State::Planned {
                let cause = cause.because("what it waited for came");
                publications::transition(tx, &mut row, State::Planned, None, &cause).await?;
            }
            let was_stuck = is_stuck(&row);
            let_through(tx, &mut row, at).await?;
            tell(tx, &row, was_stuck).await?;
            Ok(was_given_up || was_stuck)
        }
        Gate::Closed { until, stuck } => {
            let asks = row.gates.approve.is_some();
            if was_given_up || (row.state == State::AwaitingApproval && !asks) {
                let cause = cause.clone().because("what it waits for may come after all");
                publications::transition(tx, &mut row, State::Planned, None, &cause).await?;
            }
            if asks && row.state == State::Planned {
                let cause = cause.because("people are asked for their word");
                publications::transition(tx, &mut row, State::AwaitingApproval, None, &cause).await?;
            }
            let told = stuck != row.reason && (is_stuck(&row) || stuck.is_some());
            if told {
                row.reason = stuck;
                publications::save(tx, &mut row).await?;
            }
            gates::looked_at(tx, &row, &parents, until).await?;
            tell(tx, &row, told).await?;
            Ok(was_given_up || told)
        }
        Gate::Shut { to, reason } => {
            let turns = row.state != to && row.state.may_become(to);
            if turns {
                settle(tx, &mut row, to, Some(reason), &cause).await?;
            }
            gates::looked_at(tx, &row, &parents, None).await?;
            Ok(turns)
        }
    }
}

/// Whether it waits for another post that waits for a person.
fn is_stuck(row: &Publication) -> bool {
    row.reason.as_ref().is_some_and(|reason| reason.code == facts::STUCK)
}

/// Has those that wait for a row looked at, if it says something else now than its state does.
async fn tell(tx: &mut Tx, row: &Publication, says: bool) -> Result<(), DbError> {
    if says { gates::changed(tx, row).await } else { Ok(()) }
}

async fn let_through(tx: &mut Tx, row: &mut Publication, due_at: Timestamp) -> Result<(), DbError> {
    row.reason = None;
    row.due_at = Some(due_at);
    row.expected_at = Some(due_at);
    publications::save(tx, row).await?;
    gates::forget(tx, &row.id).await?;
    audit::append(tx, &audit::Entry::of(row, "campaign", "opened")).await?;
    if due_at <= instant::after(tx.now(), AT_ONCE_MS) {
        start(tx, row).await?;
    }
    Ok(())
}
