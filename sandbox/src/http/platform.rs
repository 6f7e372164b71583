//! From a request to a platform's answer: the state decides, this waits and writes.

use axum::body::Body as HttpBody;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::connection::HangUp;
use crate::emulator::Emulator;
use crate::journal::NotDurable;
use crate::state::{Body, Call, Caller, Ending, Platform, Reply, Tx, decide, linkedin, x};

impl Emulator {
    /// Answers a request to a route that takes a token.
    pub(super) async fn answer(
        &self,
        call: Call,
        rules: impl FnOnce(&mut Tx<'_>, &Caller) -> Result<Reply, Reply>,
    ) -> Response {
        let platform = call.route.platform();
        self.answer_open(call, |tx, caller| match caller {
            Some(caller) => rules(tx, caller),
            // The gate lets no call for a bearer pass without one.
            None => Err(unavailable(platform, "no caller")),
        })
        .await
    }

    /// Answers a request to any route.
    pub(super) async fn answer_open(
        &self,
        call: Call,
        rules: impl FnOnce(&mut Tx<'_>, Option<&Caller>) -> Result<Reply, Reply>,
    ) -> Response {
        let platform = call.route.platform();
        let (reply, delay) = match self.act(|tx| decide(tx, &call, rules)).await {
            Err(NotDurable) => {
                return respond(unavailable(platform, "The sandbox's journal can't be written."));
            }
            Ok(Ending::HangUp) => return hang_up(),
            Ok(Ending::Answer { reply, delay }) => (reply, delay),
        };
        if !delay.is_zero() {
            self.clock().sleep(delay.unsigned_abs()).await;
        }
        respond(reply)
    }

    /// Keeps uploaded bytes; a full disk is a 503.
    pub(super) async fn keep(&self, platform: Platform, bytes: bytes::Bytes) -> Result<String, Reply> {
        self.blobs().keep(bytes).await.map_err(|error| {
            tracing::warn!(%error, "sandbox can't keep an upload");
            unavailable(platform, "The sandbox can't keep the upload.")
        })
    }
}

/// The platform's way to say that the sandbox itself can't go on.
pub(super) fn unavailable(platform: Platform, why: &str) -> Reply {
    match platform {
        Platform::X => x::problem::unavailable(why),
        Platform::LinkedIn => linkedin::problem::unavailable(why),
    }
}

/// Writes an answer.
pub(super) fn respond(reply: Reply) -> Response {
    let (kind, body) = match reply.body {
        Body::Empty => (None, HttpBody::empty()),
        Body::Json(value) => (Some("application/json; charset=utf-8"), HttpBody::from(value.to_string())),
        Body::Problem(value) => (Some("application/problem+json"), HttpBody::from(value.to_string())),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn hang_up() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(HangUp);
    response
}
