//! Who may call: a bearer token on every route of the API except the platforms' callbacks.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::limits::TOKEN_BYTES_MAX;
use super::reply;
use super::serve::Shared;
use crate::app::AppError;

/// Lets a request through when it brings the right token; else 401.
pub(crate) async fn require_token(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let admitted = bearer(request.headers()).is_some_and(|token| shared.admin_token.accepts(token));
    if admitted {
        return next.run(request).await;
    }
    let mut response = reply::problem(&AppError::Unauthenticated).into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tidings\""));
    response
}

/// The token of exactly one `Authorization: Bearer …` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let fits = !token.is_empty() && token.len() <= TOKEN_BYTES_MAX;
    (scheme.eq_ignore_ascii_case("bearer") && fits).then(|| token.trim())
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
}
