//! Gates: publications that wait for other posts of their campaign, opened from the ledger's facts.

use activities_contract::CampaignStep;
use activities_data::publications::{self, Cause, Reason};
use activities_data::{DbError, Publication, State, Tx, audit, instant};
use campaigns_plan::Timing;
use jiff::Timestamp;

use crate::settle::{settle, start};
use crate::{Delivery, DeliveryError};

/// What opens within this is started at once; the dispatcher takes the rest.
const AT_ONCE_MS: u64 = 60_000;
/// The reason of what was given up for its parent's sake; the ledger's query for gates knows it, too.
pub(crate) const PARENT: &str = "gate/parent";
/// Gates of one campaign can open each other's skipping in a chain; every round settles at least one.
const ROUNDS_MAX: usize = 10_000;

/// What the parents of a gate say.
#[derive(Debug, PartialEq, Eq)]
enum Gate {
    /// The last of them went out then.
    Open(Timestamp),
    Closed,
    /// One ended without going out; a person may bring it back.
    Failed(String),
    /// One will never go out.
    Lost(String),
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
        let (organization, campaign) = (organization.to_owned(), campaign.to_owned());
        let waiting = self
            .write::<_, DeliveryError, _>("gates", move |tx| {
                Box::pin(async move { Ok(open(tx, &organization, &campaign).await?) })
            })
            .await?;
        Ok(CampaignStep { waiting })
    }
}

/// Returns how many gates are still closed.
async fn open(tx: &mut Tx, organization: &str, campaign: &str) -> Result<u64, DbError> {
    for _ in 0..ROUNDS_MAX {
        let gated = publications::gated(tx, organization, campaign).await?;
        if gated.is_empty() {
            return Ok(0);
        }
        let all = publications::of_campaign(tx, organization, campaign).await?;
        let mut closed = 0;
        let mut changed = false;
        for mut row in gated {
            let Timing::After { post, account, wait_ms } = row.timing.clone() else { continue };
            let parents = all.iter().filter(|parent| {
                parent.post == post && account.as_ref().is_none_or(|account| parent.account == *account)
            });
            let gate = judge(parents);
            let to = match &gate {
                Gate::Open(_) | Gate::Closed => State::Planned,
                Gate::Failed(_) => State::Held,
                Gate::Lost(_) => State::Skipped,
            };
            if row.state != to {
                changed |= move_to(tx, &mut row, to, &gate).await?;
            }
            match gate {
                Gate::Open(sent_at) if row.state == State::Planned => {
                    let_through(tx, row, instant::after(sent_at, wait_ms)).await?;
                }
                _ => closed += u64::from(row.state == State::Planned),
            }
        }
        // What was given up, or came back, may be the parent of another.
        if !changed {
            return Ok(closed);
        }
    }
    Ok(0)
}

/// A parent that was online once counts as published, whatever became of it later.
fn judge<'p>(parents: impl Iterator<Item = &'p Publication>) -> Gate {
    let mut last: Option<Timestamp> = None;
    let mut waits = false;
    let mut failed = None;
    let mut lost = None;
    let mut any = false;
    for parent in parents {
        any = true;
        let why =
            || format!("it waits for `{}` on {}, which is {}", parent.post, parent.account, parent.state);
        match (parent.state, parent.published_at) {
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
            _ => waits = true,
        }
    }
    match (lost, failed, waits, last) {
        (Some(why), ..) => Gate::Lost(why),
        (None, Some(why), ..) => Gate::Failed(why),
        (None, None, false, Some(sent_at)) => Gate::Open(sent_at),
        (None, None, false, None) if !any => {
            Gate::Lost("it waits for a post that is not in the campaign".into())
        }
        (None, None, ..) => Gate::Closed,
    }
}

async fn let_through(tx: &mut Tx, mut row: Publication, due_at: Timestamp) -> Result<(), DbError> {
    row.due_at = Some(due_at);
    row.expected_at = Some(due_at);
    publications::save(tx, &mut row).await?;
    audit::append(tx, &audit::Entry::of(&row, "campaign", "opened")).await?;
    if due_at <= instant::after(tx.now(), AT_ONCE_MS) {
        start(tx, &row).await?;
    }
    Ok(())
}

/// Gives a publication up for its parent's sake, or takes it back; returns whether the state table has a way.
async fn move_to(tx: &mut Tx, row: &mut Publication, to: State, gate: &Gate) -> Result<bool, DbError> {
    if !row.state.may_become(to) {
        return Ok(false);
    }
    let reason = match gate {
        Gate::Open(_) | Gate::Closed => None,
        Gate::Failed(why) | Gate::Lost(why) => Some(Reason::new(PARENT, why)),
    };
    settle(tx, row, to, reason, &Cause::by("campaign")).await?;
    Ok(true)
}
