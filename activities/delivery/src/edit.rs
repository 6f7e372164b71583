//! What people do to a publication. Each is one compare-and-set in the ledger, and its answer is true: what
//! it says has happened has, what it refuses has not.

use activities_data::attempts::{self, Settlement};
use activities_data::pauses::{self, Scope};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, Online, SegmentState};
use activities_data::{DbError, Publication, State, Tx, accounts, audit};
use activities_platforms::Strength;
use campaigns_plan::PublicationId;

use crate::settle::{settle, start, tell_campaign, wake};
use crate::{Delivery, DeliveryError, gates, posted};

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// It was done; the publication is in this state now.
    Done { state: State },
    /// Nothing was changed; the publication is in this state.
    Refused { state: State, code: &'static str, why: String },
}

/// What a person found out about an attempt that nobody could settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is online, at this URL.
    Posted { url: String },
    /// It is not: send it again.
    NotPosted,
    /// Find out by sending the identical post once more (LinkedIn members): its refusal tells of the first.
    Probe,
}

impl Delivery {
    /// Takes a publication back before it is sent.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn cancel(&self, id: &PublicationId, who: &str) -> Result<Edited, DeliveryError> {
        let (id, who) = (id.clone(), who.to_owned());
        self.write("cancel", move |tx| Box::pin(async move { Ok(cancel(tx, &id, &who).await?) })).await
    }

    /// Takes back every publication of a campaign that is not sent yet.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn cancel_campaign(
        &self,
        organization: &str,
        campaign: &str,
        who: &str,
    ) -> Result<Vec<(PublicationId, Edited)>, DeliveryError> {
        let (organization, campaign, who) = (organization.to_owned(), campaign.to_owned(), who.to_owned());
        self.write("cancel-campaign", move |tx| {
            Box::pin(async move {
                let mut done = Vec::new();
                for row in publications::of_campaign(tx, &organization, &campaign).await? {
                    if row.state.may_become(State::Cancelled) {
                        let edited = cancel(tx, &row.id, &who).await?;
                        done.push((row.id, edited));
                    }
                }
                Ok(done)
            })
        })
        .await
    }

    /// Sends again what failed for a reason that a person has removed. What may be online is refused:
    /// [`Delivery::resolve`] it.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn retry(&self, id: &PublicationId, who: &str) -> Result<Edited, DeliveryError> {
        let (id, who) = (id.clone(), who.to_owned());
        self.write("retry", move |tx| Box::pin(async move { Ok(retry(tx, &id, &who).await?) })).await
    }

    /// Settles what only a person can: whether a held publication's last attempt is online.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn resolve(
        &self,
        id: &PublicationId,
        resolution: Resolution,
        who: &str,
    ) -> Result<Edited, DeliveryError> {
        if resolution == Resolution::Probe
            && let Some(refused) = self.unprobeable(id).await?
        {
            return Ok(refused);
        }
        let (id, who) = (id.clone(), who.to_owned());
        self.write("resolve", move |tx| {
            Box::pin(async move {
                match resolution {
                    Resolution::Posted { url } => resolve_posted(tx, &id, &url, &who).await,
                    Resolution::NotPosted => resolve_not_posted(tx, &id, &who).await,
                    Resolution::Probe => resolve_by_probe(tx, &id, &who).await,
                }
                .map_err(DeliveryError::from)
            })
        })
        .await
    }

    /// Why a publication can't be probed, if it can't: where the platform can be asked, asking is better.
    async fn unprobeable(&self, id: &PublicationId) -> Result<Option<Edited>, DeliveryError> {
        let (row, subject) = {
            let mut reader = self.db().reader().await?;
            let row = publications::get(&mut reader, id).await?;
            let account = accounts::get(&mut reader, &row.account_id).await?;
            (row, account.subject.unwrap_or_default())
        };
        let probes = self.client(row.platform())?.strength(&subject) == Strength::Probe;
        let why = "only where a platform can't be asked is the identical post sent once more";
        Ok((!probes).then(|| refused(&row, "publication/not-probeable", why)))
    }

    /// Stops sending in a scope; returns whether it was not stopped before. What is being sent is not
    /// interrupted.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn pause(
        &self,
        scope: Scope,
        who: &str,
        reason: Option<String>,
    ) -> Result<bool, DeliveryError> {
        let who = who.to_owned();
        self.write("pause", move |tx| {
            Box::pin(async move {
                let paused = pauses::pause(tx, &scope, &who, reason.as_deref()).await?;
                audit::append(tx, &about(&scope, &who, "paused", reason)).await?;
                Ok(paused)
            })
        })
        .await
    }

    /// Goes on sending; returns whether it was stopped. Publications look for it within a minute, and
    /// spacing and `catch_up` hold for what waited.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn resume(&self, scope: Scope, who: &str) -> Result<bool, DeliveryError> {
        let who = who.to_owned();
        self.write("resume", move |tx| {
            Box::pin(async move {
                let resumed = pauses::resume(tx, &scope).await?;
                audit::append(tx, &about(&scope, &who, "resumed", None)).await?;
                Ok(resumed)
            })
        })
        .await
    }
}

