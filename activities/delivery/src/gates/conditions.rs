//! Conditions: a number about another post, looked at when everything else is open, and kept. The number
//! that decided stays, so that asking again, also after an edit was taken back, decides the same.

use activities_data::decisions::{self, Decision};
use activities_data::metrics::{self, Wanted};
use activities_data::publications::{self, Reason};
use activities_data::{DbError, Publication, Tx, audit};
use campaigns_limits::Counts;
use campaigns_plan::{Bound, Condition, PublicationId, decimal};
use jiff::Timestamp;

use super::facts::{self, Facts};
use super::{Gate, Numbers};
use crate::{Delivery, DeliveryError};

/// The number was on the other side of the bound.
const CONDITION: &str = "gate/condition";
/// There was no number when it was to decide.
const UNCOUNTED: &str = "gate/uncounted";
/// Who decides where nobody else does.
const ACTOR: &str = "campaign";
/// The instant of a decision that was said before it was asked for: it holds whenever that is.
const WHENEVER: Timestamp = Timestamp::UNIX_EPOCH;

/// What was counted of a post, and when the oldest of it was.
#[derive(Default)]
struct Counted {
    millionths: Option<i64>,
    at: Option<Timestamp>,
}

impl Delivery {
    /// Has the platforms count these posts now. What can't be counted for the moment stays as it is.
    pub(super) async fn count_now(&self, ids: &[PublicationId]) -> Result<(), DeliveryError> {
        let mut plans = Vec::new();
        {
            let mut reader = self.db().reader().await?;
            for id in ids {
                plans.extend(metrics::of_publication(&mut reader, id).await?);
            }
        }
        // One request asks for many posts of an account.
        plans.sort_by(|one, other| one.account_id.cmp(&other.account_id));
        plans.dedup();
        self.collect(plans).await?;
        Ok(())
    }

    /// Says before it is asked what a publication's condition is decided by, for who tries a campaign out.
    /// Returns the condition in words; `None` where it has none, or is not in the ledger.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn foresee(
        &self,
        id: &PublicationId,
        millionths: i64,
        who: &str,
    ) -> Result<Option<String>, DeliveryError> {
        let (id, who) = (id.clone(), who.to_owned());
        self.write("foresee", move |tx| {
            Box::pin(async move {
                let Some(row) = publications::find(tx, &id).await? else { return Ok(None) };
                let Some(condition) = &row.gates.when else { return Ok(None) };
                let meant = facts::standing(tx, &row, &condition.post, Some(&condition.account)).await?;
                let decision = Decision {
                    publication: id,
                    condition: question(condition, parent(&meant)),
                    decides_at: WHENEVER,
                    holds: condition.bound.holds(millionths),
                    millionths: Some(millionths),
                    counted_at: None,
                    decided_by: who,
                    decided_at: tx.now(),
                };
                decisions::put(tx, &decision).await?;
                Ok(Some(said(condition, &decision)))
            })
        })
        .await
    }
}

impl Facts {
    /// What a condition says at `at`, when everything else is open.
    pub(super) async fn condition(
        &mut self,
        tx: &mut Tx,
        row: &Publication,
        condition: &Condition,
        at: Timestamp,
    ) -> Result<Gate, DbError> {
        let parent = parent(self.publications(row, &condition.post, Some(&condition.account)));
        let question = question(condition, parent);
        let known = decisions::of(tx, &row.id).await?;
        let is_ours = |one: &Decision| {
            one.condition == question && (one.decides_at == at || one.decides_at == WHENEVER)
        };
        if let Some(decision) = known.into_iter().rfind(is_ours) {
            return Ok(judged(condition, &decision, at));
        }
        if at > self.now {
            return Ok(Gate::Closed { until: Some(at), stuck: None });
        }
        let counted = match parent {
            Some(parent) => counted(tx, condition, parent).await?,
            None => Counted::default(),
        };
        if let Some(parent) = parent.filter(|parent| parent.published_at.is_some())
            && self.numbers == Numbers::Fresh
            && counted.at.is_none_or(|counted_at| counted_at < at)
        {
            self.uncounted.push(parent.id.clone());
            return Ok(Gate::Closed { until: Some(at), stuck: None });
        }
        let decision = Decision {
            publication: row.id.clone(),
            condition: question,
            decides_at: at,
            holds: counted.millionths.is_some_and(|millionths| condition.bound.holds(millionths)),
            millionths: counted.millionths,
            counted_at: counted.at,
            decided_by: ACTOR.to_owned(),
            decided_at: self.now,
        };
        decisions::put(tx, &decision).await?;
        let entry = audit::Entry::of(row, ACTOR, "decided").because(said(condition, &decision));
        audit::append(tx, &entry).await?;
        Ok(judged(condition, &decision, at))
    }
}

