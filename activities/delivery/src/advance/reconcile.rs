//! Finding out what became of an ambiguous attempt, with the strength that the platform offers (rule 4).

use activities_data::attempts::{self, Attempt, AttemptOutcome, Settlement};
use activities_data::publications::{self, Reason};
use activities_data::segments::{Online, Segment};
use activities_data::{DbError, State, Tx, accounts, audit, instant};
use activities_platforms::{Access, Failure, Found, Referent, Sought, Strength};
use campaigns_plan::{OnAmbiguous, PlannedOptions};
use jiff::{SignedDuration, Timestamp};

use super::answer::{self, Recorded, cause, hold, may_have_arrived, save, walk};
use super::{ACTOR, Turn, View};
use crate::credential::Access as Kept;
use crate::settle::settle;
use crate::{Delivery, DeliveryError, backoff};

/// Complete reads that must not have seen it, over at least [`ABSENCE_SPAN`], before it counts as absent.
const READS_MIN: u32 = 3;
const ABSENCE_SPAN: SignedDuration = SignedDuration::from_secs(60);
/// Between complete reads: the third comes a little after the span.
const READ_EVERY_MS: u64 = 31_000;
/// Between reads that failed; they prove nothing.
const READ_AGAIN_MS: u64 = 30_000;
/// An attempt that could not be looked for in so long goes to a person: its account waits for it.
const UNREADABLE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A read that ends later is made again.
const READ_GUARD: std::time::Duration = std::time::Duration::from_secs(60);
/// Before the identical post is sent again to be told of the first (LinkedIn's index lags by this).
const PROBE_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// After a deletion LinkedIn names posts that are not there for so long (ghost URNs).
const GHOSTS_FOR: SignedDuration = SignedDuration::from_hours(48);

/// What to do about an ambiguous attempt.
enum Plan {
    Hold(Reason),
    Read {
        reads_min: u32,
    },
    Probe,
    /// The platform named the post that exists.
    Adopt {
        platform_post_id: String,
    },
}

/// Whether the next attempt after this one is a probe.
pub(super) fn asks_for_probe(last: &Attempt) -> bool {
    last.settlement == Some(Settlement::Held)
}

impl Delivery {
    pub(super) async fn turn_ambiguous(&self, view: View) -> Result<Turn, DeliveryError> {
        let Some(attempt) = view.unsettled().cloned() else { return self.nothing_to_find(view).await };
        let Some(part) = view.parts.iter().find(|part| part.number == attempt.segment).cloned() else {
            return self.held(attempt.id, Reason::new("attempt/unknown-part", "its part is gone")).await;
        };
        match self.plan(&view, &attempt, &part).await? {
            Plan::Hold(reason) => self.held(attempt.id, reason).await,
            Plan::Adopt { platform_post_id } => self.adopt(&view, attempt.id, platform_post_id).await,
            Plan::Probe => self.probe(attempt).await,
            Plan::Read { reads_min } => self.read(&view, attempt, &part, reads_min).await,
        }
    }

    async fn plan(&self, view: &View, attempt: &Attempt, part: &Segment) -> Result<Plan, DeliveryError> {
        let unknown = |why: &str| Plan::Hold(Reason::new("attempt/unknown", why));
        if attempt.outcome == Some(AttemptOutcome::Duplicate)
            && let Some(id) = &attempt.platform_post_id
        {
            if self.ghosts_walk(&view.row.account_id).await? {
                let why = format!(
                    "the platform says that it is `{id}`, but after a deletion it names posts that are not there"
                );
                return Ok(Plan::Hold(Reason::new("attempt/ghost", why)));
            }
            return Ok(Plan::Adopt { platform_post_id: id.clone() });
        }
        let policy = view.row.policy.on_ambiguous;
        if policy == OnAmbiguous::Hold {
            return Ok(unknown("nobody knows whether it went out, and `on_ambiguous` is `hold`"));
        }
        let subject = {
            let mut reader = self.db().reader().await?;
            accounts::get(&mut reader, &view.row.account_id).await?.subject
        };
        let strength = self.client(view.row.platform())?.strength(&subject.unwrap_or_default());
        Ok(match strength {
            Strength::Exact => Plan::Read { reads_min: 1 },
            Strength::Heuristic if part.text.trim().is_empty() && attempt.frozen.referent.is_none() => {
                unknown("nobody knows whether it went out, and without a text it can't be looked for")
            }
            Strength::Heuristic => Plan::Read { reads_min: READS_MIN },
            Strength::Probe if policy == OnAmbiguous::Probe && !attempt.frozen.probe => Plan::Probe,
            Strength::Probe => unknown("nobody knows whether it went out, and the platform can't be asked"),
        })
    }