fn about(scope: &Scope, who: &str, event: &str, reason: Option<String>) -> audit::Entry {
    let (organization, campaign) = match scope {
        Scope::Organization(id) => (id.clone(), None),
        Scope::Campaign { organization, campaign } => (organization.clone(), Some(campaign.clone())),
        Scope::All | Scope::Platform(_) | Scope::Account(_) => (String::new(), None),
    };
    let why = reason.map_or_else(|| scope.to_string(), |reason| format!("{scope}: {reason}"));
    audit::Entry {
        organization,
        campaign,
        actor: who.to_owned(),
        event: event.to_owned(),
        why: Some(why),
        ..audit::Entry::default()
    }
}

pub(crate) fn refused(row: &Publication, code: &'static str, why: impl Into<String>) -> Edited {
    Edited::Refused { state: row.state, code, why: why.into() }
}

pub(crate) async fn cancel(tx: &mut Tx, id: &PublicationId, who: &str) -> Result<Edited, DbError> {
    let mut row = publications::get(tx, id).await?;
    if row.state == State::Cancelled {
        return Ok(Edited::Done { state: row.state });
    }
    let parts = segments::of(tx, id).await?;
    let online = parts.iter().filter(|part| part.state == SegmentState::Published).count();
    let cause = Cause::by(who);
    if online > 0 && matches!(row.state, State::Planned | State::Partial) {
        // "Cancelled" would be a lie while a part of it is online.
        let why = format!("stopped after {online} of {} parts, which stay online", parts.len());
        settle(tx, &mut row, State::Held, Some(Reason::new("cancelled/part-online", why)), &cause).await?;
        wake(tx, &row).await?;
        return Ok(Edited::Done { state: row.state });
    }
    if !row.state.may_become(State::Cancelled) {
        return Ok(refused(&row, "publication/not-cancellable", format!("it is {} already", row.state)));
    }
    let unknown = unknown_attempt(tx, id).await?.is_some();
    let why = match (unknown, online) {
        (true, _) => "taken back by a person; its last attempt may be online".to_owned(),
        (false, 0) => "taken back by a person".to_owned(),
        (false, online) => format!("taken back by a person; {online} of its parts stay online"),
    };
    settle(tx, &mut row, State::Cancelled, Some(Reason::new("cancelled/by-person", why)), &cause).await?;
    wake(tx, &row).await?;
    Ok(Edited::Done { state: row.state })
}

async fn retry(tx: &mut Tx, id: &PublicationId, who: &str) -> Result<Edited, DbError> {
    let mut row = publications::get(tx, id).await?;
    if unknown_attempt(tx, id).await?.is_some() {
        let why = "its last attempt may be online: say with `tidings resolve` whether it is";
        return Ok(refused(&row, "publication/unresolved", why));
    }
    let to = match row.state {
        State::Held | State::Rejected | State::Cancelled => State::Planned,
        State::Partial => State::Sending,
        State::Blocked => {
            let why = format!("{} must be connected again first", row.account);
            return Ok(refused(&row, "publication/blocked", why));
        }
        _ => return Ok(refused(&row, "publication/not-retryable", format!("it is {}", row.state))),
    };
    gates::overrule(tx, &row, who).await?;
    again(tx, &mut row, to, Cause::by(who).because("a person sends it again")).await?;
    Ok(Edited::Done { state: row.state })
}

