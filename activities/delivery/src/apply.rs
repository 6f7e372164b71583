//! Applying a plan: one transaction that writes the revision, the rows, the references to media, the audit
//! and the work for the engine. What to change is decided by `campaigns_plan::changes`.

use std::collections::HashMap;

use activities_data::campaigns::{self, Authorship, GitCommit};
use activities_data::outbox::{self, OutboxKind};
use activities_data::publications::{self, Cause, PRIORITY_DEFAULT, Reason};
use activities_data::{
    Conn, DbError, Publication, State, Tx, accounts, audit, instant, media, organizations, segments,
};
use campaigns_plan::{
    Action, Change, Changes, CurrentPublication, LedgerState, Plan, PlannedPublication, PublicationId,
    content_hash,
};
use jiff::Timestamp;

use crate::prune::LEFT_PLAN;
use crate::settle::{begun, settle, start_if_soon, wake};
use crate::{Delivery, DeliveryError};

/// Publications started through the outbox by one apply; the dispatcher takes the rest, in its batches.
const AT_ONCE_MAX: usize = 200;

/// A plan to apply.
#[derive(Clone, Debug)]
pub struct ApplyRequest {
    pub plan: Plan,
    /// The revision that the author saw (0: none yet). `None` applies to whatever is there.
    pub base_revision: Option<u64>,
    pub who: String,
    pub git_commit: Option<GitCommit>,
}

/// What applying did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision in force now.
    pub revision: u64,
    /// Whether this apply made it. Applying the same again doesn't.
    pub revised: bool,
    pub changes: Changes,
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(
        "the campaign was changed meanwhile: it is at revision {current}, and this edit is based on {base}"
    )]
    Conflict { base: u64, current: u64 },
    #[error("{} of the changes can't be made", .0.len())]
    Refused(Vec<Change>),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl From<DbError> for ApplyError {
    fn from(error: DbError) -> Self {
        Self::Delivery(error.into())
    }
}

impl ApplyError {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "apply/conflict",
            Self::Refused(_) => "apply/refused",
            Self::Delivery(error) => error.code(),
        }
    }
}

impl Delivery {
    /// What [`Delivery::apply`] would do now.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be read.
    pub async fn changes(&self, plan: &Plan) -> Result<Changes, DeliveryError> {
        let mut reader = self.db().reader().await?;
        Ok(changes(&mut reader, plan, self.now()).await?)
    }

    /// Applies a plan, whole or not at all.
    ///
    /// # Errors
    /// [`ApplyError::Conflict`] when `base_revision` is not the one in force; [`ApplyError::Refused`] when a
    /// publication refuses its change. Nothing is changed then.
    pub async fn apply(&self, request: ApplyRequest) -> Result<Applied, ApplyError> {
        self.write("apply", move |tx| Box::pin(async move { apply(tx, &request).await })).await
    }

    /// Says why the last edit of a campaign can't be applied while its last good revision runs on (`None`:
    /// it could).
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn set_stale(
        &self,
        organization: &str,
        campaign: &str,
        why: Option<String>,
    ) -> Result<(), DeliveryError> {
        let (organization, campaign) = (organization.to_owned(), campaign.to_owned());
        self.write("stale", move |tx| {
            Box::pin(
                async move { Ok(campaigns::set_stale(tx, &organization, &campaign, why.as_deref()).await?) },
            )
        })
        .await
    }
}

/// What applying `plan` at `now` would do, for a process that only reads the ledger.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn changes(conn: &mut Conn, plan: &Plan, now: Timestamp) -> Result<Changes, DbError> {
    let rows = publications::of_campaign(conn, &plan.organization, &plan.campaign).await?;
    let mut current = Vec::with_capacity(rows.len());
    for row in &rows {
        let parts = segments::of(conn, &row.id).await?;
        let begun = parts.iter().any(|part| part.platform_post_id.is_some());
        current.push(seen(row, begun));
    }
    Ok(campaigns_plan::changes(plan, &current, now))
}

