//! The way of every request to a platform: faults, sign-in, quota, the platform's own rules, faults.

use jiff::{SignedDuration, Timestamp};

use super::account::{Account, Platform};
use super::event::Event;
use super::fault::{FaultName, Shot};
use super::quota::Exceeded;
use super::reply::Reply;
use super::route::Route;
use super::token::{Standing as TokenStanding, TokenHash};
use super::traffic::Request;
use super::world::Tx;
use super::{linkedin, x};
use crate::X_BEARER_TOKEN;

/// A request on its way in.
#[derive(Debug)]
pub(crate) struct Call {
    pub route: Route,
    /// With the ids in it, without the query.
    pub path: String,
    pub auth: Auth,
    pub body_bytes: usize,
    /// Lowercase hex SHA-256 of the body, unless it holds secrets.
    pub body_sha256: Option<String>,
}

/// What a route asks for.
#[derive(Debug)]
pub(crate) enum Auth {
    /// Nothing: the route signs in by itself, or not at all.
    Open,
    /// An access token with these scopes; `None` is a request without one.
    Bearer(Option<TokenHash>, &'static [&'static str]),
    /// X: the application's own token.
    App(Option<TokenHash>),
}

/// Whose token it was.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub account: Account,
    pub scopes: Vec<String>,
}

impl Caller {
    pub(crate) fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// How a request ends.
#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    Answer {
        reply: Reply,
        /// How much longer it takes.
        delay: SignedDuration,
    },
    /// The connection ends without an answer.
    HangUp,
}

