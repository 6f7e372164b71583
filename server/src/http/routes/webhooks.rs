//! Webhooks that come in. Their signature is their token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::webhook::{Accepted, Registration, SenderSecret};
use crate::app::webhooks::{Challenge, Received, Source, Taken};
use crate::app::{AppError, Caller, ORGANIZATION, Rank};
use crate::http::asked::{Path, Raw};
use crate::http::limits::WEBHOOK_BYTES_MAX;
use crate::http::reply::{Failed, Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/social/webhooks/{platform}", Need::Nobody, challenge)
            .summary("Answers the challenge of `twitter`, `linkedin` or `meta`.")
            .query::<ChallengeQuery>()
            .answers::<Map<String, Value>>(200)
            .problems(&[401]),
        Route::post("/api/v1/social/webhooks/{platform}", Need::Nobody, receive)
            .summary("Takes an event of `twitter`, `linkedin`, `meta`, or any `generic` sender; each once.")
            .takes_as("application/json", anything)
            .query::<SenderQuery>()
            .answers::<Accepted>(202)
            .problems(&[401])
            .bytes_max(WEBHOOK_BYTES_MAX),
        Route::post("/api/v1/webhooks/{organization}/signals/{campaign}/{signal}", Need::Nobody, signal)
            .summary("Takes a signal for a campaign from any signed sender; each once.")
            .takes_as("application/json", anything)
            .answers::<Accepted>(202)
            .problems(&[401])
            .bytes_max(WEBHOOK_BYTES_MAX),
        Route::post("/api/v1/webhooks/git", Need::Nobody, pushed)
            .summary("Hears from a git host that the repository of `up --git` was pushed to.")
            .takes_as("application/json", anything)
            .answers::<Accepted>(202)
            .problems(&[401])
            .bytes_max(WEBHOOK_BYTES_MAX),
        Route::get("/api/v1/webhook-registration", Need::Operator, registration)
            .summary("How our own webhook at X stands.")
            .answers::<Registration>(200)
            .problems(&[422, 502]),
        Route::post("/api/v1/webhook-registration", Need::Operator, register)
            .summary(
                "Registers our own webhook at X and subscribes it to what happens to connected accounts.",
            )
            .answers::<Registration>(200)
            .problems(&[422, 502]),
        Route::get("/api/v1/organizations/{organizationId}/webhook-secret", Need::Rank(Rank::Admin), secret)
            .summary("What senders to the organization sign with; that of `default` is `WEBHOOK_SECRET`.")
            .answers::<SenderSecret>(200),
    ]
}

async fn registration(State(shared): State<Shared>) -> Reply<Registration> {
    Ok(Json(shared.app.webhook_registration().await?))
}

async fn register(State(shared): State<Shared>) -> Reply<Registration> {
    Ok(Json(shared.app.register_webhook().await?))
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({})
}

/// What platforms ask with.
#[derive(Default, Deserialize, JsonSchema)]
struct ChallengeQuery {
    crc_token: Option<String>,
    #[serde(rename = "challengeCode")]
    challenge_code: Option<String>,
    #[serde(rename = "hub.challenge")]
    hub_challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    hub_verify_token: Option<String>,
}

/// Whom a generic sender tells.
#[derive(Default, Deserialize, JsonSchema)]
struct SenderQuery {
    /// `default` where unsaid.
    organization: Option<String>,
}

async fn challenge(
    State(shared): State<Shared>,
    Path(platform): Path<String>,
    Params(query): Params<ChallengeQuery>,
) -> Result<Response, Failed> {
    let ChallengeQuery { crc_token, challenge_code, hub_challenge, hub_verify_token } = query;
    let hub = hub_challenge.zip(hub_verify_token);
    let asked = Challenge { crc_token, challenge_code, hub };
    Ok(match shared.app.webhook_challenge(source(&platform)?, &asked)? {
        Value::String(text) => text.into_response(),
        value => Json(value).into_response(),
    })
}

async fn receive(
    State(shared): State<Shared>,
    Path(platform): Path<String>,
    Params(query): Params<SenderQuery>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<(StatusCode, Json<Accepted>), Failed> {
    let source = source(&platform)?;
    let header = match source {
        Source::X => "x-twitter-webhooks-signature",
        Source::LinkedIn => "x-li-signature",
        Source::Meta => "x-hub-signature-256",
        Source::Generic => "x-signature",
    };
    let received = received(&headers, header, &body);
    accepted(shared.app.receive(source, query.organization.as_deref(), &received).await?)
}

async fn signal(
    State(shared): State<Shared>,
    Path((organization, campaign, signal)): Path<(String, String, String)>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<(StatusCode, Json<Accepted>), Failed> {
    let received = received(&headers, "x-signature", &body);
    accepted(shared.app.receive_signal(&organization, (&campaign, &signal), &received).await?)
}

/// GitHub, Gitea and Forgejo sign; GitLab sends the secret itself.
async fn pushed(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<(StatusCode, Json<Accepted>), Failed> {
    let signature = if headers.contains_key("x-signature") { "x-signature" } else { "x-hub-signature-256" };
    let received = received(&headers, signature, &body);
    let token = headers.get("x-gitlab-token").and_then(|value| value.to_str().ok());
    shared.app.pushed(&received, token)?;
    accepted(Taken { new: true })
}

async fn secret(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
) -> Reply<SenderSecret> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    let found = shared.app.webhook_secret(&organization).filter(|_| organization != ORGANIZATION);
    let unknown = || AppError::NotFound { what: "webhook secret to show of", id: organization };
    let secret = found.ok_or_else(unknown)?;
    Ok(Json(SenderSecret { secret: secret.expose_secret().to_owned() }))
}

fn accepted(taken: Taken) -> Result<(StatusCode, Json<Accepted>), Failed> {
    Ok((StatusCode::ACCEPTED, Json(Accepted { duplicate: !taken.new })))
}

fn source(word: &str) -> Result<Source, AppError> {
    let unknown = || AppError::NotFound { what: "webhook of", id: word.chars().take(80).collect() };
    Source::named(word).ok_or_else(unknown)
}

fn received(headers: &HeaderMap, signature: &str, body: &[u8]) -> Received {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let standard = header("webhook-id").zip(header("webhook-timestamp")).zip(header("webhook-signature"));
    Received {
        body: body.to_vec(),
        signature: header(signature).unwrap_or_default(),
        standard: standard.map(|((id, timestamp), signature)| (id, timestamp, signature)),
    }
}
