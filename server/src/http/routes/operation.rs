//! Queues, workers, schedules and figures, for operators.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::operation::{QueueList, ScheduleChange, ScheduleList, ScheduleView, WorkerList};
use crate::app::Caller;
use crate::http::asked::{Body, Path};
use crate::http::metrics::{self, EXPOSITION};
use crate::http::reply::{Failed, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let operator = Need::Operator;
    vec![
        Route::get("/api/v1/queues", operator, queues)
            .summary("How much of each kind of work waits, runs and went through.")
            .answers::<QueueList>(200),
        Route::get("/api/v1/workers", operator, workers)
            .summary("The workers that poll the home of the workflows.")
            .answers::<WorkerList>(200),
        Route::get("/api/v1/schedules", operator, schedules)
            .summary("The work that is done from time to time, and when.")
            .answers::<ScheduleList>(200),
        Route::patch("/api/v1/schedules/{scheduleId}", operator, change)
            .summary("Pauses or resumes a schedule, or runs it once now.")
            .takes::<ScheduleChange>()
            .like(json!({"trigger": true}))
            .answers::<ScheduleView>(200),
        Route::get("/metrics", operator, figures)
            .summary("Figures in Prometheus's text format.")
            .answers_text(200, "text/plain"),
    ]
}

async fn queues(State(shared): State<Shared>) -> Reply<QueueList> {
    Ok(Json(shared.app.queues(shared.home.seen()).await?))
}

async fn workers(State(shared): State<Shared>) -> Reply<WorkerList> {
    Ok(Json(shared.app.workers(shared.home.seen()).await?))
}

async fn schedules(State(shared): State<Shared>) -> Reply<ScheduleList> {
    Ok(Json(shared.app.schedules(shared.home.seen()).await?))
}

async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<ScheduleChange>,
) -> Reply<ScheduleView> {
    Ok(Json(shared.app.change_schedule(shared.home.seen(), &id, change, &caller.name).await?))
}

async fn figures(State(shared): State<Shared>) -> Result<Response, Failed> {
    let text = metrics::exposition(&shared.app, shared.home.seen(), &shared.traffic).await?;
    Ok(([(header::CONTENT_TYPE, EXPOSITION)], text).into_response())
}