async fn apply(tx: &mut Tx, request: &ApplyRequest) -> Result<Applied, ApplyError> {
    let plan = &request.plan;
    organizations::ensure(tx, &plan.organization).await?;
    let known = campaigns::find(tx, &plan.organization, &plan.campaign).await?;
    let current = known.as_ref().map_or(0, |campaign| campaign.revision);
    if let Some(base) = request.base_revision.filter(|base| *base != current) {
        return Err(ApplyError::Conflict { base, current });
    }
    let mut rows = HashMap::new();
    let mut seen_rows = Vec::new();
    for row in publications::of_campaign(tx, &plan.organization, &plan.campaign).await? {
        let begun = begun(tx, &row).await?;
        seen_rows.push(seen(&row, begun));
        rows.insert(row.id.clone(), row);
    }
    let changes = campaigns_plan::changes(plan, &seen_rows, tx.now());
    let renamed = follow_renames(plan, &seen_rows, &mut rows);
    let refused: Vec<_> = changes.refused().cloned().collect();
    if !refused.is_empty() {
        return Err(ApplyError::Refused(refused));
    }
    if changes.is_empty() && same_sources(tx, plan, current).await? {
        if known.is_some_and(|campaign| campaign.stale_reason.is_some()) {
            campaigns::set_stale(tx, &plan.organization, &plan.campaign, None).await?;
        }
        return Ok(Applied { revision: current, revised: false, changes });
    }
    let authorship = Authorship { applied_by: request.who.clone(), git_commit: request.git_commit.clone() };
    let revision = campaigns::revise(tx, plan, current, &authorship).await?;
    let revision = revision.ok_or(ApplyError::Conflict { base: current, current })?;
    let mut rows = Rows { plan, revision, who: &request.who, rows, started: 0 };
    rows.rename(tx, &renamed, &changes).await?;
    rows.write(tx, &changes).await?;
    Ok(Applied { revision, revised: true, changes })
}

/// Gives the rows the names that the plan gives them; returns those that have another one, or wait for one.
fn follow_renames(
    plan: &Plan,
    seen_rows: &[CurrentPublication],
    rows: &mut HashMap<PublicationId, Publication>,
) -> Vec<PublicationId> {
    let mut changed = Vec::new();
    for (named, seen) in campaigns_plan::renamed(plan, seen_rows).into_iter().zip(seen_rows) {
        if let Some(row) = rows.get_mut(&named.id).filter(|_| named != *seen) {
            row.post = named.post;
            row.timing = named.timing;
            row.gates = named.gates;
            changed.push(named.id);
        }
    }
    changed
}

async fn same_sources(tx: &mut Tx, plan: &Plan, revision: u64) -> Result<bool, DbError> {
    let last = campaigns::history(tx, &plan.organization, &plan.campaign).await?;
    Ok(last.first().is_some_and(|last| last.number == revision && last.digest == plan.digest))
}

/// A row as the pure decision sees it. A thread of which a part is online counts as being sent, also while
/// it waits for its next part: its content can't change any more.
fn seen(row: &Publication, begun: bool) -> CurrentPublication {
    let state = match row.state {
        State::Planned | State::Blocked if begun => LedgerState::Sending,
        State::Planned => LedgerState::Planned,
        State::AwaitingApproval => LedgerState::AwaitingApproval,
        State::Sending => LedgerState::Sending,
        State::Ambiguous => LedgerState::Ambiguous,
        State::Partial => LedgerState::Partial,
        State::Held => LedgerState::Held,
        State::Blocked => LedgerState::Blocked,
        State::Rejected => LedgerState::Rejected,
        State::Published => LedgerState::Published,
        State::Cancelled => LedgerState::Cancelled,
        State::Skipped => LedgerState::Skipped,
        State::Expired => LedgerState::Expired,
        State::Deleted => LedgerState::Deleted,
        State::Gone => LedgerState::Gone,
    };
    CurrentPublication {
        id: row.id.clone(),
        post: row.post.clone(),
        account: row.account.clone(),
        occurrence: row.occurrence.clone(),
        state,
        left_plan: row.reason.as_ref().is_some_and(|reason| reason.code == LEFT_PLAN),
        due_at: row.due_at.or(row.expected_at),
        timing: row.timing.clone(),
        gates: row.gates.clone(),
        content_hash: row.content_hash.clone(),
        policy: row.policy.clone(),
    }
}

