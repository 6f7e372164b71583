//! A request, read whole.

use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, OriginalUri, Request};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::platform::respond;
use crate::state::{Auth, Call, Platform, Route, TokenHash, linkedin, x};

/// A request with its body.
#[derive(Debug)]
pub(super) struct Received {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The body is larger than its route takes, or broke off.
#[derive(Debug)]
pub(super) struct TooLarge(Platform);

impl IntoResponse for TooLarge {
    fn into_response(self) -> Response {
        respond(match self.0 {
            Platform::X => x::problem::too_large(),
            Platform::LinkedIn => linkedin::problem::too_large(),
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Received {
    type Rejection = TooLarge;

    async fn from_request(request: Request, state: &S) -> Result<Self, TooLarge> {
        let (parts, body) = request.into_parts();
        // The layers of a nest cut the prefix off; answers about the path need it.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0).clone();
        let (method, headers) = (parts.method.clone(), parts.headers.clone());
        let platform = platform_of(uri.path());
        let body = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let body = body.map_err(|_| TooLarge(platform))?;
        Ok(Self { method, path: uri.path().to_owned(), query: query_of(&uri), headers, body })
    }
}

impl Received {
    /// The first value of a name in the query.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The digest of the bearer token, if there is one.
    pub(super) fn token(&self) -> Option<TokenHash> {
        let (scheme, token) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
            .then(|| TokenHash::of(token.trim()))
    }

    /// The call of a route that takes a token with these scopes.
    pub(super) fn call(&self, route: Route, scopes: &'static [&'static str]) -> Call {
        Call {
            route,
            path: self.path.clone(),
            auth: Auth::Bearer(self.token(), scopes),
            body_bytes: self.body.len(),
            body_sha256: (!self.body.is_empty()).then(|| hex::encode(Sha256::digest(&self.body))),
        }
    }

    /// The call of a route that takes the application's own token.
    pub(super) fn app_call(&self, route: Route) -> Call {
        Call { auth: Auth::App(self.token()), ..self.call(route, &[]) }
    }

    /// The call of a route that signs in by itself. Its body may hold secrets, so no trace of it is kept.
    pub(super) fn open_call(&self, route: Route) -> Call {
        Call {
            route,
            path: self.path.clone(),
            auth: Auth::Open,
            body_bytes: self.body.len(),
            body_sha256: None,
        }
    }

    /// The fields of a form body.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    pub(super) fn is_json(&self) -> bool {
        self.has_type("application/json")
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.has_type("multipart/form-data")
    }

    fn has_type(&self, wanted: &str) -> bool {
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
    }

    /// The parts of a multipart body by their names; what can't be read is left out.
    pub(super) async fn parts(&self) -> Vec<(String, Bytes)> {
        let mut request = Request::new(axum::body::Body::from(self.body.clone()));
        *request.headers_mut() = self.headers.clone();
        // The body has passed its route's limit already.
        DefaultBodyLimit::max(self.body.len()).apply(&mut request);
        let mut parts = Vec::new();
        let Ok(mut multipart) = Multipart::from_request(request, &()).await else { return parts };
        while let Ok(Some(field)) = multipart.next_field().await {
            let name = field.name().unwrap_or_default().to_owned();
            let Ok(bytes) = field.bytes().await else { break };
            parts.push((name, bytes));
        }
        parts
    }

    /// Which platform the path belongs to.
    pub(super) fn platform(&self) -> Platform {
        platform_of(&self.path)
    }
}

fn platform_of(path: &str) -> Platform {
    if path.starts_with("/linkedin/") { Platform::LinkedIn } else { Platform::X }
}

fn query_of(uri: &Uri) -> Vec<(String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}
