//! Posts made: one, or one per account of a cross-post.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::api::post::{CrossPostRequest, PostView, PostsMade, ScheduleRequest};
use crate::app::{Caller, Rank};
use crate::http::asked::Keyed;
use crate::http::reply::Failed;
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let at = "2099-03-18T09:00:00Z";
    vec![
        Route::post("/api/v1/social/schedule", Need::Rank(Rank::Editor), schedule)
            .summary("Schedules a content piece on an account; without `scheduledAt` for now.")
            .takes::<ScheduleRequest>()
            .like(json!({"contentPieceId": "launch", "socialAccountId": "acc_1", "scheduledAt": at, "priority": 3}))
            .answers::<PostView>(201)
            .problems(&[404])
            .once(),
        Route::post("/api/v1/social/cross-post", Need::Rank(Rank::Editor), cross_post)
            .summary("Schedules a content piece on several accounts: all are checked before any is taken.")
            .takes::<CrossPostRequest>()
            .like(json!({
                "contentPieceId": "launch",
                "platformSchedules": [
                    {"platform": "TWITTER", "socialAccountId": "acc_1", "scheduledAt": at},
                    {"platform": "LINKEDIN", "socialAccountId": "acc_2", "scheduledAt": at},
                ],
                "synchronized": true,
            }))
            .answers::<PostsMade>(201)
            .problems(&[404])
            .once(),
    ]
}

async fn schedule(
    State(shared): State<Shared>,
    caller: Caller,
    Keyed { body, once }: Keyed<ScheduleRequest>,
) -> Result<(StatusCode, Json<PostView>), Failed> {
    Ok((StatusCode::CREATED, Json(shared.app.schedule(&caller, body, once).await?)))
}

async fn cross_post(
    State(shared): State<Shared>,
    caller: Caller,
    Keyed { body, once }: Keyed<CrossPostRequest>,
) -> Result<(StatusCode, Json<PostsMade>), Failed> {
    Ok((StatusCode::CREATED, Json(shared.app.cross_post(&caller, body, once).await?)))
}