/// The rows of a campaign while a revision is written.
struct Rows<'p> {
    plan: &'p Plan,
    revision: u64,
    who: &'p str,
    rows: HashMap<PublicationId, Publication>,
    started: usize,
}

/// What an update changes; the fields of [`Action::Update`].
struct Update {
    content: bool,
    timing: bool,
    policy: bool,
    due_at: Option<Timestamp>,
    restored: bool,
    approval_void: bool,
}

impl Rows<'_> {
    /// Nothing that is sent depends on a name, so this is no edit, whatever state a row is in.
    async fn rename(&self, tx: &mut Tx, renamed: &[PublicationId], changes: &Changes) -> Result<(), DbError> {
        for row in renamed.iter().filter_map(|id| self.rows.get(id)) {
            publications::rename(tx, row).await?;
        }
        for change in &changes.changes {
            if let (Some(from), Some(row)) = (&change.renamed_from, self.rows.get(&change.id)) {
                let entry = audit::Entry::of(row, self.who, "renamed");
                audit::append(tx, &entry.because(format!("{from} is {} now", change.post))).await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self, tx: &mut Tx, changes: &Changes) -> Result<(), DbError> {
        let plan = self.plan;
        for facts in &plan.media {
            media::put(tx, facts).await?;
        }
        let planned: HashMap<_, _> = (0_u32..)
            .zip(&plan.publications)
            .map(|(at, p)| ((&p.post, &p.account, &p.occurrence), (at, p)))
            .collect();
        for change in &changes.changes {
            let planned = planned.get(&(&change.post, &change.account, &change.occurrence)).copied();
            match (&change.action, planned) {
                (Action::Create { due_at }, Some(planned)) => self.create(tx, planned, *due_at, None).await?,
                (Action::CreateSkipped { due_at }, Some(planned)) => {
                    let why = "its time had passed beyond `catch_up` when it was first applied";
                    self.create(tx, planned, Some(*due_at), Some(Reason::new("time/past", why))).await?;
                }
                (
                    Action::Update { content, timing, policy, due_at, restored, approval_void },
                    Some(planned),
                ) => {
                    let update = Update {
                        content: *content,
                        timing: *timing,
                        policy: *policy,
                        due_at: *due_at,
                        restored: *restored,
                        approval_void: *approval_void,
                    };
                    self.update(tx, (&change.id, planned), &update).await?;
                }
                (Action::Cancel, _) => self.cancel(tx, &change.id).await?,
                (Action::Unchanged | Action::Ignored { .. }, Some((position, _))) => {
                    if let Some(row) = self.rows.get(&change.id).filter(|row| row.position != position) {
                        publications::set_position(tx, row, position).await?;
                    }
                }
                // A refusal never gets here, and what is not in the plan has nothing to be written.
                _ => {}
            }
        }
        let entry = audit::Entry {
            organization: plan.organization.clone(),
            campaign: Some(plan.campaign.clone()),
            actor: self.who.to_owned(),
            event: "applied".to_owned(),
            why: Some(format!("revision {}", self.revision)),
            ..audit::Entry::default()
        };
        audit::append(tx, &entry).await?;
        outbox::put(tx, OutboxKind::CampaignRevised, &plan.organization, Some(&plan.campaign), None).await
    }

    async fn create(
        &mut self,
        tx: &mut Tx,
        (position, planned): (u32, &PlannedPublication),
        due_at: Option<Timestamp>,
        skipped: Option<Reason>,
    ) -> Result<(), DbError> {
        let account = accounts::ensure(tx, &self.plan.organization, &planned.account).await?;
        let due_at = due_at.map(instant::whole_ms);
        let row = Publication {
            id: planned.id.clone(),
            organization: self.plan.organization.clone(),
            campaign: Some(self.plan.campaign.clone()),
            post: planned.post.clone(),
            account_id: account.id.clone(),
            account: planned.account.clone(),
            occurrence: planned.occurrence.clone(),
            position,
            state: if skipped.is_some() { State::Skipped } else { State::Planned },
            reason: skipped,
            timing: planned.timing.clone(),
            gates: planned.gates.clone(),
            policy: planned.policy.clone(),
            content_hash: content_hash(planned),
            priority: PRIORITY_DEFAULT,
            revision: self.revision,
            version: 1,
            // Gates are looked at by the campaign's workflow, which this apply wakes.
            due_at: due_at.filter(|_| planned.gates.is_none()),
            expected_at: due_at,
            next_attempt_at: None,
            dispatched_at: None,
            attempts_used: 0,
            unsent: 0,
            platform_post_id: None,
            url: None,
            published_at: None,
            created_at: tx.now(),
            updated_at: tx.now(),
        };
        publications::insert(tx, &row).await?;
        self.write_content(tx, planned, &row).await?;
        let entry = audit::Entry {
            to: Some(row.state),
            why: row.reason.as_ref().map(|reason| reason.text.clone()),
            ..audit::Entry::of(&row, self.who, "created")
        };
        audit::append(tx, &entry).await?;
        self.start_if_soon(tx, &row).await
    }

    async fn update(
        &mut self,
        tx: &mut Tx,
        (id, (position, planned)): (&PublicationId, (u32, &PlannedPublication)),
        update: &Update,
    ) -> Result<(), DbError> {
        let Some(mut row) = self.rows.remove(id) else { return Ok(()) };
        let Update { content, timing, policy, due_at, restored, approval_void } = update;
        row.position = position;
        row.revision = self.revision;
        if *policy {
            row.policy = planned.policy.clone();
        }
        if *content {
            row.content_hash = content_hash(planned);
            self.write_content(tx, planned, &row).await?;
        }
        // An edit voids what people approved, so its gates close again.
        if *timing || *restored || (*content && planned.gates.approve.is_some()) {
            row.timing = planned.timing.clone();
            row.gates = planned.gates.clone();
            row.expected_at = due_at.map(instant::whole_ms);
            row.due_at = row.expected_at.filter(|_| row.gates.is_none());
            row.next_attempt_at = None;
        }
        if *restored {
            row.dispatched_at = None;
            row.attempts_used = 0;
            row.unsent = 0;
            let cause = Cause::by(self.who).because("it is in the plan again");
            publications::transition(tx, &mut row, State::Planned, None, &cause).await?;
        } else {
            publications::save(tx, &mut row).await?;
        }
        for (done, event) in
            [(content, "replaced"), (timing, "moved"), (policy, "policy"), (approval_void, "approval-void")]
        {
            if *done {
                audit::append(tx, &audit::Entry::of(&row, self.who, event)).await?;
            }
        }
        wake(tx, &row).await?;
        self.start_if_soon(tx, &row).await
    }

    async fn cancel(&mut self, tx: &mut Tx, id: &PublicationId) -> Result<(), DbError> {
        let Some(mut row) = self.rows.remove(id) else { return Ok(()) };
        let reason = Reason::new(LEFT_PLAN, "its post or account left the campaign");
        settle(tx, &mut row, State::Cancelled, Some(reason), &Cause::by(self.who)).await?;
        wake(tx, &row).await
    }

    async fn write_content(
        &self,
        tx: &mut Tx,
        planned: &PlannedPublication,
        row: &Publication,
    ) -> Result<(), DbError> {
        segments::replace(tx, &row.id, &row.account_id, &planned.segments).await?;
        let files: Vec<_> = planned.segments.iter().flat_map(campaigns_plan::PlannedSegment::files).collect();
        media::set_uses(tx, &row.id, &files).await
    }

    async fn start_if_soon(&mut self, tx: &mut Tx, row: &Publication) -> Result<(), DbError> {
        if self.started < AT_ONCE_MAX && start_if_soon(tx, row).await? {
            self.started += 1;
        }
        Ok(())
    }
}
