//! Writing down what came of an attempt (rule 3): one transaction that settles the attempt, or says that it
//! is ambiguous, and takes the publication along.

use activities_data::attempts::{self, Attempt, AttemptOutcome, Settlement};
use activities_data::budgets::{self, Budget};
use activities_data::lanes::{self, Lane};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, Online, SegmentState};
use activities_data::{DbError, Publication, State, Tx, audit, instant, media};
use activities_platforms::{Answer, Outcome, Reading};
use jiff::Timestamp;

use super::{ACTOR, parts};
use crate::credential::{FRESH_WAIT_MS, RefusedTokens};
use crate::settle::settle;
use crate::{Delivery, DeliveryError, backoff};

/// The first look for an ambiguous attempt: the platforms' own lists lag behind (publish-protocol, rule 4).
pub(super) const FIRST_READ_MS: u64 = 5_000;

/// Why a thread is planned again of which a part was found online.
const NEXT_PART: &str = "this part is online; the next one follows";

/// Whether the next part may follow at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recorded {
    Next,
    Stop,
}

impl Delivery {
    /// Writes the answer down and, unless the next part follows under it, gives the lane back with it.
    pub(super) async fn record(
        &self,
        attempt: Attempt,
        lane: Lane,
        answer: Answer,
    ) -> Result<Recorded, DeliveryError> {
        self.write("record", move |tx| {
            Box::pin(async move {
                let recorded = record(tx, attempt.id, answer).await?;
                if recorded == Recorded::Stop {
                    lanes::give_back(tx, &lane).await?;
                }
                Ok(recorded)
            })
        })
        .await
    }
}

async fn record(tx: &mut Tx, id: i64, answer: Answer) -> Result<Recorded, DbError> {
    let mut attempt = attempts::get(tx, id).await?;
    let mut row = publications::get(tx, &attempt.publication_id).await?;
    for reading in &answer.readings {
        note_reading(tx, &row, reading).await?;
    }
    if attempt.settled_at.is_some() {
        late(tx, &mut row, &attempt, &answer).await?;
        return Ok(Recorded::Stop);
    }
    attempt.http_status = answer.status;
    attempt.request_id = answer.request_id;
    attempt.answered_at = Some(tx.now());
    tracing::info!(
        publication = %row.id,
        attempt = attempt.number,
        status = attempt.http_status,
        platform_request_id = attempt.request_id,
        "a platform answered"
    );
    match answer.outcome {
        Outcome::Accepted { platform_post_id, url } => {
            attempt.outcome = Some(AttemptOutcome::Accepted);
            budgets::end_throttle(tx, &budgets::account_scope(&row.account_id)).await?;
            let online = Online { platform_post_id, url, published_at: tx.now() };
            posted(tx, &mut row, attempt, online).await
        }
        Outcome::Definite { code, message, remedy } => {
            attempt.outcome = Some(AttemptOutcome::Definite);
            let message = remedy.map_or_else(|| message.clone(), |remedy| format!("{message} ({remedy})"));
            refused(tx, &mut row, attempt, code, message).await
        }
        Outcome::Duplicate { existing, message } => {
            attempt.outcome = Some(AttemptOutcome::Duplicate);
            duplicate(tx, &mut row, attempt, existing, message).await
        }
        Outcome::SignIn { message } => {
            attempt.outcome = Some(AttemptOutcome::SignIn);
            sign_in(tx, &mut row, attempt, message).await
        }
        Outcome::Throttled { until, message } => {
            attempt.outcome = Some(AttemptOutcome::Throttled);
            throttled(tx, &mut row, attempt, until, message).await
        }
        Outcome::NotSent { message } => {
            attempt.outcome = Some(AttemptOutcome::NotSent);
            not_sent(tx, &mut row, attempt, message).await
        }
        Outcome::Ambiguous { message } => {
            attempt.outcome = Some(AttemptOutcome::Ambiguous);
            attempt.message = Some(message);
            ambiguous(tx, &mut row, attempt).await
        }
    }
}

/// An attempt that nobody will answer any more (I-5): it is ambiguous.
pub(crate) async fn unanswered(tx: &mut Tx, mut attempt: Attempt, why: &str) -> Result<(), DbError> {
    let mut row = publications::get(tx, &attempt.publication_id).await?;
    attempt.outcome = Some(AttemptOutcome::Ambiguous);
    attempt.message = Some(why.to_owned());
    attempt.answered_at = Some(tx.now());
    ambiguous(tx, &mut row, attempt).await?;
    Ok(())
}