async fn resolve_posted(tx: &mut Tx, id: &PublicationId, url: &str, who: &str) -> Result<Edited, DbError> {
    let mut row = publications::get(tx, id).await?;
    if row.state != State::Held {
        return Ok(refused(&row, "publication/not-held", format!("it is {}", row.state)));
    }
    let platform_post_id = match posted::post_id(row.platform(), url) {
        Ok(id) => id,
        Err(error) => return Ok(refused(&row, "publication/not-a-post", error.to_string())),
    };
    if let Some((owner, _)) = segments::owner(tx, &row.account_id, &platform_post_id).await? {
        return Ok(refused(&row, "publication/post-taken", format!("that post is `{owner}`")));
    }
    let unknown = unknown_attempt(tx, id).await?;
    let waiting = |part: &&segments::Segment| part.state != SegmentState::Published;
    let parts = segments::of(tx, id).await?;
    let number = match &unknown {
        Some(attempt) => Some(attempt.segment),
        None => parts.iter().find(waiting).map(|part| part.number),
    };
    let Some(number) = number else {
        return Ok(refused(&row, "publication/not-held", "all of its parts are online"));
    };
    let published_at = unknown.as_ref().map_or(tx.now(), |attempt| attempt.intent_at);
    let online = Online { platform_post_id, url: url.to_owned(), published_at };
    segments::published(tx, id, number, &online).await?;
    if let Some(attempt) = unknown {
        attempts::resettle(tx, attempt.id, Settlement::Held, Settlement::Posted).await?;
    }
    if number == 0 {
        row.platform_post_id = Some(online.platform_post_id.clone());
        row.url = Some(online.url.clone());
    }
    if parts.iter().filter(waiting).any(|part| part.number != number) {
        let why = "a person found this part online; the others follow";
        again(tx, &mut row, State::Planned, Cause::by(who).because(why)).await?;
    } else {
        row.published_at = Some(published_at);
        let reason = Reason::new("resolved/posted", format!("{who} found it online"));
        settle(tx, &mut row, State::Published, Some(reason), &Cause::by(who)).await?;
    }
    Ok(Edited::Done { state: row.state })
}

async fn resolve_not_posted(tx: &mut Tx, id: &PublicationId, who: &str) -> Result<Edited, DbError> {
    let mut row = publications::get(tx, id).await?;
    if row.state != State::Held {
        return Ok(refused(&row, "publication/not-held", format!("it is {}", row.state)));
    }
    if let Some(attempt) = unknown_attempt(tx, id).await? {
        attempts::resettle(tx, attempt.id, Settlement::Held, Settlement::Absent).await?;
    }
    let why = "a person found that it is not online; it is sent again";
    again(tx, &mut row, State::Planned, Cause::by(who).because(why)).await?;
    Ok(Edited::Done { state: row.state })
}

/// The attempt stays unknown: the next one of its part is a probe for that reason.
async fn resolve_by_probe(tx: &mut Tx, id: &PublicationId, who: &str) -> Result<Edited, DbError> {
    let mut row = publications::get(tx, id).await?;
    if row.state != State::Held || unknown_attempt(tx, id).await?.is_none() {
        return Ok(refused(
            &row,
            "publication/not-held",
            format!("it is {}, and nothing about it is unknown", row.state),
        ));
    }
    let why = "the identical post is sent once more, to be told of the first";
    again(tx, &mut row, State::Planned, Cause::by(who).because(why)).await?;
    Ok(Edited::Done { state: row.state })
}

/// Plans a publication anew, from now on and with all of its attempts.
async fn again(tx: &mut Tx, row: &mut Publication, to: State, cause: Cause) -> Result<(), DbError> {
    let now = tx.now();
    row.attempts_used = 0;
    row.unsent = 0;
    row.next_attempt_at = None;
    // Behind a closed gate it waits for that; otherwise a person wants it out now, however late it is.
    row.expected_at = row.due_at.map_or(row.expected_at, |due| Some(due.max(now)));
    for part in segments::of(tx, &row.id).await? {
        if part.state == SegmentState::Failed {
            segments::set_state(tx, &row.id, part.number, SegmentState::Waiting).await?;
        }
    }
    publications::transition(tx, row, to, None, &cause).await?;
    if row.due_at.is_some() {
        start(tx, row).await?;
    }
    // Its own gate is looked at, and those of others that were told that it waits for a person.
    tell_campaign(tx, row).await
}

/// The attempt that was handed to a person, if its part is not settled otherwise since.
async fn unknown_attempt(tx: &mut Tx, id: &PublicationId) -> Result<Option<attempts::Attempt>, DbError> {
    let last = attempts::of(tx, id).await?.pop();
    Ok(last.filter(|attempt| attempt.settlement == Some(Settlement::Held)))
}