/// The publication whose numbers count, of those of the post on the account that is meant.
fn parent(meant: &[Publication]) -> Option<&Publication> {
    meant.iter().max_by(|one, other| one.occurrence.cmp(&other.occurrence))
}

/// What is asked, whatever the post is called by now.
fn question(condition: &Condition, parent: Option<&Publication>) -> String {
    let of = parent.map_or("-", |parent| parent.id.as_str());
    let (side, bound) = match condition.bound {
        Bound::Above(bound) => ("above", bound),
        Bound::Below(bound) => ("below", bound),
    };
    format!("{} of {of} {side} {bound}", condition.metric)
}

/// All parts of a thread together; a part that was never counted leaves the number open.
async fn counted(tx: &mut Tx, condition: &Condition, parent: &Publication) -> Result<Counted, DbError> {
    let wanted = Wanted { publication: Some(parent.id.clone()), ..Wanted::default() };
    let newest = metrics::latest(tx, &wanted).await?;
    let followed = metrics::of_publication(tx, &parent.id).await?;
    if followed.iter().any(|part| newest.iter().all(|one| one.segment != part.segment)) {
        return Ok(Counted::default());
    }
    let mut all = Counts::default();
    newest.iter().for_each(|one| all.add(&one.counts));
    let millionths = condition.metric.millionths(&all, parent.platform());
    Ok(Counted { millionths, at: newest.iter().map(|one| one.taken_at).min() })
}

fn judged(condition: &Condition, decision: &Decision, at: Timestamp) -> Gate {
    if decision.holds {
        // Where a person decided otherwise, it is not late for having waited for that.
        let overruled = decision.decides_at != WHENEVER && decision.decided_by != ACTOR;
        return Gate::Open(if overruled { decision.decided_at.max(at) } else { at });
    }
    let code = if decision.millionths.is_some() { CONDITION } else { UNCOUNTED };
    Gate::otherwise(condition.otherwise, at, Reason::new(code, said(condition, decision)))
}

/// `engagement_rate of launch on x/acme was 2.1 and had to be above 3`.
fn said(condition: &Condition, decision: &Decision) -> String {
    let Condition { post, account, metric, bound, otherwise: _ } = condition;
    let Some(millionths) = decision.millionths else {
        return format!("{metric} of {post} on {account} was not known, and had to be {bound}");
    };
    let and = if decision.holds { format!("which is {bound}") } else { format!("and had to be {bound}") };
    let counted = decision.counted_at.map(|at| format!(", as counted at {at}")).unwrap_or_default();
    format!("{metric} of {post} on {account} was {}{counted}, {and}", decimal(millionths))
}

/// Lets a publication go out that its condition held back, as a person wants it to. Returns whether it was
/// that which held it back.
pub(crate) async fn overrule(tx: &mut Tx, row: &Publication, who: &str) -> Result<bool, DbError> {
    let held =
        row.reason.as_ref().is_some_and(|reason| [CONDITION, UNCOUNTED].contains(&reason.code.as_str()));
    if !held {
        return Ok(false);
    }
    let Some(last) = decisions::of(tx, &row.id).await?.pop() else { return Ok(false) };
    let overruled = Decision { holds: true, decided_by: who.to_owned(), decided_at: tx.now(), ..last };
    decisions::put(tx, &overruled).await?;
    let entry = audit::Entry::of(row, who, "decided").because("it goes out whatever its condition says");
    audit::append(tx, &entry).await?;
    Ok(true)
}
