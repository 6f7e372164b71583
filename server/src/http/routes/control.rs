//! Pauses, the trail, and keys.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::api::control::{CampaignCancelled, KeysRotated, PauseList, PauseRequest, TrailPage, TrailQuery};
use crate::api::drift::{RefreshRequest, Refreshed};
use crate::app::{AppError, Caller, Rank};
use crate::http::asked::{Body, Home, Path};
use crate::http::reply::{Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let (viewer, editor) = (Need::Rank(Rank::Viewer), Need::Rank(Rank::Editor));
    vec![
        Route::get("/api/v1/pauses", viewer, pauses)
            .summary("What is paused.")
            .answers::<PauseList>(200)
            .home(),
        Route::post("/api/v1/pauses", editor, pause)
            .summary("Stops sending of a campaign or an account; operators stop a platform, or everything.")
            .takes::<PauseRequest>()
            .like(json!({"campaign": "hello", "reason": "The date is wrong."}))
            .answers::<PauseList>(200)
            .problems(&[404])
            .home(),
        Route::post("/api/v1/pauses/resume", editor, resume)
            .summary("Goes on sending.")
            .takes::<PauseRequest>()
            .like(json!({"campaign": "hello"}))
            .answers::<PauseList>(200)
            .problems(&[404])
            .home(),
        Route::post("/api/v1/campaigns/{campaign}/pause", editor, pause_campaign)
            .summary("Stops sending of a campaign.")
            .answers::<PauseList>(200)
            .home(),
        Route::post("/api/v1/campaigns/{campaign}/resume", editor, resume_campaign)
            .summary("Goes on sending of a campaign.")
            .answers::<PauseList>(200)
            .home(),
        Route::post("/api/v1/campaigns/{campaign}/cancel", editor, cancel_campaign)
            .summary("Takes everything of a campaign back that is not sent.")
            .answers::<CampaignCancelled>(200)
            .home(),
        Route::post("/api/v1/refresh", editor, refresh)
            .summary("Looks at the platforms for what is published: what is gone there is noted, nothing is posted.")
            .takes::<RefreshRequest>()
            .like(json!({"campaign": "hello", "days": 7}))
            .answers::<Refreshed>(200)
            .home(),
        Route::get("/api/v1/audit", viewer, trail)
            .summary("What happened, when and by whom: the newest entries, or those behind `after`.")
            .query::<TrailQuery>()
            .answers::<TrailPage>(200)
            .problems(&[404])
            .home(),
        Route::post("/api/v1/keys/rotate", Need::Operator, rotate_keys)
            .summary("Seals every credential with a new key.")
            .answers::<KeysRotated>(200)
            .problems(&[409]),
    ]
}

/// A platform, and everything, are everyone's.
fn may(caller: &Caller, request: &PauseRequest) -> Result<(), AppError> {
    let everyones = request.all || request.platform.is_some();
    if everyones && !caller.operates() { Err(AppError::Role("operator")) } else { Ok(()) }
}

async fn pauses(State(shared): State<Shared>, Home(organization): Home) -> Reply<PauseList> {
    Ok(Json(shared.app.pauses(&organization).await?))
}

async fn pause(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Body(request): Body<PauseRequest>,
) -> Reply<PauseList> {
    may(&caller, &request)?;
    Ok(Json(shared.app.pause(&organization, request, &caller.name).await?))
}

async fn resume(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Body(request): Body<PauseRequest>,
) -> Reply<PauseList> {
    may(&caller, &request)?;
    Ok(Json(shared.app.resume(&organization, request, &caller.name).await?))
}

async fn refresh(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Body(request): Body<RefreshRequest>,
) -> Reply<Refreshed> {
    Ok(Json(shared.app.refresh(&organization, request, &caller.name).await?))
}

/// `POST /campaigns/{campaign}/pause`.
async fn pause_campaign(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(campaign): Path<String>,
) -> Reply<PauseList> {
    let request = PauseRequest { campaign: Some(campaign), ..PauseRequest::default() };
    Ok(Json(shared.app.pause(&organization, request, &caller.name).await?))
}

/// `POST /campaigns/{campaign}/resume`.
async fn resume_campaign(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(campaign): Path<String>,
) -> Reply<PauseList> {
    let request = PauseRequest { campaign: Some(campaign), ..PauseRequest::default() };
    Ok(Json(shared.app.resume(&organization, request, &caller.name).await?))
}

async fn cancel_campaign(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(campaign): Path<String>,
) -> Reply<CampaignCancelled> {
    Ok(Json(shared.app.cancel_campaign(&organization, &campaign, &caller.name).await?))
}

/// `GET /audit`: the newest entries, or those behind `after`.
async fn trail(
    State(shared): State<Shared>,
    Home(organization): Home,
    Params(query): Params<TrailQuery>,
) -> Reply<TrailPage> {
    Ok(Json(shared.app.trail(&organization, &query).await?))
}

async fn rotate_keys(State(shared): State<Shared>) -> Reply<KeysRotated> {
    Ok(Json(shared.app.rotate_keys().await?))
}