    /// Whether the account deleted a post lately.
    async fn ghosts_walk(&self, account_id: &str) -> Result<bool, DeliveryError> {
        let since = self.now().saturating_sub(GHOSTS_FOR).unwrap_or(Timestamp::MIN);
        let mut reader = self.db().reader().await?;
        Ok(audit::deleted_since(&mut reader, account_id, since).await?)
    }

    /// Looks once, if it is time to.
    async fn read(
        &self,
        view: &View,
        attempt: Attempt,
        part: &Segment,
        reads_min: u32,
    ) -> Result<Turn, DeliveryError> {
        let now = self.now();
        if let Some(at) = attempt.next_read_at.filter(|at| *at > now) {
            return Ok(Turn::Wait { wait_ms: self.ms_until(at), why: "reconcile" });
        }
        if let Kept::Gone(gone) = self.keep_access(&view.row.account_id).await? {
            let why = format!("nobody knows whether it went out, and it can't be looked for: {}", gone.why);
            return self.held(attempt.id, Reason::new("attempt/unknown", why)).await;
        }
        let sought = sought(view, &attempt, part);
        let found = self.find(view, sought).await?;
        tracing::debug!(publication = %view.row.id, attempt = attempt.number, found = ?found, "looked for an ambiguous attempt");
        match found {
            Ok(found) => self.looked(attempt.id, found, reads_min).await,
            Err(failure) => self.unreadable(view, attempt, failure).await,
        }
    }

