//! Answers, problems and inputs in the forms that every route shares.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::api::{Nature, Problem};
use crate::app::AppError;

/// When to come again after an answer of 503, in seconds: what passes by itself passes soon.
const RETRY_SOON_S: &str = "5";

/// What a handler gives back.
pub(crate) type Reply<T> = Result<Json<T>, Failed>;

/// A failed request on its way out.
#[derive(Debug)]
pub(crate) struct Failed(Box<Problem>);

impl Failed {
    pub(crate) fn into_problem(self) -> Problem {
        *self.0
    }
}

impl Failed {
    /// The same problem with a more exact status of its class.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status.as_u16();
        self.0.title = status.canonical_reason().unwrap_or("Error").to_owned();
        self
    }
}

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        problem(&error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_SOON_S));
        }
        response
    }
}

/// Writes an error down for the caller. What is our fault is logged with its causes and told without them.
pub(crate) fn problem(error: &AppError) -> Failed {
    let status = status_of(error.nature());
    if error.nature() == Nature::Internal {
        tracing::error!(code = error.code(), error = error as &dyn std::error::Error, "a request failed");
    }
    Failed(Box::new(Problem {
        kind: format!("urn:tidings:error:{}", error.code()),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        code: error.code().to_owned(),
        detail: error.to_string(),
        help: error.help(),
        state: error.state().map(str::to_owned),
        errors: error.fields(),
        diagnostics: error.diagnostics(),
    }))
}

fn status_of(nature: Nature) -> StatusCode {
    match nature {
        Nature::Malformed => StatusCode::BAD_REQUEST,
        Nature::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Nature::SignIn => StatusCode::UNAUTHORIZED,
        Nature::Forbidden => StatusCode::FORBIDDEN,
        Nature::Limited => StatusCode::TOO_MANY_REQUESTS,
        Nature::NotFound => StatusCode::NOT_FOUND,
        Nature::Conflict => StatusCode::CONFLICT,
        Nature::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Nature::Upstream => StatusCode::BAD_GATEWAY,
        Nature::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Nature::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The other way round, for clients.
#[must_use]
pub fn nature_of_status(status: u16) -> Nature {
    match status {
        401 => Nature::SignIn,
        403 => Nature::Forbidden,
        429 => Nature::Limited,
        404 | 410 => Nature::NotFound,
        409 | 412 => Nature::Conflict,
        413 => Nature::TooLarge,
        422 => Nature::Invalid,
        400..=499 => Nature::Malformed,
        502 => Nature::Upstream,
        503 | 504 => Nature::Unavailable,
        _ => Nature::Internal,
    }
}

/// Query parameters whose faults are told as a problem.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        let _ = state;
        // Whose things are meant is read elsewhere ([`super::asked::Home`]).
        let query = parts.uri.query().unwrap_or_default();
        let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("organizationId=")).collect();
        let uri: Uri = format!("/?{}", rest.join("&"))
            .parse()
            .map_err(|_| problem(&AppError::Malformed("the query can't be read".to_owned())))?;
        match Query::<T>::try_from_uri(&uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(problem(&refused_query(&rejection))),
        }
    }
}

fn refused_query(rejection: &QueryRejection) -> AppError {
    AppError::field(
        "query",
        rejection.body_text().trim_start_matches("Failed to deserialize query string: ").to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_round_trip() {
        for nature in [
            Nature::Malformed,
            Nature::Invalid,
            Nature::SignIn,
            Nature::Forbidden,
            Nature::Limited,
            Nature::NotFound,
            Nature::Conflict,
            Nature::TooLarge,
            Nature::Upstream,
            Nature::Unavailable,
            Nature::Internal,
        ] {
            assert_eq!(nature_of_status(status_of(nature).as_u16()), nature);
        }
    }
}
