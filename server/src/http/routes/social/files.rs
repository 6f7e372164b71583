//! Media: sent as a form, or fetched from an address.

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::api::content::{MediaByUrl, MediaView};
use crate::app::{AppError, Caller, Rank};
use crate::http::asked::Body;
use crate::http::limits::MEDIA_BYTES_MAX;
use crate::http::reply::Failed;
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

/// Alternative texts are read up to here, in bytes; platforms take less.
const TEXT_BYTES_MAX: usize = 32 * 1024;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/social/media", Need::Rank(Rank::Editor), add)
            .summary(
                "Stores a file, sent as a form or fetched from an address. The same file has the same id.",
            )
            .takes_as("multipart/form-data", form)
            .takes::<MediaByUrl>()
            .like(json!({"url": "https://tidings.dev/logo.png", "alt": "Our logo"}))
            .answers::<MediaView>(201)
            .problems(&[404])
            .bytes_max(MEDIA_BYTES_MAX + TEXT_BYTES_MAX)
            .once(),
    ]
}

fn form(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "alt": {"type": "string"},
            "organizationId": {"type": "string"},
        },
    })
}

/// What a form brings. A file is the same whatever key its request has, so that asking twice is asking once.
struct Form {
    file: Vec<u8>,
    alt: Option<String>,
    organization: Option<String>,
}

async fn add(
    State(shared): State<Shared>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<MediaView>), Failed> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form =
        kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"));
    let view = if is_form {
        let form = Multipart::from_request(request, &shared).await;
        let form = form.map_err(|_| AppError::Malformed("the form has no boundary".to_owned()))?;
        let Form { file, alt, organization } = read(form).await?;
        let organization = whose(&shared, &caller, organization).await?;
        shared.app.add_media(&organization, file, alt).await?
    } else {
        let Body(MediaByUrl { url, alt, organization_id }) = Body::from_request(request, &shared).await?;
        let organization = whose(&shared, &caller, organization_id).await?;
        shared.app.fetch_media(&organization, &url, alt, MEDIA_BYTES_MAX).await?
    };
    Ok((StatusCode::CREATED, Json(view)))
}

async fn whose(shared: &Shared, caller: &Caller, named: Option<String>) -> Result<String, AppError> {
    match named.or_else(|| caller.organization().map(str::to_owned)) {
        Some(name) => shared.app.organization_for(caller, &name).await,
        None => Err(AppError::field("organizationId", "say which organization is meant")),
    }
}

async fn read(mut form: Multipart) -> Result<Form, AppError> {
    let (mut file, mut alt, mut organization) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        match field.name().unwrap_or_default() {
            "file" => file = Some(field.bytes().await.map_err(|error| broken(&error))?.to_vec()),
            "alt" => alt = Some(text(field.bytes().await.map_err(|error| broken(&error))?.to_vec(), "alt")?),
            "organizationId" => {
                let bytes = field.bytes().await.map_err(|error| broken(&error))?.to_vec();
                organization = Some(text(bytes, "organizationId")?);
            }
            other => {
                let name: String = other.chars().take(80).collect();
                return Err(AppError::field(&name, "the form has no such field"));
            }
        }
    }
    let file = file.ok_or_else(|| AppError::field("file", "it is missing"))?;
    Ok(Form { file, alt, organization })
}

fn text(bytes: Vec<u8>, field: &str) -> Result<String, AppError> {
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(AppError::field(field, "it is too long"));
    }
    String::from_utf8(bytes).map_err(|_| AppError::field(field, "it is not UTF-8"))
}

fn broken(error: &MultipartError) -> AppError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge,
        _ => AppError::Malformed("the form can't be read".to_owned()),
    }
}
