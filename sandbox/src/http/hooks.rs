//! The platforms' routes for webhooks.

use axum::extract::{Path, State};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::oauth::field;
use super::received::Received;
use crate::courier::challenge;
use crate::emulator::Emulator;
use crate::state::x::{self, HookAsked};
use crate::state::{Platform, Reply, Route, TokenHash};
use crate::{X_BEARER_TOKEN, X_CONSUMER_KEY, X_CONSUMER_SECRET};

/// A word that nobody can guess, to be proved with.
pub(super) fn word() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

fn is_app(received: &Received) -> bool {
    received.token() == Some(TokenHash::of(X_BEARER_TOKEN))
}

/// The application's own token, for its key and secret.
pub(super) async fn app_token(State(emulator): State<Emulator>, received: Received) -> Response {
    let pair = received.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let pair = pair.and_then(|pair| BASE64_STANDARD.decode(pair.trim()).ok());
    let known = pair.as_deref() == Some(format!("{X_CONSUMER_KEY}:{X_CONSUMER_SECRET}").as_bytes());
    let form = received.form();
    let grant = field(&form, "grant_type") == Some("client_credentials");
    emulator
        .answer_open(received.open_call(Route::XAppToken), |_, _| match (known, grant) {
            (true, true) => {
                Ok(Reply::json(200, json!({"token_type": "bearer", "access_token": X_BEARER_TOKEN})))
            }
            (true, false) => Err(x::problem::invalid("The grant type must be client_credentials.")),
            (false, _) => Err(x::problem::forbidden("Unable to verify your credentials")),
        })
        .await
}

pub(super) async fn create(State(emulator): State<Emulator>, received: Received) -> Response {
    let asked = HookAsked::from_body(&received.body);
    let passed = match &asked {
        // Nobody but the application makes the sandbox knock at addresses.
        Ok(asked) if is_app(&received) => challenge(Platform::X, &asked.url, &word()).await,
        Ok(_) | Err(_) => Ok(()),
    };
    let call = received.app_call(Route::XHookCreate);
    emulator.answer_open(call, |tx, _| x::create_hook(tx, &asked?, passed)).await
}

pub(super) async fn list(State(emulator): State<Emulator>, received: Received) -> Response {
    emulator.answer_open(received.app_call(Route::XHooks), |tx, _| Ok(x::hooks(tx))).await
}

pub(super) async fn validate(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    let url = emulator
        .act(|tx| {
            tx.world.hooks.of_platform(Platform::X).find(|hook| hook.id == id).map(|hook| hook.url.clone())
        })
        .await;
    let passed = match url {
        Ok(Some(url)) if is_app(&received) => challenge(Platform::X, &url, &word()).await.is_ok(),
        Ok(_) | Err(_) => false,
    };
    let call = received.app_call(Route::XHookValidate);
    emulator.answer_open(call, |tx, _| x::validated_hook(tx, &id, passed)).await
}

pub(super) async fn delete(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    emulator.answer_open(received.app_call(Route::XHookDelete), |tx, _| x::delete_hook(tx, &id)).await
}

pub(super) async fn subscribe(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.app_call(Route::XSubscribe);
    emulator.answer_open(call, |tx, _| x::subscribe(tx, &received.body)).await
}

pub(super) async fn subscriptions(State(emulator): State<Emulator>, received: Received) -> Response {
    emulator.answer_open(received.app_call(Route::XSubscriptions), |tx, _| Ok(x::subscriptions(tx))).await
}

pub(super) async fn unsubscribe(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    emulator.answer_open(received.app_call(Route::XUnsubscribe), |tx, _| x::unsubscribe(tx, &id)).await
}
