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
