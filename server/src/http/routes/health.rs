//! `/health/live` and `/health/ready`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::health::{Live, Ready};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/health/live", Need::Nobody, live)
            .summary("Whether the process runs.")
            .answers::<Live>(200),
        Route::get("/health/ready", Need::Nobody, ready)
            .summary("Whether the process can do its work.")
            .answers::<Ready>(200)
            .answers::<Ready>(503),
    ]
}

/// Always answers while the process runs.
async fn live(State(shared): State<Shared>) -> Json<Live> {
    Json(Live { live: true, instance: shared.instance.clone() })
}

/// 200 only when every condition holds, else 503 with the conditions.
async fn ready(State(shared): State<Shared>) -> (StatusCode, Json<Ready>) {
    let ready = shared.readiness.ask().await;
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready))
}
