//! The intent: the account's lane is taken, everything is checked and the attempt is written, in one transaction,
//! before the first byte leaves (rules 1 and 2).

use activities_data::accounts::AccountStatus;
use activities_data::attempts::{self, Attempt, Frozen, NewAttempt};
use activities_data::lanes::{self, Asked, Lane};
use activities_data::publications::{self, Cause};
use activities_data::{
    DbError, Publication, State, Tx, accounts, audit, budgets, credentials, instant, pauses,
};
use activities_platforms::{Referent, SegmentRequest};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::ACTOR;

/// How long a lane is leased: the HTTP deadline (30 s) and the commit after it end well before.
pub(super) const LEASE_MS: u64 = 90_000;

/// A segment that is to be sent.
pub(super) struct Wish {
    /// As it was read: any change since is a reason to look again.
    pub(super) row: Publication,
    pub(super) part: u32,
    pub(super) under: Under,
    pub(super) request: SegmentRequest,
    pub(super) marker: Option<String>,
    pub(super) probe: bool,
}

/// Under which lane it is sent.
pub(super) enum Under {
    /// The account's, to be taken by this holder.
    Taken { holder: String },
    /// The one that the part before was sent under.
    Held(Lane),
}

/// What became of the wish. Only where it is written, the lane is held.
#[derive(Debug)]
pub(super) enum Intent {
    Written {
        attempt: Box<Attempt>,
        lane: Lane,
    },
    /// Someone else has the lane until then, or gives it back sooner.
    Busy {
        until: Timestamp,
    },
    /// The row or the lane is no longer what it was.
    Changed,
    Paused,
    /// The account may not be acted for.
    Inactive,
    /// Not before then.
    Later {
        until: Timestamp,
        why: &'static str,
    },
}

/// Takes the lane, checks everything and writes the attempt; or gives the lane back and says why not.
pub(super) async fn intend(tx: &mut Tx, wish: &Wish) -> Result<Intent, DbError> {
    let lane = match &wish.under {
        Under::Taken { holder } => match lanes::take(tx, &wish.row.account_id, holder, LEASE_MS).await? {
            Asked::Held(lane) => lane,
            Asked::Busy { until } => return Ok(Intent::Busy { until }),
        },
        Under::Held(lane) => match lanes::renew(tx, lane, LEASE_MS).await? {
            Some(expires_at) => Lane { expires_at, ..lane.clone() },
            None => return Ok(Intent::Changed),
        },
    };
    match write_attempt(tx, wish, &lane).await? {
        Ok(attempt) => Ok(Intent::Written { attempt: Box::new(attempt), lane }),
        Err(obstacle) => {
            lanes::give_back(tx, &lane).await?;
            Ok(obstacle)
        }
    }
}

async fn write_attempt(tx: &mut Tx, wish: &Wish, lane: &Lane) -> Result<Result<Attempt, Intent>, DbError> {
    let mut row = publications::get(tx, &wish.row.id).await?;
    if row.version != wish.row.version || !matches!(row.state, State::Planned | State::Sending) {
        return Ok(Err(Intent::Changed));
    }
    if pauses::stopping(tx, &row).await?.is_some() {
        return Ok(Err(Intent::Paused));
    }
    let account = accounts::get(tx, &row.account_id).await?;
    let credential = credentials::find(tx, &row.account_id).await?;
    let (AccountStatus::Active, Some(credential)) = (account.status, credential) else {
        return Ok(Err(Intent::Inactive));
    };
    if let Some((until, why)) = obstacle(tx, &row, wish.part).await? {
        if row.state == State::Planned {
            row.next_attempt_at = Some(until);
            // This wait is none of the publication's own: it doesn't make it late.
            row.expected_at = row.expected_at.max(Some(until));
            publications::save(tx, &mut row).await?;
        }
        return Ok(Err(Intent::Later { until, why }));
    }
    let frozen = Frozen {
        reply_to: wish.request.reply_to.clone(),
        media_ids: wish
            .request
            .media
            .iter()
            .flat_map(|item| [Some(item.platform_media_id.clone()), item.still.clone()])
            .flatten()
            .collect(),
        referent: wish.request.options.referent().map(|referent| match referent {
            Referent::Passed(id) | Referent::Quoted(id) => id,
        }),
        probe: wish.probe,
    };
    let new = NewAttempt {
        publication_id: row.id.clone(),
        segment: wish.part,
        account_id: row.account_id.clone(),
        holder: lane.holder.clone(),
        epoch: lane.epoch,
        token_version: credential.token_version,
        request_hash: request_hash(&wish.request),
        frozen,
        marker: wish.marker.clone(),
    };
    let attempt = attempts::intend(tx, &new).await?;
    let [account, app] = scopes(&row);
    budgets::spend(tx, &[&account, &app]).await?;
    write_down(tx, &mut row, &attempt).await?;
    Ok(Ok(attempt))
}

async fn write_down(tx: &mut Tx, row: &mut Publication, attempt: &Attempt) -> Result<(), DbError> {
    let cause = Cause { segment: Some(attempt.segment), attempt: Some(attempt.number), ..Cause::by(ACTOR) };
    row.next_attempt_at = None;
    if row.state == State::Planned {
        return publications::transition(tx, row, State::Sending, None, &cause).await;
    }
    publications::save(tx, row).await?;
    let entry = audit::Entry {
        segment: cause.segment,
        attempt: cause.attempt,
        ..audit::Entry::of(row, ACTOR, "intent")
    };
    audit::append(tx, &entry).await
}

/// What keeps the account from sending now: another unsettled attempt, spacing, a budget.
async fn obstacle(
    tx: &mut Tx,
    row: &Publication,
    part: u32,
) -> Result<Option<(Timestamp, &'static str)>, DbError> {
    /// How soon to look again whether another publication's attempt is settled.
    const UNSETTLED_WAIT_MS: u64 = 5_000;
    let now = tx.now();
    if let Some(other) = attempts::unsettled_of_account(tx, &row.account_id).await? {
        let soon = instant::after(now, UNSETTLED_WAIT_MS);
        return Ok(Some((other.next_read_at.map_or(soon, |read| read.max(soon)), "unsettled")));
    }
    if part == 0 && row.policy.spacing_ms > 0 {
        let last = publications::last_sent(tx, &row.account_id, &row.id).await?;
        let open = last.map(|last| instant::after(last, row.policy.spacing_ms));
        if let Some(open) = open.filter(|open| *open > now) {
            return Ok(Some((open, "spacing")));
        }
    }
    let [account, app] = scopes(row);
    let windows = budgets::of(tx, &[&account, &app]).await?;
    let closed = windows.iter().filter(|window| window.remaining == 0 && window.resets_at > now);
    Ok(closed.map(|window| window.resets_at).max().map(|until| (until, "budget")))
}

/// Whose limits bind a post: its account's, and those that all accounts share.
fn scopes(row: &Publication) -> [String; 2] {
    [budgets::account_scope(&row.account_id), budgets::app_scope(row.platform())]
}

/// Lowercase hex SHA-256 of the request as it will be sent.
pub(super) fn request_hash(request: &SegmentRequest) -> String {
    // A request of strings and options always has a JSON form.
    let json = serde_json::to_vec(request).unwrap_or_default();
    hex::encode(Sha256::digest(json))
}
