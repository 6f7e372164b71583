//! Many posts in one request. The answer is written as the outcomes come, so that it needs no memory.

use axum::body::{Body as Stream, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::api::post::{BulkCancel, BulkChange, BulkItem, BulkOutcome, PostView, ScheduleRequest};
use crate::app::social::BulkWork;
use crate::app::{AppError, Caller, Rank};
use crate::http::asked::Keyed;
use crate::http::limits::BUNDLE_BYTES_MAX;
use crate::http::reply::{Failed, problem};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let at = "2099-03-18T09:00:00Z";
    vec![
        Route::post("/api/v1/social/bulk", Need::Rank(Rank::Editor), schedule)
            .summary("Schedules up to 10,000 posts; each item stands alone.")
            .takes::<Vec<ScheduleRequest>>()
            .like(json!([{"contentPieceId": "launch", "socialAccountId": "acc_1", "scheduledAt": at}]))
            .answers::<BulkOutcome>(200)
            .bytes_max(BUNDLE_BYTES_MAX)
            .once(),
        Route::post("/api/v1/social/bulk/cancel", Need::Rank(Rank::Editor), cancel)
            .summary("Cancels up to 10,000 posts; each item stands alone.")
            .takes::<Vec<BulkCancel>>()
            .like(json!(["pub_0123456789abcdef01234567"]))
            .answers::<BulkOutcome>(200)
            .bytes_max(BUNDLE_BYTES_MAX),
        Route::post("/api/v1/social/bulk/reschedule", Need::Rank(Rank::Editor), reschedule)
            .summary("Moves up to 10,000 posts; each item stands alone.")
            .takes::<Vec<BulkChange>>()
            .like(json!([{"postId": "pub_0123456789abcdef01234567", "scheduledAt": at}]))
            .answers::<BulkOutcome>(200)
            .bytes_max(BUNDLE_BYTES_MAX),
    ]
}

async fn schedule(
    State(shared): State<Shared>,
    caller: Caller,
    asked: Keyed<Vec<Value>>,
) -> Result<Response, Failed> {
    streamed(&shared, caller, BulkWork::Schedule, asked).await
}

async fn cancel(
    State(shared): State<Shared>,
    caller: Caller,
    asked: Keyed<Vec<Value>>,
) -> Result<Response, Failed> {
    streamed(&shared, caller, BulkWork::Cancel, asked).await
}

async fn reschedule(
    State(shared): State<Shared>,
    caller: Caller,
    asked: Keyed<Vec<Value>>,
) -> Result<Response, Failed> {
    streamed(&shared, caller, BulkWork::Reschedule, asked).await
}

/// Tells each outcome as soon as those before it are told; the sums come last.
async fn streamed(
    shared: &Shared,
    caller: Caller,
    work: BulkWork,
    Keyed { body, once }: Keyed<Vec<Value>>,
) -> Result<Response, Failed> {
    // Cancelling and moving twice is doing it once, whatever the key.
    let once = once.filter(|_| work == BulkWork::Schedule);
    let outcomes = shared.app.bulk(caller, work, body, once).await?;
    let good = if work == BulkWork::Schedule { 201 } else { 200 };
    let (mut succeeded, mut failed) = (0_u64, 0_u64);
    let end = || futures_util::stream::iter([None]);
    let items = end().chain(outcomes.map(Some)).chain(end());
    let mut begun = false;
    let text = items.map(move |next| {
        let Some((index, outcome)) = next else {
            if !begun {
                begun = true;
                return "{\"results\":[".to_owned();
            }
            return format!("],\"succeeded\":{succeeded},\"failed\":{failed}}}");
        };
        match &outcome {
            Ok(_) => succeeded += 1,
            Err(_) => failed += 1,
        }
        let comma = if index == 0 { "" } else { "," };
        format!("{comma}{}", told(index, outcome, good))
    });
    let body = Stream::from_stream(text.map(|text| Ok::<_, std::convert::Infallible>(Bytes::from(text))));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn told(index: u64, outcome: Result<PostView, AppError>, good: u16) -> String {
    let item = match outcome {
        Ok(post) => BulkItem::done(index, post, good),
        Err(error) => {
            let problem = problem(&error).into_problem();
            BulkItem { index, ok: false, status: problem.status, post: None, problem: Some(problem) }
        }
    };
    // A view always has a JSON form.
    serde_json::to_string(&item).unwrap_or_else(|_| "null".to_owned())
}