/// The part is online. Also the end of a reconciliation that found it.
pub(super) async fn posted(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    online: Online,
) -> Result<Recorded, DbError> {
    let owner = segments::owner(tx, &row.account_id, &online.platform_post_id).await?;
    if owner.is_some_and(|owner| owner != (row.id.clone(), attempt.segment)) {
        let why =
            format!("the platform named post `{}`, which is another publication's", online.platform_post_id);
        return hold(tx, row, attempt, Reason::new("attempt/post-taken", why)).await;
    }
    attempt.platform_post_id = Some(online.platform_post_id.clone());
    attempt.settlement = Some(Settlement::Posted);
    save(tx, &mut attempt).await?;
    segments::published(tx, &row.id, attempt.segment, &online).await?;
    // A post has used them up: some platforms take an upload once.
    media::forget_uploads(tx, &row.account_id, &attempt.frozen.media_ids).await?;
    row.attempts_used = 0;
    row.unsent = 0;
    row.next_attempt_at = None;
    if attempt.segment == 0 {
        row.platform_post_id = Some(online.platform_post_id);
        row.url = Some(online.url);
    }
    let parts = segments::of(tx, &row.id).await?;
    let cause = cause(&attempt);
    if parts.iter().any(|part| part.state == SegmentState::Waiting) {
        if row.state == State::Sending {
            publications::save(tx, row).await?;
            let entry = audit::Entry {
                segment: cause.segment,
                attempt: cause.attempt,
                request_id: cause.request_id,
                ..audit::Entry::of(row, ACTOR, "part-published")
            };
            audit::append(tx, &entry).await?;
            return Ok(Recorded::Next);
        }
        walk(tx, row, &[State::Planned], None, &cause.because(NEXT_PART)).await?;
        return Ok(Recorded::Stop);
    }
    let failed = parts.iter().any(|part| part.state == SegmentState::Failed);
    row.published_at = Some(online.published_at);
    conclude(tx, row, failed, &cause).await?;
    Ok(Recorded::Stop)
}

/// Ends a publication of which no part is to be sent any more.
pub(super) async fn finish(tx: &mut Tx, row: &mut Publication, failed: bool) -> Result<(), DbError> {
    let last = segments::of(tx, &row.id).await?.iter().filter_map(|part| part.published_at).max();
    row.published_at = last;
    conclude(tx, row, failed, &Cause::by(ACTOR)).await
}

async fn conclude(tx: &mut Tx, row: &mut Publication, failed: bool, cause: &Cause) -> Result<(), DbError> {
    if failed {
        // It is not whole, so it is not published, and nothing that waits for it opens.
        row.published_at = None;
        let reason = parts::part_failed("not every part of it is online".to_owned());
        return walk(tx, row, &[State::Planned, State::Sending, State::Partial], Some(reason), cause).await;
    }
    match row.state {
        State::Planned => walk(tx, row, &[State::Sending, State::Published], None, cause).await,
        _ => walk(tx, row, &[State::Published], None, cause).await,
    }
}

/// The platform refused it for good.
async fn refused(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    code: String,
    message: String,
) -> Result<Recorded, DbError> {
    attempt.code = Some(code.clone());
    attempt.message = Some(message.clone());
    attempt.settlement = Some(Settlement::Refused);
    save(tx, &mut attempt).await?;
    // Perhaps it refused the media because it forgot them.
    media::forget_uploads(tx, &row.account_id, &attempt.frozen.media_ids).await?;
    if crate::settle::begun(tx, row).await? {
        return parts::failed(tx, row, &attempt, message).await;
    }
    let cause = cause(&attempt);
    let path = [State::Planned, State::Sending, State::Rejected];
    walk(tx, row, &path, Some(Reason::new(&code, message)), &cause).await?;
    Ok(Recorded::Stop)
}

/// "That exists already": proof where an attempt before may have arrived, else a refusal.
async fn duplicate(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    existing: Option<String>,
    message: String,
) -> Result<Recorded, DbError> {
    let earlier = attempts::of(tx, &row.id).await?;
    let evidence = earlier
        .iter()
        .any(|other| other.id != attempt.id && other.segment == attempt.segment && may_have_arrived(other));
    if evidence {
        attempt.message = Some(message);
        attempt.platform_post_id = existing;
        return ambiguous(tx, row, attempt).await;
    }
    let named = existing.map(|id| format!(": it is `{id}`")).unwrap_or_default();
    refused(tx, row, attempt, "platform/duplicate".to_owned(), format!("{message}{named}")).await
}

/// Whether an attempt may have been published for all that its answer says.
pub(super) fn may_have_arrived(attempt: &Attempt) -> bool {
    matches!(
        attempt.outcome,
        None | Some(AttemptOutcome::Ambiguous | AttemptOutcome::Duplicate | AttemptOutcome::Accepted)
    )
}

