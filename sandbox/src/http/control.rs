//! `/_sandbox`: the judge's ledger, the fault switches, quotas, the clock.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::platform::respond;
use super::received::Received;
use crate::emulator::Emulator;
use crate::journal::NotDurable;
use crate::state::{
    Account, AccountKind, Event, FAULT_NAMES, FaultName, FaultSpec, Frequency, HANDLE_RULE, LedgerEntry,
    Metrics, Platform, Post, Reply,
};

/// Requests of one page of the record.
const REQUESTS_PAGE: usize = 5_000;
/// The furthest that the clock is pushed at a time.
const ADVANCE_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);
/// The scopes of an account that is opened without a consent, when the request names none.
const X_SCOPES: [&str; 5] = ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"];
const LINKEDIN_SCOPES: [&str; 4] = ["openid", "profile", "email", "w_member_social"];
const ORGANIZATION_SCOPES: [&str; 3] =
    ["w_organization_social", "r_organization_social", "rw_organization_admin"];

pub(super) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/ledger", get(ledger))
        .route("/faults", get(faults).post(set_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/limits", get(limits).post(set_limits))
        .route("/accounts", post(open_account))
        .route("/metrics", post(set_metrics))
        .route("/requests", get(requests))
        .route("/clock", get(clock).post(advance))
        .route("/reset", post(reset))
        .fallback(nothing)
}

/// What a person sees who asked for something wrong.
fn problem(status: u16, code: &str, detail: impl Into<String>) -> Response {
    let title =
        StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
    let body = json!({
        "type": "about:blank", "title": title, "status": status, "code": code, "detail": detail.into(),
    });
    respond(Reply::problem(status, body))
}

fn not_durable(_: NotDurable) -> Response {
    problem(503, "sandbox/journal", "the sandbox's journal can't be written")
}

fn ok(body: Value) -> Response {
    respond(Reply::json(200, body))
}

fn read<T: DeserializeOwned>(received: &Received) -> Result<T, Response> {
    received.json().map_err(|error| problem(400, "sandbox/body", format!("the body is not valid: {error}")))
}

fn platform(word: &str) -> Result<Platform, Response> {
    Platform::from_word(word).ok_or_else(|| {
        let known: Vec<_> = Platform::ALL.iter().map(|platform| format!("`{}`", platform.as_str())).collect();
        let detail = format!("`{word}` is not a platform of the sandbox; it has {}", known.join(", "));
        problem(400, "sandbox/unknown-platform", detail)
    })
}

async fn nothing(received: Received) -> Response {
    problem(404, "sandbox/no-route", format!("there is no `{} {}`", received.method, received.path))
}

async fn ledger(State(emulator): State<Emulator>, received: Received) -> Response {
    let wanted = |name: &str, value: &str| received.asked(name).is_none_or(|asked| asked == value);
    let entries = emulator
        .act(|tx| {
            let posts = tx.world.posts.all().iter();
            let asked = posts.filter(|post| {
                wanted("platform", post.platform.as_str()) && wanted("account", &post.account)
            });
            asked.map(|post: &Post| LedgerEntry::from(post)).collect::<Vec<_>>()
        })
        .await;
    match entries {
        Ok(entries) => axum::Json(entries).into_response(),
        Err(error) => not_durable(error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultBody {
    platform: String,
    fault: String,
    route: Option<String>,
    times: Option<u64>,
    probability: Option<f64>,
    seed: Option<u64>,
    ms: Option<u64>,
    reset: Option<Span>,
}

/// A length of time: seconds as a number, or words such as `6h` or `1m 30s`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Span {
    Seconds(f64),
    Words(String),
}

impl Span {
    fn read(&self) -> Result<SignedDuration, Response> {
        let span = match self {
            Self::Seconds(seconds) => SignedDuration::try_from_secs_f64(*seconds).ok(),
            Self::Words(words) => words.parse().ok(),
        };
        span.filter(|span: &SignedDuration| !span.is_negative() && *span <= ADVANCE_MAX).ok_or_else(|| {
            let detail = "a length of time is a number of seconds or words such as `6h`, up to 400 days";
            problem(400, "sandbox/body", detail)
        })
    }
}

fn fault_spec(body: FaultBody) -> Result<FaultSpec, Response> {
    let platform = platform(&body.platform)?;
    let Some(fault) = FaultName::from_word(&body.fault) else {
        let detail = format!("`{}` is not a fault; the faults are {}", body.fault, FAULT_NAMES.join(", "));
        return Err(problem(400, "sandbox/unknown-fault", detail));
    };
    let frequency = match (body.times, body.probability) {
        (None, None) => Frequency::Always,
        (Some(times), None) => Frequency::Times(times),
        (None, Some(probability)) => Frequency::Probability(probability),
        (Some(_), Some(_)) => {
            return Err(problem(400, "sandbox/body", "`times` and `probability` exclude each other"));
        }
    };
    if body.seed.is_some() && body.probability.is_none() {
        return Err(problem(400, "sandbox/body", "`seed` goes with `probability`"));
    }
    let reset = body.reset.map(|reset| reset.read()).transpose()?;
    Ok(FaultSpec {
        platform,
        fault,
        route: body.route,
        frequency,
        seed: body.seed.unwrap_or(0),
        ms: body.ms,
        reset_ms: reset.map(|reset| u64::try_from(reset.as_millis()).unwrap_or(u64::MAX)),
    })
}

async fn set_fault(State(emulator): State<Emulator>, received: Received) -> Response {
    let spec = match read(&received).and_then(fault_spec) {
        Ok(spec) => spec,
        Err(response) => return response,
    };
    match emulator.act(|tx| tx.world.faults.set(spec)).await {
        Ok(Ok(id)) => ok(json!({"id": id.to_string()})),
        Ok(Err(error)) => problem(400, "sandbox/fault", error.to_string()),
        Err(error) => not_durable(error),
    }
}

async fn faults(State(emulator): State<Emulator>) -> Response {
    match emulator.act(|tx| json!(tx.world.faults.list())).await {
        Ok(list) => ok(list),
        Err(error) => not_durable(error),
    }
}

async fn clear_faults(State(emulator): State<Emulator>, received: Received) -> Response {
    let platform = match received.asked("platform").map(platform).transpose() {
        Ok(platform) => platform,
        Err(response) => return response,
    };
    match emulator.act(|tx| tx.world.faults.clear(platform)).await {
        Ok(()) => respond(Reply::empty(204)),
        Err(error) => not_durable(error),
    }
}

async fn remove_fault(State(emulator): State<Emulator>, Path(id): Path<String>) -> Response {
    let removed = emulator.act(|tx| id.parse().is_ok_and(|id| tx.world.faults.remove(id))).await;
    match removed {
        Ok(true) => respond(Reply::empty(204)),
        Ok(false) => problem(404, "sandbox/no-fault", format!("there is no fault `{id}`")),
        Err(error) => not_durable(error),
    }
}

async fn limits(State(emulator): State<Emulator>) -> Response {
    let all = emulator
        .act(|tx| {
            let one = |platform: Platform| {
                let limits = if tx.world.quotas.is_lifted(platform) { "off" } else { "on" };
                let mut shown = json!(tx.world.quotas.counts(platform));
                shown["platform"] = json!(platform.as_str());
                shown["limits"] = json!(limits);
                shown
            };
            Platform::ALL.map(one).to_vec()
        })
        .await;
    match all {
        Ok(all) => ok(Value::Array(all)),
        Err(error) => not_durable(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsBody {
    platform: String,
    limits: Switch,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    Off,
}

async fn set_limits(State(emulator): State<Emulator>, received: Received) -> Response {
    let body = read::<LimitsBody>(&received).and_then(|body| Ok((platform(&body.platform)?, body.limits)));
    let (platform, limits) = match body {
        Ok(body) => body,
        Err(response) => return response,
    };
    match emulator.act(|tx| tx.world.quotas.set_lifted(platform, limits == Switch::Off)).await {
        Ok(()) => respond(Reply::empty(204)),
        Err(error) => not_durable(error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountBody {
    platform: String,
    account: String,
    kind: Option<AccountKind>,
    scopes: Option<Vec<String>>,
    /// Whether there is a refresh token; there is one unless this says no.
    refresh: Option<bool>,
    /// A shorter life of the access token.
    expires_in: Option<Span>,
}

/// Opens an account and gives tokens for it, as after a consent.
async fn open_account(State(emulator): State<Emulator>, received: Received) -> Response {
    let body = read::<AccountBody>(&received).and_then(|body| {
        let platform = platform(&body.platform)?;
        let life = body.expires_in.as_ref().map(Span::read).transpose()?;
        if !Account::is_handle(&body.account) {
            return Err(problem(400, "sandbox/handle", format!("a handle is {HANDLE_RULE}")));
        }
        if platform == Platform::X && body.kind == Some(AccountKind::Organization) {
            return Err(problem(400, "sandbox/body", "`x` has no organizations"));
        }
        Ok((platform, body, life))
    });
    let (platform, body, life) = match body {
        Ok(body) => body,
        Err(response) => return response,
    };
    let kind = body.kind.unwrap_or(AccountKind::Member);
    let scopes = body.scopes.unwrap_or_else(|| default_scopes(platform, kind));
    let opened = emulator
        .act(|tx| {
            let (member, shown) = match kind {
                AccountKind::Member => {
                    let member = tx.open_member(platform, &body.account, &scopes);
                    (member.clone(), member)
                }
                AccountKind::Organization => tx.open_organization(&body.account),
            };
            let mut issued = tx.grant(platform, &member.subject, &scopes, body.refresh.unwrap_or(true));
            if let Some(life) = life {
                issued.access_expires_at = issued.access_expires_at.min(tx.now + life);
                let token = crate::state::TokenHash::of(&issued.access);
                tx.record(Event::AccessExpired { token, at: issued.access_expires_at });
            }
            json!({
                "account": format!("{}/{}", platform.as_str(), shown.handle),
                "accessToken": issued.access, "refreshToken": issued.refresh,
                "expiresAt": issued.access_expires_at, "scopes": issued.scopes, "userId": shown.subject,
            })
        })
        .await;
    match opened {
        Ok(body) => ok(body),
        Err(error) => not_durable(error),
    }
}

fn default_scopes(platform: Platform, kind: AccountKind) -> Vec<String> {
    let words = match (platform, kind) {
        (Platform::X, _) => X_SCOPES.to_vec(),
        (Platform::LinkedIn, AccountKind::Member) => LINKEDIN_SCOPES.to_vec(),
        (Platform::LinkedIn, AccountKind::Organization) => {
            [&LINKEDIN_SCOPES[..], &ORGANIZATION_SCOPES[..]].concat()
        }
    };
    words.into_iter().map(str::to_owned).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricsBody {
    platform: String,
    id: String,
    metrics: Metrics,
}

/// Sets how a post does; until then its numbers grow by themselves.
async fn set_metrics(State(emulator): State<Emulator>, received: Received) -> Response {
    let body = read::<MetricsBody>(&received).and_then(|body| Ok((platform(&body.platform)?, body)));
    let (platform, body) = match body {
        Ok(body) => body,
        Err(response) => return response,
    };
    let id = body.id.clone();
    let set = emulator
        .act(|tx| {
            let known = tx.world.posts.get(&body.id).is_some_and(|post| post.platform == platform);
            if known {
                tx.record(Event::MetricsSet { id: body.id, metrics: body.metrics });
            }
            known
        })
        .await;
    match set {
        Ok(true) => respond(Reply::empty(204)),
        Ok(false) => problem(404, "sandbox/no-post", format!("there is no post `{id}`")),
        Err(error) => not_durable(error),
    }
}

async fn requests(State(emulator): State<Emulator>, received: Received) -> Response {
    let Ok(since) = received.asked("since").unwrap_or("0").parse::<u64>() else {
        return problem(400, "sandbox/body", "`since` is the number of a request");
    };
    let page = emulator
        .act(|tx| {
            let requests: Vec<_> = tx.world.traffic.since(since).take(REQUESTS_PAGE).collect();
            let last = requests.last().map_or(since, |request| request.number);
            json!({"requests": requests, "last": last, "count": tx.world.traffic.count()})
        })
        .await;
    match page {
        Ok(page) => ok(page),
        Err(error) => not_durable(error),
    }
}

async fn clock(State(emulator): State<Emulator>) -> Response {
    ok(json!({"now": emulator.clock().now(), "skipping": emulator.clock().is_skipping()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    advance: Span,
}

async fn advance(State(emulator): State<Emulator>, received: Received) -> Response {
    let by = match read::<ClockBody>(&received).and_then(|body| body.advance.read()) {
        Ok(by) => by,
        Err(response) => return response,
    };
    if !emulator.clock().is_skipping() {
        let detail = "the clock is the real one and can't be pushed; start with `--clock skipping`";
        return problem(409, "sandbox/real-clock", detail);
    }
    let by: Duration = by.unsigned_abs();
    match emulator.clock().advance(by) {
        Ok(()) => ok(json!({"now": emulator.clock().now()})),
        Err(error) => problem(503, "sandbox/clock", error.to_string()),
    }
}

async fn reset(State(emulator): State<Emulator>) -> Response {
    match emulator.reset().await {
        Ok(()) => respond(Reply::empty(204)),
        Err(error) => not_durable(error),
    }
}
