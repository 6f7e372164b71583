//! `/api/v1/media/{sha256}`: uploads by hash.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use campaigns_limits::MediaFacts;
use serde_json::{Map, Value};

use crate::app::{AppError, Rank};
use crate::http::asked::{Home, Path, broken};
use crate::http::limits::MEDIA_BYTES_MAX;
use crate::http::reply::{Failed, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/media/{sha256}", Need::Rank(Rank::Viewer), head)
            .summary("204 when the organization has the file; its bytes are not given out.")
            .answers_nothing(204)
            .home(),
        Route::put("/api/v1/media/{sha256}", Need::Rank(Rank::Editor), put)
            .summary("Stores a file under the hash of its bytes.")
            .takes_bytes("application/octet-stream")
            .answers::<Map<String, Value>>(200)
            .bytes_max(MEDIA_BYTES_MAX)
            .home(),
    ]
}

/// `HEAD` (and `GET`): 204 when the file is there, 404 when it must be uploaded. The bytes are not given out.
async fn head(
    State(shared): State<Shared>,
    Home(organization): Home,
    Path(sha256): Path<String>,
) -> Result<StatusCode, Failed> {
    if shared.app.owns_media(&organization, &sha256).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(AppError::NotFound { what: "media file", id: sha256 }.into())
}

/// `PUT`: the bytes, whose hash must be the one in the path.
async fn put(
    State(shared): State<Shared>,
    Home(organization): Home,
    Path(sha256): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Reply<MediaFacts> {
    let bytes = body.map_err(|rejection| broken(&rejection))?;
    let facts = shared.app.put_media(&sha256, bytes.into()).await?;
    shared.app.own_media(&organization, facts.clone()).await?;
    Ok(Json(facts))
}