async fn sign_in(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    message: String,
) -> Result<Recorded, DbError> {
    attempt.message = Some(message.clone());
    attempt.settlement = Some(Settlement::Refused);
    save(tx, &mut attempt).await?;
    let again = refused_tokens(&attempts::of(tx, &row.id).await?).is_some_and(|refused| refused.repeated());
    let wait_ms = if again { FRESH_WAIT_MS } else { 0 };
    let reason = Reason::new("platform/sign-in", message);
    wait(tx, row, &attempt, instant::after(tx.now(), wait_ms), true, reason).await
}

impl RefusedTokens {
    /// Whether refreshing has not helped.
    fn repeated(self) -> bool {
        self.first < self.last
    }
}

/// The tokens that the platform refused in the last attempts in a row.
pub(super) fn refused_tokens(attempts: &[Attempt]) -> Option<RefusedTokens> {
    let refused = attempts.iter().rev().take_while(|attempt| attempt.outcome == Some(AttemptOutcome::SignIn));
    refused.fold(None, |run, attempt| {
        let last = run.map_or(attempt.token_version, |run: RefusedTokens| run.last);
        Some(RefusedTokens { first: attempt.token_version, last })
    })
}

async fn throttled(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    until: Option<Timestamp>,
    message: String,
) -> Result<Recorded, DbError> {
    attempt.message = Some(message.clone());
    attempt.settlement = Some(Settlement::Refused);
    save(tx, &mut attempt).await?;
    let scope = budgets::account_scope(&row.account_id);
    let before =
        budgets::of(tx, &[&scope]).await?.into_iter().find(|window| window.span == budgets::THROTTLE);
    let streak = if until.is_some() { 0 } else { before.map_or(0, |window| window.streak) + 1 };
    let now = tx.now();
    let least = instant::after(now, backoff::THROTTLE_FIRST_MS);
    let until = until.map_or_else(|| backoff::throttled_until(now, streak), |until| until.max(least));
    let until = instant::whole_ms(until);
    let span = budgets::THROTTLE.to_owned();
    budgets::put(tx, &Budget { scope, span, quota: 0, remaining: 0, resets_at: until, streak }).await?;
    wait(tx, row, &attempt, until, true, Reason::new("platform/throttled", message)).await
}

/// It never left: nothing is spent. The longer it stays so the later it gets, and `catch_up` decides.
async fn not_sent(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    message: String,
) -> Result<Recorded, DbError> {
    attempt.message = Some(message.clone());
    attempt.settlement = Some(Settlement::Unsent);
    save(tx, &mut attempt).await?;
    row.unsent += 1;
    let wait_ms = backoff::delay_ms(&row.policy.retry, row.unsent, &row.id);
    let until = instant::after(tx.now(), wait_ms);
    wait(tx, row, &attempt, until, false, Reason::new("platform/not-sent", message)).await
}

/// Back to planned, until then. What is `excused` doesn't count as lateness.
pub(super) async fn wait(
    tx: &mut Tx,
    row: &mut Publication,
    attempt: &Attempt,
    until: Timestamp,
    excused: bool,
    reason: Reason,
) -> Result<Recorded, DbError> {
    row.next_attempt_at = Some(until);
    if excused {
        row.expected_at = row.expected_at.max(Some(until));
    }
    walk(tx, row, &[State::Planned], Some(reason), &cause(attempt)).await?;
    Ok(Recorded::Stop)
}

async fn ambiguous(tx: &mut Tx, row: &mut Publication, mut attempt: Attempt) -> Result<Recorded, DbError> {
    let read_at = instant::after(tx.now(), FIRST_READ_MS);
    attempt.next_read_at = Some(read_at);
    save(tx, &mut attempt).await?;
    if row.state == State::Sending {
        row.next_attempt_at = Some(read_at);
        let why = attempt.message.clone().unwrap_or_default();
        let reason = Some(Reason::new("attempt/ambiguous", why));
        publications::transition(tx, row, State::Ambiguous, reason, &cause(&attempt)).await?;
    }
    Ok(Recorded::Stop)
}

/// Hands an attempt to a person; the account's lane is free meanwhile.
pub(super) async fn hold(
    tx: &mut Tx,
    row: &mut Publication,
    mut attempt: Attempt,
    reason: Reason,
) -> Result<Recorded, DbError> {
    attempt.settlement = Some(Settlement::Held);
    save(tx, &mut attempt).await?;
    row.next_attempt_at = None;
    let cause = cause(&attempt);
    if row.state == State::Sending {
        publications::transition(tx, row, State::Ambiguous, None, &cause).await?;
    }
    settle(tx, row, State::Held, Some(reason), &cause).await?;
    Ok(Recorded::Stop)
}