    async fn find(&self, view: &View, sought: Sought) -> Result<Result<Found, Failure>, DeliveryError> {
        let client = self.client(view.row.platform())?;
        self.boundary("find").await?;
        let read = self.vault().with_token(&view.row.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            tokio::time::timeout(READ_GUARD, client.find(access, &sought))
                .await
                .unwrap_or_else(|_| Err(Failure::Transient("no answer came within the deadline".to_owned())))
        });
        let found = match read.await {
            Ok(found) => found,
            Err(error) => Err(Failure::Transient(error.to_string())),
        };
        self.boundary("find").await?;
        Ok(found)
    }

    async fn looked(&self, id: i64, found: Found, reads_min: u32) -> Result<Turn, DeliveryError> {
        self.write::<_, DeliveryError, _>("looked", move |tx| {
            Box::pin(async move { Ok(looked(tx, id, found, reads_min).await?) })
        })
        .await?;
        Ok(Turn::Again)
    }

    /// A read that failed proves nothing: look again later, but not for ever.
    async fn unreadable(
        &self,
        view: &View,
        attempt: Attempt,
        failure: Failure,
    ) -> Result<Turn, DeliveryError> {
        let id = attempt.id;
        let lost = |why: String| {
            Reason::new(
                "attempt/unknown",
                format!("nobody knows whether it went out, and it can't be looked for: {why}"),
            )
        };
        let until = match failure {
            Failure::Permanent { message, .. } => return self.held(id, lost(message)).await,
            Failure::SignIn(message) => {
                let version =
                    self.credential(&view.row.account_id).await?.map_or(0, |found| found.token_version);
                let first = attempt.token_version.min(version);
                let refused = crate::credential::RefusedTokens { first, last: version };
                match self.replace_refused(&view.row.account_id, refused).await? {
                    Kept::Gone(_) => return self.held(id, lost(message)).await,
                    Kept::Good | Kept::Wait { .. } => instant::after(self.now(), READ_AGAIN_MS),
                }
            }
            Failure::Throttled { until: Some(until), .. } => until.max(instant::after(self.now(), 1_000)),
            Failure::Throttled { until: None, .. } | Failure::Transient(_) => {
                instant::after(self.now(), READ_AGAIN_MS)
            }
        };
        if self.now().duration_since(attempt.intent_at) > UNREADABLE_FOR {
            return self.held(id, lost("every look for a day failed".to_owned())).await;
        }
        self.write::<_, DeliveryError, _>("unreadable", move |tx| {
            Box::pin(async move { Ok(look_again(tx, id, until).await?) })
        })
        .await?;
        Ok(Turn::Again)
    }

    async fn held(&self, id: i64, reason: Reason) -> Result<Turn, DeliveryError> {
        self.write::<_, DeliveryError, _>("held", move |tx| {
            Box::pin(async move {
                let attempt = attempts::get(tx, id).await?;
                let mut row = publications::get(tx, &attempt.publication_id).await?;
                if attempt.settled_at.is_none() && row.state == State::Ambiguous {
                    hold(tx, &mut row, attempt, reason).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }

    async fn adopt(&self, view: &View, id: i64, platform_post_id: String) -> Result<Turn, DeliveryError> {
        let url = self.client(view.row.platform())?.post_url(view.row.account.handle(), &platform_post_id);
        self.looked(id, Found::Posted { platform_post_id, url }, 1).await
    }

    /// Hands the part to one deliberate second sending, whose answer tells of the first.
    async fn probe(&self, attempt: Attempt) -> Result<Turn, DeliveryError> {
        let since = attempt.answered_at.unwrap_or(attempt.intent_at);
        let at = since.saturating_add(PROBE_AFTER).unwrap_or(since);
        if at > self.now() {
            return Ok(Turn::Wait { wait_ms: self.ms_until(at), why: "probe" });
        }
        let id = attempt.id;
        self.write::<_, DeliveryError, _>("probe", move |tx| {
            Box::pin(async move {
                let mut attempt = attempts::get(tx, id).await?;
                let mut row = publications::get(tx, &attempt.publication_id).await?;
                if attempt.settled_at.is_some() || row.state != State::Ambiguous {
                    return Ok(());
                }
                attempt.settlement = Some(Settlement::Held);
                save(tx, &mut attempt).await?;
                let reason = Reason::new(
                    "attempt/probe",
                    "the identical post is sent once more, to be told of the first",
                );
                row.next_attempt_at = None;
                row.expected_at = Some(tx.now());
                publications::transition(tx, &mut row, State::Planned, Some(reason), &cause(&attempt))
                    .await?;
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }

    /// Ambiguous without an unsettled attempt can't be; should it be, a person looks.
    async fn nothing_to_find(&self, view: View) -> Result<Turn, DeliveryError> {
        tracing::error!(publication = %view.row.id, "ambiguous without an unsettled attempt");
        let id = view.row.id;
        self.write::<_, DeliveryError, _>("nothing-to-find", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                let idle = attempts::of(tx, &id).await?.iter().all(|attempt| attempt.settled_at.is_some());
                if row.state == State::Ambiguous && idle {
                    let reason = Reason::new("attempt/unknown", "its attempt is missing");
                    settle(
                        tx,
                        &mut row,
                        State::Held,
                        Some(reason),
                        &activities_data::publications::Cause::by(ACTOR),
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }
}

/// What to look for: since the first attempt of this part that may have arrived.
fn sought(view: &View, attempt: &Attempt, part: &Segment) -> Sought {
    let first = view.attempts_of(part.number).find(|other| may_have_arrived(other)).unwrap_or(attempt);
    Sought {
        text: part.text.clone(),
        reply_to: first.frozen.reply_to.clone(),
        has_media: !part.media.is_empty(),
        referent: referent(part, first),
        since_id: first.marker.clone(),
        attempted_at: first.intent_at,
    }
}

/// The post that the attempt passed on, as it was frozen.
fn referent(part: &Segment, attempt: &Attempt) -> Option<Referent> {
    let id = attempt.frozen.referent.clone()?;
    Some(match &part.options {
        PlannedOptions::X(options) if options.repost_of.is_none() => Referent::Quoted(id),
        PlannedOptions::None | PlannedOptions::X(_) | PlannedOptions::LinkedIn(_) => Referent::Passed(id),
    })
}

async fn looked(tx: &mut Tx, id: i64, found: Found, reads_min: u32) -> Result<(), DbError> {
    let mut attempt = attempts::get(tx, id).await?;
    let mut row = publications::get(tx, &attempt.publication_id).await?;
    if attempt.settled_at.is_some() || row.state != State::Ambiguous {
        return Ok(());
    }
    match found {
        Found::Posted { platform_post_id, url } => {
            let online = Online { platform_post_id, url, published_at: attempt.intent_at };
            let _: Recorded = answer::posted(tx, &mut row, attempt, online).await?;
            Ok(())
        }
        Found::Undecidable { reason } => {
            let reason = Reason::new("attempt/undecidable", reason);
            hold(tx, &mut row, attempt, reason).await.map(|_| ())
        }
        Found::NotSeen => {
            // Two that look at once count once.
            if attempt.next_read_at.is_some_and(|at| at > tx.now()) {
                return Ok(());
            }
            attempt.reads += 1;
            let first = *attempt.first_read_at.get_or_insert(tx.now());
            let spanned = reads_min <= 1 || tx.now().duration_since(first) >= ABSENCE_SPAN;
            if attempt.reads >= reads_min && spanned {
                return absent(tx, &mut row, attempt).await;
            }
            let next = instant::after(tx.now(), READ_EVERY_MS);
            read_again(tx, &mut row, attempt, next).await
        }
    }
}

/// It was looked for and is not there: the next attempt may follow, where one is left.
async fn absent(
    tx: &mut Tx,
    row: &mut activities_data::Publication,
    mut attempt: Attempt,
) -> Result<(), DbError> {
    if attempt.outcome == Some(AttemptOutcome::Duplicate) {
        let why = "the platform says that it exists already, but it can't be found";
        return hold(tx, row, attempt, Reason::new("attempt/duplicate-unseen", why)).await.map(|_| ());
    }
    attempt.settlement = Some(Settlement::Absent);
    save(tx, &mut attempt).await?;
    row.attempts_used += 1;
    let used = row.attempts_used;
    if used >= row.policy.retry.attempts {
        row.next_attempt_at = None;
        let why = format!("{used} attempts went unanswered and none of them is online");
        return walk(tx, row, &[State::Held], Some(Reason::new("attempt/used-up", why)), &cause(&attempt))
            .await;
    }
    let until = instant::after(tx.now(), backoff::delay_ms(&row.policy.retry, used, &row.id));
    let reason = Reason::new("attempt/absent", "the last attempt is not online; it is sent again");
    answer::wait(tx, row, &attempt, until, true, reason).await.map(|_| ())
}

async fn look_again(tx: &mut Tx, id: i64, until: Timestamp) -> Result<(), DbError> {
    let attempt = attempts::get(tx, id).await?;
    let mut row = publications::get(tx, &attempt.publication_id).await?;
    if attempt.settled_at.is_some() || row.state != State::Ambiguous {
        return Ok(());
    }
    read_again(tx, &mut row, attempt, until).await
}

async fn read_again(
    tx: &mut Tx,
    row: &mut activities_data::Publication,
    mut attempt: Attempt,
    until: Timestamp,
) -> Result<(), DbError> {
    attempt.next_read_at = Some(until);
    save(tx, &mut attempt).await?;
    row.next_attempt_at = Some(until);
    publications::save(tx, row).await?;
    let entry = audit::Entry {
        segment: Some(attempt.segment),
        attempt: Some(attempt.number),
        ..audit::Entry::of(row, ACTOR, "not-seen")
    };
    audit::append(tx, &entry).await
}
