//! `/health/live` and `/health/ready`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::health::{Live, Ready};
use crate::http::serve::Shared;

/// Always answers while the process runs.
pub(crate) async fn live(State(shared): State<Shared>) -> Json<Live> {
    Json(Live { live: true, instance: shared.instance.clone() })
}

/// 200 only when every condition holds, else 503 with the conditions.
pub(crate) async fn ready(State(shared): State<Shared>) -> (StatusCode, Json<Ready>) {
    let ready = shared.readiness.ask().await;
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready))
}
