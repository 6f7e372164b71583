//! Approval: people agree to the content as it is, or don't.

use activities_data::approvals::{self, Approval};
use activities_data::happenings::{self, Happening};
use activities_data::outbox::{self, OutboxKind};
use activities_data::publications::{self, Reason};
use activities_data::{DbError, Publication, State, Tx, audit, campaigns};
use campaigns_plan::{Approve, Else, PublicationId};
use jiff::Timestamp;

use super::Gate;
use crate::edit::{Edited, refused};
use crate::{Delivery, DeliveryError};

/// Not enough people have agreed when it was due.
const UNAPPROVED: &str = "gate/unapproved";
/// One of them has refused it.
const DISAPPROVED: &str = "gate/disapproved";
/// Whose word a merge is: no person has this name.
const MERGE: &str = "git:merge";

/// What a person says to a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The name that the campaign asks for.
    pub person: String,
    pub approved: bool,
    pub comment: Option<String>,
    /// Who acts, where that is not the person.
    pub who: String,
}

impl Delivery {
    /// Takes a person's word on the content of a publication as it is now; the last word counts. An edit of
    /// the content voids it.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn take_verdict(&self, id: &PublicationId, verdict: Verdict) -> Result<Edited, DeliveryError> {
        let id = id.clone();
        self.write("approve", move |tx| {
            Box::pin(async move {
                let row = publications::get(tx, &id).await?;
                Ok(take_word(tx, &row, verdict).await?)
            })
        })
        .await
    }

    /// Takes a merge to the watched ref as the approval of what a campaign says now, where its workspace says
    /// `approval: merge`. A person's no counts for more. Returns for how many publications it was new.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn approve_by_merge(
        &self,
        organization: &str,
        campaign: &str,
        commit: &str,
    ) -> Result<usize, DeliveryError> {
        let (organization, campaign) = (organization.to_owned(), campaign.to_owned());
        let commit = commit.to_owned();
        self.write("merged", move |tx| {
            Box::pin(async move { Ok(take_merge(tx, (&organization, &campaign), &commit).await?) })
        })
        .await
    }

    /// Takes the news that something happened that a campaign may wait for: `signal/<name>`, `file/<path>`.
    /// Returns whether the event is new.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is no such campaign or the ledger can't be written.
    pub async fn happened(&self, event: Happening) -> Result<bool, DeliveryError> {
        self.write("happened", move |tx| Box::pin(async move { Ok(take_news(tx, &event).await?) })).await
    }
}

async fn take_word(tx: &mut Tx, row: &Publication, verdict: Verdict) -> Result<Edited, DbError> {
    let Some(approve) = &row.gates.approve else {
        return Ok(refused(row, "publication/needs-nobody", "nobody's approval is asked for"));
    };
    if !approve.by.contains(&verdict.person) {
        let why = format!("`{}` is not asked, only {}", verdict.person, approve.by.join(", "));
        return Ok(refused(row, "publication/not-asked", why));
    }
    if row.due_at.is_some() || row.state.is_settled() && !is_ours(row) {
        let why = match row.state {
            State::Planned | State::AwaitingApproval => "enough people have approved it already".to_owned(),
            state => format!("it is {state}"),
        };
        return Ok(refused(row, "publication/not-awaiting", why));
    }
    let Verdict { person, approved, comment, who } = verdict;
    let word = Approval { person, approved, comment, given_by: who, given_at: tx.now() };
    approvals::put(tx, row, &word).await?;
    let said = if approved { "approved" } else { "disapproved" };
    let why = word
        .comment
        .as_ref()
        .map_or_else(|| format!("by {}", word.person), |comment| format!("by {}: {comment}", word.person));
    let entry = audit::Entry { why: Some(why), ..audit::Entry::of(row, &word.given_by, said) };
    audit::append(tx, &entry).await?;
    outbox::put(tx, OutboxKind::CampaignSettled, &row.organization, row.campaign.as_deref(), None).await?;
    Ok(Edited::Done { state: row.state })
}

async fn take_merge(
    tx: &mut Tx,
    (organization, campaign): (&str, &str),
    commit: &str,
) -> Result<usize, DbError> {
    let mut approved = 0;
    for row in publications::gated(tx, organization, campaign).await? {
        if !row.gates.approve.as_ref().is_some_and(|approve| approve.merge) {
            continue;
        }
        let known = approvals::of(tx, &row.id, &row.content_hash).await?;
        if known.iter().any(|word| word.person == MERGE) {
            continue;
        }
        let word = Approval {
            person: MERGE.to_owned(),
            approved: true,
            comment: None,
            given_by: format!("git/{commit}"),
            given_at: tx.now(),
        };
        approvals::put(tx, &row, &word).await?;
        let entry = audit::Entry::of(&row, &word.given_by, "approved").because("by its merge");
        audit::append(tx, &entry).await?;
        approved += 1;
    }
    if approved > 0 {
        outbox::put(tx, OutboxKind::CampaignSettled, organization, Some(campaign), None).await?;
    }
    Ok(approved)
}

async fn take_news(tx: &mut Tx, event: &Happening) -> Result<bool, DbError> {
    let Happening { organization, campaign, happening, told_by, .. } = event;
    if campaigns::find(tx, organization, campaign).await?.is_none() {
        return Err(DbError::NotFound { what: "campaign", id: campaign.clone() });
    }
    if !happenings::put(tx, event).await? {
        return Ok(false);
    }
    let entry = audit::Entry {
        organization: organization.clone(),
        campaign: Some(campaign.clone()),
        actor: told_by.clone(),
        event: "happened".to_owned(),
        why: Some(happening.clone()),
        ..audit::Entry::default()
    };
    audit::append(tx, &entry).await?;
    outbox::put(tx, OutboxKind::CampaignSettled, organization, Some(campaign), None).await?;
    Ok(true)
}

/// Held or skipped for want of approval: a word can bring it back.
fn is_ours(row: &Publication) -> bool {
    row.reason.as_ref().is_some_and(|reason| [UNAPPROVED, DISAPPROVED].contains(&reason.code.as_str()))
}

/// What the words say. `due_at` is when everything else is open, if it is; those who have not spoken by then
/// are waited for no longer.
pub(super) fn judge(
    approve: &Approve,
    words: &[Approval],
    due_at: Option<Timestamp>,
    now: Timestamp,
) -> Gate {
    let of_asked = || words.iter().filter(|word| approve.by.contains(&word.person));
    if let Some(no) = of_asked().find(|word| !word.approved) {
        let comment = no.comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
        let reason = Reason::new(DISAPPROVED, format!("{} does not approve it{comment}", no.person));
        return Gate::Shut { to: State::Held, reason };
    }
    // Where it is skipped for want of approval, that is final.
    let in_time = |word: &&Approval| {
        approve.otherwise != Else::Skip || due_at.is_none_or(|due_at| word.given_at <= due_at)
    };
    if let Some(merge) = words.iter().filter(in_time).find(|word| approve.merge && word.person == MERGE) {
        return Gate::Open(merge.given_at);
    }
    let count = approve.count as usize;
    if let Some(last) = of_asked().filter(in_time).nth(count.saturating_sub(1)) {
        return Gate::Open(last.given_at);
    }
    match due_at {
        Some(due_at) if due_at <= now => {
            let given = of_asked().count();
            let why = format!("{given} of {count} had approved it when it was due");
            Gate::otherwise(approve.otherwise, due_at, Reason::new(UNAPPROVED, why))
        }
        until => Gate::Closed { until, stuck: None },
    }
}
