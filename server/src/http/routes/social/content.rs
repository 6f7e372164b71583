//! Content pieces.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::api::content::{ContentRequest, ContentView};
use crate::app::{Caller, Rank};
use crate::http::asked::{Keyed, MaybeHome, Path};
use crate::http::limits::BUNDLE_BYTES_MAX;
use crate::http::reply::{Failed, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let example = json!({
        "organizationId": "default",
        "title": "Tidings 1.0",
        "body": "Tidings 1.0 is out.",
        "variants": {"TWITTER": {"body": "Tidings 1.0 is out!", "thread": ["What is new: …"]}},
        "link": "https://tidings.dev/blog/1.0",
    });
    vec![
        Route::post("/api/v1/social/content", Need::Rank(Rank::Editor), create)
            .summary("Keeps a content piece under a new id.")
            .takes::<ContentRequest>()
            .like(example.clone())
            .answers::<ContentView>(201)
            .bytes_max(BUNDLE_BYTES_MAX)
            .once(),
        Route::put("/api/v1/social/content/{id}", Need::Rank(Rank::Editor), put)
            .summary("Keeps a content piece under the caller's own id, or a new version of it.")
            .takes::<ContentRequest>()
            .like(example)
            .answers::<ContentView>(200)
            .bytes_max(BUNDLE_BYTES_MAX),
        Route::get("/api/v1/social/content/{id}", Need::Rank(Rank::Viewer), show)
            .summary("A content piece.")
            .answers::<ContentView>(200)
            .home(),
    ]
}

async fn create(
    State(shared): State<Shared>,
    caller: Caller,
    Keyed { body, once }: Keyed<ContentRequest>,
) -> Result<(StatusCode, Json<ContentView>), Failed> {
    let (organization, content) = body.split();
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok((StatusCode::CREATED, Json(shared.app.put_content(organization, None, content, once).await?)))
}

async fn put(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Keyed { body, once }: Keyed<ContentRequest>,
) -> Reply<ContentView> {
    let (organization, content) = body.split();
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok(Json(shared.app.put_content(organization, Some(id), content, once).await?))
}

async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    MaybeHome(organization): MaybeHome,
    Path(id): Path<String>,
) -> Reply<ContentView> {
    Ok(Json(shared.app.content(&caller, organization.as_deref(), &id).await?))
}
