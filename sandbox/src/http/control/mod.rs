//! `/_sandbox`: the judge's ledger, the fault switches, quotas, accounts, the clock.

mod accounts;
mod clock;
mod faults;
mod latency;
mod ledger;
mod limits;
mod metrics;
mod webhooks;

use axum::Router;
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
use crate::state::{Platform, Reply};

/// The longest length of time that a request may name.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);

pub(super) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/ledger", get(ledger::read))
        .route("/requests", get(ledger::requests))
        .route("/faults", get(faults::list).post(faults::set).delete(faults::clear))
        .route("/faults/{id}", delete(faults::remove))
        .route("/limits", get(limits::read).post(limits::set))
        .route("/latency", post(latency::set))
        .route("/accounts", post(accounts::open))
        .route("/metrics", post(metrics::set))
        .route("/webhooks", post(webhooks::send).put(webhooks::register))
        .route("/clock", get(clock::read).post(clock::advance))
        .route("/reset", post(clock::reset))
        .fallback(nothing)
}

/// What a person is told who asked for something wrong.
#[derive(Debug)]
struct Problem {
    status: StatusCode,
    /// Stable: the name of a page under `docs/errors`, with a slash.
    code: &'static str,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    /// The body, or a word in it, is wrong.
    fn body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "sandbox/body", detail)
    }
}

impl From<NotDurable> for Problem {
    fn from(error: NotDurable) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "sandbox/journal", error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, detail } = self;
        let title = status.canonical_reason().unwrap_or("Error");
        let body = json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "code": code, "detail": detail,
        });
        respond(Reply::problem(status.as_u16(), body))
    }
}

type Answer = Result<Response, Problem>;

fn ok(body: Value) -> Answer {
    Ok(respond(Reply::json(200, body)))
}

fn done() -> Answer {
    Ok(respond(Reply::empty(204)))
}

fn body<T: DeserializeOwned>(received: &Received) -> Result<T, Problem> {
    received.json().map_err(|error| Problem::body(format!("the body is not valid: {error}")))
}

fn platform(word: &str) -> Result<Platform, Problem> {
    Platform::from_word(word).ok_or_else(|| {
        let known: Vec<_> = Platform::ALL.iter().map(|platform| format!("`{}`", platform.as_str())).collect();
        let detail = format!("`{word}` is not a platform of the sandbox; it has {}", known.join(", "));
        Problem::new(StatusCode::BAD_REQUEST, "sandbox/unknown-platform", detail)
    })
}

/// A length of time: seconds as a number, or words such as `6h` or `1m 30s`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Span {
    Seconds(f64),
    Words(String),
}

impl Span {
    fn read(&self) -> Result<SignedDuration, Problem> {
        let span = match self {
            Self::Seconds(seconds) => SignedDuration::try_from_secs_f64(*seconds).ok(),
            Self::Words(words) => words.parse().ok(),
        };
        let rule = "a length of time is a number of seconds or words such as `6h`, up to 400 days";
        let fits = |span: &SignedDuration| !span.is_negative() && *span <= SPAN_MAX;
        span.filter(fits).ok_or_else(|| Problem::body(rule))
    }
}

async fn nothing(received: Received) -> Problem {
    let detail = format!("there is no `{} {}`", received.method, received.path);
    Problem::new(StatusCode::NOT_FOUND, "sandbox/no-route", detail)
}
