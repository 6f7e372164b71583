//! How many requests run at once: a burst of more waits a moment for a place, and what is beyond that is told to
//! come again.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::limits::{PLACE_WAIT_MAX, REQUESTS_MAX, WAITING_MAX};
use super::reply;
use crate::app::AppError;

/// The places for requests.
#[derive(Clone)]
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    /// The right to wait for one.
    waiting: Arc<Semaphore>,
    wait_max: Duration,
}

impl Default for Admission {
    fn default() -> Self {
        Self::of(REQUESTS_MAX, WAITING_MAX, PLACE_WAIT_MAX)
    }
}

impl Admission {
    fn of(places: usize, waiting: usize, wait_max: Duration) -> Self {
        let [places, waiting] = [places, waiting].map(|count| Arc::new(Semaphore::new(count)));
        Self { places, waiting, wait_max }
    }

    /// A place, if there is one soon.
    async fn place(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        let _waiting = self.waiting.try_acquire().ok()?;
        tokio::time::timeout(self.wait_max, self.places.acquire()).await.ok()?.ok()
    }
}

/// Lets a request in when there is a place, else answers 503.
pub(crate) async fn admit(State(admission): State<Admission>, request: Request, next: Next) -> Response {
    let Some(_place) = admission.place().await else {
        let mut response = reply::problem(&AppError::Busy).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    };
    next.run(request).await
}

/// Gives a request up that takes longer than any may, so that its place is free again.
pub(crate) async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => reply::problem(&AppError::GivenUp { s: limit.as_secs() }).into_response(),
    }
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
        let admission = Admission::of(places, 1, Duration::ZERO);
        let router =
            Router::new().route("/", get(async || "here")).layer(from_fn_with_state(admission, admit));
        router.oneshot(Request::new(Body::empty())).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_request_without_a_place_is_told_to_come_again() {
        assert_eq!(status_with(0).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status_with(1).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_told_to_come_again() {
        let router = Router::new()
            .route("/", get(async || std::future::pending::<&str>().await))
            .layer(from_fn_with_state(Duration::ZERO, in_time));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }

    #[tokio::test]
    async fn a_burst_waits_for_a_place_and_no_more_than_may_wait() {
        let admission = Admission::of(1, 1, Duration::from_secs(60));
        let first = admission.place().await.unwrap();
        let mut second = std::pin::pin!(admission.place());
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        assert!(admission.place().await.is_none(), "one waits already");
        drop(first);
        assert!(second.await.is_some());
    }
}