/// Decides a request. `rules` are the platform's own; for [`Auth::Open`] they get no caller.
pub(crate) fn decide(
    tx: &mut Tx<'_>,
    call: &Call,
    rules: impl FnOnce(&mut Tx<'_>, Option<&Caller>) -> Result<Reply, Reply>,
) -> Ending {
    let handle = handle(tx, call);
    tx.drawn = tx.world.faults.draw(call.route, handle.as_deref());
    let mut ending = go(tx, call, rules);
    let request_id = tx.world.mint.request_id();
    let status = match &mut ending {
        Ending::Answer { reply, delay } => {
            *delay += tx.world.latency.of(call.route);
            trace(call.route.platform(), reply, &request_id);
            Some(reply.status)
        }
        Ending::HangUp => None,
    };
    tx.world.traffic.record(Request {
        number: 0,
        at: tx.now,
        platform: call.route.platform().as_str(),
        route: call.route.name(),
        path: call.path.clone(),
        account: handle,
        status,
        fault: tx.fault,
        request_id,
        body_bytes: call.body_bytes,
        body_sha256: call.body_sha256.clone(),
    });
    ending
}

fn go(
    tx: &mut Tx<'_>,
    call: &Call,
    rules: impl FnOnce(&mut Tx<'_>, Option<&Caller>) -> Result<Reply, Reply>,
) -> Ending {
    let platform = call.route.platform();
    let shot = tx.drawn.ending;
    if let Some(ending) = shot.and_then(|shot| before_commit(tx, call, shot)) {
        return ending;
    }
    let mut quota = None;
    let reply = match caller(tx, call) {
        Err(refusal) => refusal,
        Ok(caller) => {
            let taken = match &caller {
                Some(caller) => tx.world.quotas.take(call.route, &caller.account.subject, tx.now).map(Some),
                None => Ok(None),
            };
            match taken {
                Err(Exceeded(standing)) => {
                    quota = Some(standing);
                    too_many(platform)
                }
                Ok(standing) => {
                    quota = standing;
                    rules(tx, caller.as_ref()).unwrap_or_else(|refusal| refusal)
                }
            }
        }
    };
    let quota_told = match platform {
        Platform::X => x::problem::with_quota(reply, quota),
        Platform::LinkedIn => reply,
    };
    after_commit(tx, shot, platform, quota_told)
}

/// Whose token it is, good or not.
fn handle(tx: &Tx<'_>, call: &Call) -> Option<String> {
    let Auth::Bearer(Some(token), _) = &call.auth else { return None };
    let (grant, _) = tx.world.grants.by_access(token, tx.now)?;
    Some(tx.world.accounts.get(&grant.subject)?.handle.clone())
}

/// What a fault does before anything happened; `None` lets the request go on.
fn before_commit(tx: &mut Tx<'_>, call: &Call, shot: Shot) -> Option<Ending> {
    let ending = match shot.fault {
        FaultName::DropRequestBeforeCommit => Some(Ending::HangUp),
        FaultName::TooManyRequests => Some(answer(throttled(tx, call, shot))),
        FaultName::PaymentRequired => Some(answer(x::problem::credits_depleted())),
        FaultName::UpgradeRequired => Some(answer(linkedin::problem::inactive_version("20250101"))),
        FaultName::ExpireToken | FaultName::Revoke => {
            let Auth::Bearer(Some(token), _) = &call.auth else { return None };
            let (grant, _) = tx.world.grants.by_access(token, tx.now)?;
            let event = match shot.fault {
                FaultName::Revoke => Event::GrantRevoked { grant: grant.id },
                _ => Event::AccessExpired { token: token.clone(), at: tx.now },
            };
            tx.record(event);
            spend(tx, shot);
            return None;
        }
        FaultName::DropResponseAfterCommit
        | FaultName::ServerErrorAfterCommit
        | FaultName::Slow
        | FaultName::LoseRefreshResponse
        | FaultName::RotateRefresh
        | FaultName::DelayVisibility
        | FaultName::DuplicateWindow
        | FaultName::GhostDuplicate
        | FaultName::TruncateUnescaped
        | FaultName::RefuseReplies
        | FaultName::AllowQuotes => None,
    }?;
    spend(tx, shot);
    Some(ending)
}

/// What a fault does once the request is carried out; a refused request is answered as it is.
fn after_commit(tx: &mut Tx<'_>, shot: Option<Shot>, platform: Platform, reply: Reply) -> Ending {
    let Some(shot) = shot.filter(|_| reply.is_success()) else { return answer(reply) };
    let ending = match shot.fault {
        FaultName::DropResponseAfterCommit | FaultName::LoseRefreshResponse => Ending::HangUp,
        FaultName::ServerErrorAfterCommit => answer(match platform {
            Platform::X => x::problem::internal(),
            Platform::LinkedIn => linkedin::problem::internal(),
        }),
        FaultName::Slow => {
            let ms = i64::try_from(shot.ms).unwrap_or(i64::MAX);
            Ending::Answer { reply, delay: SignedDuration::from_millis(ms) }
        }
        _ => return answer(reply),
    };
    spend(tx, shot);
    ending
}

fn spend(tx: &mut Tx<'_>, shot: Shot) {
    tx.world.faults.spend(shot);
    tx.fault = Some(shot.fault.as_str());
}

const fn answer(reply: Reply) -> Ending {
    Ending::Answer { reply, delay: SignedDuration::ZERO }
}

fn caller(tx: &Tx<'_>, call: &Call) -> Result<Option<Caller>, Reply> {
    let (token, scopes) = match &call.auth {
        Auth::Open => return Ok(None),
        Auth::App(token) if *token == Some(TokenHash::of(X_BEARER_TOKEN)) => return Ok(None),
        Auth::App(_) => return Err(x::problem::unauthorized()),
        Auth::Bearer(token, scopes) => (token, scopes),
    };
    let platform = call.route.platform();
    let known = token.as_ref().and_then(|token| tx.world.grants.by_access(token, tx.now));
    let standing = known.map(|(_, standing)| standing);
    let caller = known
        .filter(|(grant, standing)| grant.platform == platform && *standing == TokenStanding::Good)
        .and_then(|(grant, _)| {
            let account = tx.world.accounts.get(&grant.subject)?.clone();
            Some(Caller { account, scopes: grant.scopes.clone() })
        });
    let Some(caller) = caller else {
        return Err(match platform {
            Platform::X => x::problem::unauthorized(),
            Platform::LinkedIn => match (token, standing) {
                (None, _) => linkedin::problem::no_token(),
                (_, Some(TokenStanding::Revoked)) => linkedin::problem::revoked_token(),
                (_, Some(TokenStanding::Expired)) => linkedin::problem::expired_token(),
                (Some(_), _) => linkedin::problem::invalid_token(),
            },
        });
    };
    match scopes.iter().find(|scope| !caller.may(scope)) {
        None => Ok(Some(caller)),
        Some(_) if platform == Platform::X => {
            Err(x::problem::forbidden("You are not permitted to perform this action."))
        }
        Some(_) => Err(linkedin::problem::access_denied(call.route)),
    }
}

fn too_many(platform: Platform) -> Reply {
    match platform {
        Platform::X => x::problem::too_many(),
        Platform::LinkedIn => linkedin::problem::too_many(),
    }
}

/// The answer of the `429` fault, and what it told the account.
fn throttled(tx: &mut Tx<'_>, call: &Call, shot: Shot) -> Reply {
    let reset = tx.now + SignedDuration::from_millis(i64::try_from(shot.ms).unwrap_or(i64::MAX));
    if let Ok(Some(caller)) = caller(tx, call) {
        tx.world.quotas.tell(call.route, &caller.account.subject, reset);
    }
    match call.route.platform() {
        Platform::X => x::problem::rate_headers(x::problem::too_many(), 100, 0, reset),
        Platform::LinkedIn => linkedin::problem::too_many(),
    }
}

/// Puts on the ids by which the platform's support would find the request.
fn trace(platform: Platform, reply: &mut Reply, request_id: &str) {
    match platform {
        Platform::X => {
            reply.headers.push(("x-transaction-id", request_id.to_owned()));
            reply.headers.push(("api-version", "2.167".to_owned()));
            reply.headers.push(("x-access-level", "read-write".to_owned()));
        }
        Platform::LinkedIn => {
            reply.headers.push(("x-li-uuid", request_id.to_owned()));
            reply.headers.push(("x-li-request-id", request_id.to_owned()));
            reply.headers.push(("x-li-fabric", "sandbox".to_owned()));
        }
    }
}

/// A moment in whole seconds since 1970, rounded up: nobody who waits for it comes too early.
pub(crate) fn epoch_seconds_up(moment: Timestamp) -> i64 {
    moment.as_second() + i64::from(moment.subsec_nanosecond() > 0)
}
