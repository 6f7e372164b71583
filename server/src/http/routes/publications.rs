//! `/api/v1/publications`: every post on every account, whatever door it came through.

use axum::Json;
use axum::extract::{Path, State};

use crate::api::publication::{Cancelled, PublicationList, PublicationQuery, PublicationStory};
use crate::app::ORGANIZATION;
use crate::http::reply::{Params, Reply};
use crate::http::serve::Shared;

/// Who acts when the admin token is presented.
const ADMIN: &str = "admin";

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
pub(crate) async fn cancel(State(shared): State<Shared>, Path(id): Path<String>) -> Reply<Cancelled> {
    Ok(Json(shared.app.cancel_publication(ORGANIZATION, &id, ADMIN).await?))
}
