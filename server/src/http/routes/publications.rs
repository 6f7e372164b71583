//! `/api/v1/publications`: every post on every account, whatever door it came through.

use axum::Json;
use axum::extract::{Path, State};

use super::ADMIN;
use crate::api::control::{Changed, Resolve};
use crate::api::publication::{PublicationList, PublicationQuery, PublicationStory};
use crate::app::ORGANIZATION;
use crate::http::reply::{Body, Params, Reply};
use crate::http::serve::Shared;

pub(crate) async fn list(
    State(shared): State<Shared>,
    Params(query): Params<PublicationQuery>,
) -> Reply<PublicationList> {
    Ok(Json(shared.app.publications(ORGANIZATION, &query).await?))
}

pub(crate) async fn show(State(shared): State<Shared>, Path(id): Path<String>) -> Reply<PublicationStory> {
    Ok(Json(shared.app.publication(ORGANIZATION, &id).await?))
}

/// 409 with its state when it is already sending or published.
pub(crate) async fn cancel(State(shared): State<Shared>, Path(id): Path<String>) -> Reply<Changed> {
    Ok(Json(shared.app.cancel_publication(ORGANIZATION, &id, ADMIN).await?))
}

/// 409 with its state when it can't be sent again, or may be online.
pub(crate) async fn retry(State(shared): State<Shared>, Path(id): Path<String>) -> Reply<Changed> {
    Ok(Json(shared.app.retry_publication(ORGANIZATION, &id, ADMIN).await?))
}

/// 409 with its state when there is nothing to resolve.
pub(crate) async fn resolve(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Body(found): Body<Resolve>,
) -> Reply<Changed> {
    Ok(Json(shared.app.resolve_publication(ORGANIZATION, &id, found, ADMIN).await?))
}

/// Deletes it on its platform; 502 when that did not do it.
pub(crate) async fn delete(State(shared): State<Shared>, Path(id): Path<String>) -> Reply<Changed> {
    Ok(Json(shared.app.delete_publication(ORGANIZATION, &id, ADMIN).await?))
}
