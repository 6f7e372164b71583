//! How many requests run at once: more are told to come again, rather than waiting in memory.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::limits::REQUESTS_MAX;
use super::reply;
use crate::app::AppError;

/// The places for requests.
#[derive(Clone)]
pub(crate) struct Admission(Arc<Semaphore>);

impl Default for Admission {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(REQUESTS_MAX)))
    }
}

/// Lets a request in while there is a place, else answers 503 at once.
pub(crate) async fn admit(State(admission): State<Admission>, request: Request, next: Next) -> Response {
    let Ok(_place) = admission.0.try_acquire() else {
        let mut response = reply::problem(&AppError::Busy).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    };
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn status_with(places: usize) -> StatusCode {
        let admission = Admission(Arc::new(Semaphore::new(places)));
        let router =
            Router::new().route("/", get(async || "here")).layer(from_fn_with_state(admission, admit));
        router.oneshot(Request::new(Body::empty())).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_request_without_a_place_is_told_to_come_again() {
        assert_eq!(status_with(0).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status_with(1).await, StatusCode::OK);
    }
}
