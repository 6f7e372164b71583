//! Pauses, the trail, and keys.

use axum::Json;
use axum::extract::{Path, State};

use super::ADMIN;
use crate::api::control::{KeysRotated, PauseList, PauseRequest, TrailPage, TrailQuery};
use crate::app::ORGANIZATION;
use crate::http::reply::{Body, Params, Reply};
use crate::http::serve::Shared;

pub(crate) async fn pauses(State(shared): State<Shared>) -> Reply<PauseList> {
    Ok(Json(shared.app.pauses().await?))
}

pub(crate) async fn pause(
    State(shared): State<Shared>,
    Body(request): Body<PauseRequest>,
) -> Reply<PauseList> {
    Ok(Json(shared.app.pause(ORGANIZATION, request, ADMIN).await?))
}

pub(crate) async fn resume(
    State(shared): State<Shared>,
    Body(request): Body<PauseRequest>,
) -> Reply<PauseList> {
    Ok(Json(shared.app.resume(ORGANIZATION, request, ADMIN).await?))
}

/// `POST /campaigns/{campaign}/pause`.
pub(crate) async fn pause_campaign(
    State(shared): State<Shared>,
    Path(campaign): Path<String>,
) -> Reply<PauseList> {
    let request = PauseRequest { campaign: Some(campaign), ..PauseRequest::default() };
    Ok(Json(shared.app.pause(ORGANIZATION, request, ADMIN).await?))
}

/// `POST /campaigns/{campaign}/resume`.
pub(crate) async fn resume_campaign(
    State(shared): State<Shared>,
    Path(campaign): Path<String>,
) -> Reply<PauseList> {
    let request = PauseRequest { campaign: Some(campaign), ..PauseRequest::default() };
    Ok(Json(shared.app.resume(ORGANIZATION, request, ADMIN).await?))
}

/// `GET /audit`: the newest entries, or those behind `after`.
pub(crate) async fn trail(
    State(shared): State<Shared>,
    Params(query): Params<TrailQuery>,
) -> Reply<TrailPage> {
    Ok(Json(shared.app.trail(ORGANIZATION, &query).await?))
}

pub(crate) async fn rotate_keys(State(shared): State<Shared>) -> Reply<KeysRotated> {
    Ok(Json(shared.app.rotate_keys().await?))
}