/// An answer after its attempt was settled by others: only "accepted" still says something.
async fn late(tx: &mut Tx, row: &mut Publication, attempt: &Attempt, answer: &Answer) -> Result<(), DbError> {
    let Outcome::Accepted { platform_post_id, url } = &answer.outcome else { return Ok(()) };
    let entry = audit::Entry {
        segment: Some(attempt.segment),
        attempt: Some(attempt.number),
        request_id: answer.request_id.clone(),
        ..audit::Entry::of(row, ACTOR, "late-answer").because(format!("accepted as `{platform_post_id}`"))
    };
    audit::append(tx, &entry).await?;
    let part = segments::of(tx, &row.id).await?.into_iter().find(|part| part.number == attempt.segment);
    let open = part.is_some_and(|part| part.state != SegmentState::Published);
    let taken = segments::owner(tx, &row.account_id, platform_post_id).await?.is_some();
    let idle = attempts::of(tx, &row.id).await?.iter().all(|other| other.settled_at.is_some());
    let settled_as = attempt.settlement.filter(|how| matches!(how, Settlement::Absent | Settlement::Held));
    let resting = matches!(row.state, State::Planned | State::Held);
    let (Some(how), true, true, true, false) = (settled_as, open, idle, resting, taken) else {
        if open || !taken {
            tracing::error!(publication = %row.id, post = %platform_post_id, "an answer came too late to be used");
        }
        return Ok(());
    };
    attempts::resettle(tx, attempt.id, how, Settlement::Posted).await?;
    let online =
        Online { platform_post_id: platform_post_id.clone(), url: url.clone(), published_at: tx.now() };
    segments::published(tx, &row.id, attempt.segment, &online).await?;
    if attempt.segment == 0 {
        row.platform_post_id = Some(online.platform_post_id);
        row.url = Some(online.url);
    }
    let parts = segments::of(tx, &row.id).await?;
    if parts.iter().any(|part| part.state == SegmentState::Waiting) {
        if row.state == State::Planned {
            return publications::save(tx, row).await;
        }
        return walk(tx, row, &[State::Planned], None, &cause(attempt).because(NEXT_PART)).await;
    }
    row.published_at = Some(online.published_at);
    conclude(tx, row, false, &cause(attempt)).await
}

/// Through several states in one transaction, each a pair of the table, the shortest way to the last of
/// `path`. The reason belongs to the last.
pub(super) async fn walk(
    tx: &mut Tx,
    row: &mut Publication,
    path: &[State],
    reason: Option<Reason>,
    cause: &Cause,
) -> Result<(), DbError> {
    let behind = path.iter().position(|state| *state == row.state).map_or(0, |at| at + 1);
    let ahead = &path[behind..];
    let Some((last, between)) = ahead.split_last() else { return publications::save(tx, row).await };
    // What it is taken back for is what it ends with.
    let back = Cause { why: reason.as_ref().map(|reason| reason.text.clone()), ..cause.clone() };
    for state in between {
        if row.state.may_become(*last) {
            break;
        }
        let cause = if *state == State::Planned { &back } else { cause };
        publications::transition(tx, row, *state, None, cause).await?;
    }
    settle(tx, row, *last, reason, cause).await
}

pub(super) async fn save(tx: &mut Tx, attempt: &mut Attempt) -> Result<(), DbError> {
    if attempt.settlement.is_some() {
        attempt.settled_at = Some(tx.now());
        attempt.next_read_at = None;
    }
    if attempts::save(tx, attempt).await? {
        return Ok(());
    }
    Err(DbError::Stale { id: attempt.publication_id.to_string() })
}

pub(super) fn cause(attempt: &Attempt) -> Cause {
    Cause {
        segment: Some(attempt.segment),
        attempt: Some(attempt.number),
        request_id: attempt.request_id.clone(),
        ..Cause::by(ACTOR)
    }
}

async fn note_reading(tx: &mut Tx, row: &Publication, reading: &Reading) -> Result<(), DbError> {
    let shared = reading.window.contains("/app/");
    let scope =
        if shared { budgets::app_scope(row.platform()) } else { budgets::account_scope(&row.account_id) };
    let budget = Budget {
        scope,
        span: reading.window.to_owned(),
        quota: reading.limit,
        remaining: reading.remaining,
        resets_at: instant::whole_ms(reading.resets_at),
        streak: 0,
    };
    budgets::note(tx, &budget).await
}
