//! `/api/v1/media/{sha256}`: uploads by hash.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use campaigns_limits::MediaFacts;

use crate::app::AppError;
use crate::http::reply::{Failed, Reply};
use crate::http::serve::Shared;

/// `HEAD` (and `GET`): 204 when the file is there, 404 when it must be uploaded. The bytes are not given out.
pub(crate) async fn head(
    State(shared): State<Shared>,
    Path(sha256): Path<String>,
) -> Result<StatusCode, Failed> {
    if shared.app.has_media(&sha256).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(AppError::NotFound { what: "media file", id: sha256 }.into())
}

/// `PUT`: the bytes, whose hash must be the one in the path.
pub(crate) async fn put(
    State(shared): State<Shared>,
    Path(sha256): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Reply<MediaFacts> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge,
        _ => AppError::Malformed("the upload broke off".to_owned()),
    })?;
    Ok(Json(shared.app.put_media(&sha256, bytes.into()).await?))
}
