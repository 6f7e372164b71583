//! Who may call: a bearer token on every route of the API except the platforms' callbacks and webhooks.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::limits::TOKEN_BYTES_MAX;
use super::rate::Subject;
use super::reply;
use super::route::Need;
use super::serve::Shared;
use crate::app::{AppError, Caller, Rank};

/// What stands before a route.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) shared: Shared,
    pub(crate) need: Need,
}

/// Lets a request through when its token is good and its role high enough: 401 and 403 else. Whose thing is
/// meant is judged behind it: another organization's is a 404.
pub(crate) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let Guard { shared, need } = guard;
    if need == Need::Nobody {
        return next.run(request).await;
    }
    let caller = match authenticate(&shared, request.headers()).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return unauthenticated(),
        Err(error) => return reply::problem(&error).into_response(),
    };
    let left = match shared.rate.ask(Subject::Token(caller.id.clone()), shared.app.clock.now()).await {
        Ok(left) => left,
        Err(limited) => return limited.into_response(),
    };
    if let Some(role) = missing(&caller, need) {
        return reply::problem(&AppError::Role(role)).into_response();
    }
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    left.tell(response.headers_mut());
    response
}

/// The role that a caller lacks.
fn missing(caller: &Caller, need: Need) -> Option<&'static str> {
    let (good, role) = match need {
        Need::Nobody | Need::Anyone => (true, ""),
        Need::Operator => (caller.operates(), "operator"),
        Need::Rank(rank) => {
            let word = match rank {
                Rank::Viewer => "viewer",
                Rank::Editor => "editor",
                Rank::Approver => "approver",
                Rank::Admin => "admin",
            };
            (caller.rank().is_some_and(|own| own >= rank), word)
        }
    };
    (!good).then_some(role)
}

async fn authenticate(shared: &Shared, headers: &HeaderMap) -> Result<Option<Caller>, AppError> {
    let Some(token) = bearer(headers) else { return Ok(None) };
    if shared.admin_token.accepts(token) {
        return Ok(Some(Caller::admin()));
    }
    shared.app.caller(token).await
}

fn unauthenticated() -> Response {
    let mut response = reply::problem(&AppError::Unauthenticated).into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tidings\""));
    response
}

/// The token of exactly one `Authorization: Bearer …` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let fits = !token.is_empty() && token.len() <= TOKEN_BYTES_MAX;
    (scheme.eq_ignore_ascii_case("bearer") && fits).then(|| token.trim())
}

/// Who sent a request. A route without a guard has no caller: it must not be served as if it had one.
pub(crate) fn caller_of(extensions: &Extensions) -> Result<Caller, AppError> {
    extensions.get::<Caller>().cloned().ok_or(AppError::Unauthenticated)
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        caller_of(&parts.extensions).map_err(|error| reply::problem(&error).into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn one_bearer_token_is_taken() {
        assert_eq!(bearer(&of(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&of(&["bearer abc"])), Some("abc"));
    }

    #[test]
    fn anything_else_is_no_token() {
        let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES_MAX + 1));
        for values in
            [&[][..], &["abc"], &["Basic abc"], &["Bearer "], &["Bearer a", "Bearer b"], &[long.as_str()]]
        {
            assert_eq!(bearer(&of(values)), None, "{values:?}");
        }
    }

    #[test]
    fn a_higher_rank_may_what_a_lower_one_may() {
        let admin = Caller::admin();
        for need in [Need::Anyone, Need::Rank(Rank::Viewer), Need::Rank(Rank::Admin), Need::Operator] {
            assert_eq!(missing(&admin, need), None, "{need:?}");
        }
    }
}
