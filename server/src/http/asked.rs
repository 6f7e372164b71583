//! What a request brings: a body, a key under which it may be asked again, and whose things are meant.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::client_auth::caller_of;
use super::limits::BODY_TIME_MAX;
use super::reply::{Failed, problem};
use super::serve::Shared;
use crate::app::{AppError, Caller, Once};

const KEY: &str = "idempotency-key";

/// The variable parts of the path; what can't be read is told as a problem.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        match extract::Path::from_request_parts(parts, state).await {
            Ok(extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(problem(&AppError::Malformed("the path can't be read".to_owned()))),
        }
    }
}

/// A JSON body whose faults are told as a problem.
pub(crate) struct Body<T>(pub(crate) T);

/// As [`Body`], where nothing at all is the default.
pub(crate) struct MaybeBody<T>(pub(crate) T);

/// A JSON body, and what makes its request the same as another one.
pub(crate) struct Keyed<T> {
    pub(crate) body: T,
    pub(crate) once: Option<Once>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        must_be_json(request.headers())?;
        Ok(Self(read(&bytes(request, state).await?)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let typed = must_be_json(request.headers());
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        typed?;
        Ok(Self(read(&bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        must_be_json(request.headers())?;
        let (parts, body) = request.into_parts();
        let caller = caller_of(&parts.extensions)?;
        let (target, headers) = (format!("{} {}", parts.method, parts.uri), parts.headers.clone());
        let bytes = bytes(Request::from_parts(parts, body), state).await?;
        let once = once(&caller, &headers, &target, &bytes)?;
        Ok(Self { body: read(&bytes)?, once })
    }
}

/// As [`Keyed`], where nothing at all is the default.
pub(crate) struct MaybeKeyed<T> {
    pub(crate) body: T,
    pub(crate) once: Option<Once>,
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeKeyed<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        let typed = must_be_json(request.headers());
        let (parts, body) = request.into_parts();
        let caller = caller_of(&parts.extensions)?;
        let (target, headers) = (format!("{} {}", parts.method, parts.uri), parts.headers.clone());
        let bytes = bytes(Request::from_parts(parts, body), state).await?;
        let once = once(&caller, &headers, &target, &bytes)?;
        if bytes.is_empty() {
            return Ok(Self { body: T::default(), once });
        }
        typed?;
        Ok(Self { body: read(&bytes)?, once })
    }
}

/// The request's key, where it has one.
pub(crate) fn once(
    caller: &Caller,
    headers: &HeaderMap,
    target: &str,
    body: &[u8],
) -> Result<Option<Once>, AppError> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = if values.next().is_some() { "" } else { value.to_str().unwrap_or_default() };
    let what = [target.as_bytes(), b"\n", body].concat();
    Once::new(caller, key, &what).map(Some)
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Failed> {
    bytes_within(BODY_TIME_MAX, request, state).await
}

async fn bytes_within<S: Send + Sync>(limit: Duration, request: Request, state: &S) -> Result<Bytes, Failed> {
    match tokio::time::timeout(limit, Bytes::from_request(request, state)).await {
        Ok(read) => read.map_err(|rejection| problem(&broken(&rejection))),
        Err(_) => {
            let slow = problem(&AppError::Slow { s: limit.as_secs() });
            Err(slow.with_status(StatusCode::REQUEST_TIMEOUT))
        }
    }
}

/// A body as it came.
pub(crate) struct Raw(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        Ok(Self(bytes(request, state).await?))
    }
}

/// Why a body did not come.
pub(crate) fn broken(rejection: &BytesRejection) -> AppError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge,
        _ => AppError::Malformed("the body can't be read".to_owned()),
    }
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Failed> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let error = AppError::Malformed("the body needs the content type `application/json`".to_owned());
    Err(problem(&error))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => AppError::field("", error.to_string()),
        _ => AppError::Malformed("the body is not JSON".to_owned()),
    })
}

/// The organization of a route that names none: the caller's, or for a caller with several the one in
/// `?organizationId=`.
pub(crate) struct Home(pub(crate) String);

/// As [`Home`], for routes that can do without: `None` where the caller has none or several and names none.
pub(crate) struct MaybeHome(pub(crate) Option<String>);

impl FromRequestParts<Shared> for Home {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Failed> {
        let MaybeHome(found) = MaybeHome::from_request_parts(parts, shared).await?;
        let unsaid = || AppError::field("organizationId", "say which organization is meant");
        found.map(Self).ok_or_else(|| unsaid().into())
    }
}

impl FromRequestParts<Shared> for MaybeHome {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Failed> {
        let caller = caller_of(&parts.extensions)?;
        let query = parts.uri.query().unwrap_or_default();
        let named = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "organizationId");
        match named {
            Some((_, name)) => Ok(Self(Some(shared.app.organization_for(&caller, &name).await?))),
            None => Ok(Self(caller.organization().map(str::to_owned))),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Stream;
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(Stream::from_stream(never));
        let problem = bytes_within(Duration::ZERO, request, &()).await.unwrap_err().into_problem();
        assert_eq!((problem.status, problem.code.as_str()), (408, "request/slow"));
        let request = Request::new(Stream::from("{}"));
        assert_eq!(bytes_within(Duration::from_secs(60), request, &()).await.unwrap(), "{}");
    }
}
