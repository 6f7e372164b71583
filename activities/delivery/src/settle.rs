//! What follows from a change of state: the campaign hears of it, siblings may be held.

use activities_data::outbox::{self, OutboxKind};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::SegmentState;
use activities_data::{DbError, Publication, State, Tx, gates, instant, segments};
use campaigns_plan::OnSiblingFailure;

/// What is due within this goes straight through the outbox; the dispatcher takes the rest.
pub(crate) const AT_ONCE_MS: u64 = 60_000;

/// Takes a publication to `to` and does what follows from it.
pub(crate) async fn settle(
    tx: &mut Tx,
    publication: &mut Publication,
    to: State,
    reason: Option<Reason>,
    cause: &Cause,
) -> Result<(), DbError> {
    publications::transition(tx, publication, to, reason, cause).await?;
    if to.is_settled() {
        tell_campaign(tx, publication).await?;
    }
    if matches!(to, State::Rejected | State::Held | State::Partial) {
        hold_siblings(tx, publication).await?;
    }
    Ok(())
}

/// Has the campaign's workflow look at what became of a publication, if something there waits at a gate.
pub(crate) async fn tell_campaign(tx: &mut Tx, publication: &Publication) -> Result<(), DbError> {
    let Some(campaign) = &publication.campaign else { return Ok(()) };
    if !gates::any_due(tx, &publication.organization, campaign).await? {
        return Ok(());
    }
    outbox::put(tx, OutboxKind::CampaignSettled, &publication.organization, Some(campaign), None).await
}

/// Asks for the publication's workflow, or wakes it where it runs.
pub(crate) async fn start(tx: &mut Tx, publication: &Publication) -> Result<(), DbError> {
    publications::mark_dispatched(tx, &publication.id).await?;
    outbox::put(
        tx,
        OutboxKind::PublicationStart,
        &publication.organization,
        publication.campaign.as_deref(),
        Some(&publication.id),
    )
    .await
}

/// Asks for the workflow of a planned publication that is due at once and has none; returns whether it did.
pub(crate) async fn start_if_soon(tx: &mut Tx, publication: &Publication) -> Result<bool, DbError> {
    let waits = publication.state == State::Planned && publication.dispatched_at.is_none();
    let starts = waits && publication.due_at.is_some_and(|due| due <= instant::after(tx.now(), AT_ONCE_MS));
    if starts {
        start(tx, publication).await?;
    }
    Ok(starts)
}

/// Wakes the publication's workflow, if it has one.
pub(crate) async fn wake(tx: &mut Tx, publication: &Publication) -> Result<(), DbError> {
    if publication.dispatched_at.is_none() {
        return Ok(());
    }
    outbox::put(
        tx,
        OutboxKind::PublicationChanged,
        &publication.organization,
        publication.campaign.as_deref(),
        Some(&publication.id),
    )
    .await
}

/// `on_sibling_failure: hold`: the same post on other accounts waits for a person, where it has not begun.
async fn hold_siblings(tx: &mut Tx, failed: &Publication) -> Result<(), DbError> {
    let Some(campaign) = &failed.campaign else { return Ok(()) };
    let scope = (failed.organization.as_str(), campaign.as_str());
    for mut sibling in publications::of_turn(tx, scope, &failed.post, Some(&failed.occurrence)).await? {
        let waits = sibling.state == State::Planned;
        let holds = sibling.policy.on_sibling_failure == OnSiblingFailure::Hold;
        if sibling.id == failed.id || !waits || !holds || begun(tx, &sibling).await? {
            continue;
        }
        let why = format!("the same post on {} is {}", failed.account, failed.state);
        let reason = Reason::new("sibling/failed", why);
        publications::transition(tx, &mut sibling, State::Held, Some(reason), &Cause::by("delivery")).await?;
        wake(tx, &sibling).await?;
    }
    Ok(())
}

/// Whether a part of it is online already.
pub(crate) async fn begun(tx: &mut Tx, publication: &Publication) -> Result<bool, DbError> {
    let parts = segments::of(tx, &publication.id).await?;
    Ok(parts.iter().any(|part| part.state == SegmentState::Published))
}
