//! One file per resource.

mod accounts;
mod campaigns;
mod connect;
mod control;
mod health;
mod media;
mod publications;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::limits::{BUNDLE_BYTES_MAX, JSON_BYTES_MAX, MEDIA_BYTES_MAX};
use super::reply;
use super::serve::Shared;
use crate::app::AppError;

/// Who acts when the admin token is presented.
const ADMIN: &str = "admin";

/// Routes that need a token.
pub(crate) fn guarded() -> Router<Shared> {
    let bundles = Router::new()
        .route("/api/v1/campaigns/validate", post(campaigns::validate))
        .route("/api/v1/campaigns/plan", post(campaigns::plan))
        .route("/api/v1/campaigns/apply", post(campaigns::apply))
        .layer(DefaultBodyLimit::max(BUNDLE_BYTES_MAX));
    let files = Router::new()
        .route("/api/v1/media/{sha256}", get(media::head).put(media::put))
        .layer(DefaultBodyLimit::max(MEDIA_BYTES_MAX));
    let rest = Router::new()
        .route("/api/v1/campaigns", get(campaigns::list))
        .route("/api/v1/campaigns/{campaign}", get(campaigns::show))
        .route("/api/v1/publications", get(publications::list))
        .route("/api/v1/campaigns/{campaign}/pause", post(control::pause_campaign))
        .route("/api/v1/campaigns/{campaign}/resume", post(control::resume_campaign))
        .route("/api/v1/publications/{id}", get(publications::show).delete(publications::delete))
        .route("/api/v1/publications/{id}/cancel", post(publications::cancel))
        .route("/api/v1/publications/{id}/retry", post(publications::retry))
        .route("/api/v1/publications/{id}/resolve", post(publications::resolve))
        .route("/api/v1/pauses", get(control::pauses).post(control::pause))
        .route("/api/v1/pauses/resume", post(control::resume))
        .route("/api/v1/audit", get(control::trail))
        .route("/api/v1/keys/rotate", post(control::rotate_keys))
        .route("/api/v1/social/connect", post(connect::connect))
        .route("/api/v1/social/accounts/{id}", get(accounts::list).delete(accounts::disconnect))
        .route("/api/v1/social/accounts/{id}/import", post(accounts::import))
        .route("/api/v1/social/accounts/{id}/test", post(accounts::test))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX));
    bundles.merge(files).merge(rest)
}

/// Routes that anyone may call.
pub(crate) fn open() -> Router<Shared> {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/api/v1/social/{platform}/callback", get(connect::callback))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
}

pub(crate) async fn unknown(OriginalUri(uri): OriginalUri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    reply::problem(&AppError::NotFound { what: "page", id: path }).into_response()
}

pub(crate) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let error = AppError::Malformed(format!("`{path}` does not take {method}"));
    reply::problem(&error).with_status(StatusCode::METHOD_NOT_ALLOWED).into_response()
}
