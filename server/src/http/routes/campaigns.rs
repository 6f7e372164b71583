//! `/api/v1/campaigns`: checked, planned, applied, listed, shown.

use axum::Json;
use axum::extract::{Path, State};

use crate::api::campaign::{
    AppliedView, ApplyRequest, BundleRequest, CampaignList, CampaignStory, PlanView, Validation,
};
use crate::app::ORGANIZATION;
use crate::app::campaigns::Author;
use crate::http::reply::{Body, Reply};
use crate::http::serve::Shared;

/// Always 200: a campaign with problems is a good answer to a check.
pub(crate) async fn validate(
    State(shared): State<Shared>,
    Body(request): Body<BundleRequest>,
) -> Reply<Validation> {
    Ok(Json(shared.app.validate(&request.bundle).await?))
}

/// 422 with diagnostics when the campaign has errors.
pub(crate) async fn plan(
    State(shared): State<Shared>,
    Body(request): Body<BundleRequest>,
) -> Reply<PlanView> {
    Ok(Json(shared.app.plan(&request.bundle).await?))
}

/// 422 with diagnostics; 409 when the base revision is no longer the newest, or an edit is refused.
pub(crate) async fn apply(
    State(shared): State<Shared>,
    Body(request): Body<ApplyRequest>,
) -> Reply<AppliedView> {
    let ApplyRequest { bundle, base_revision, git_commit } = request;
    let author = Author { name: "admin".to_owned(), git_commit };
    Ok(Json(shared.app.apply(&bundle, base_revision, author).await?))
}

pub(crate) async fn list(State(shared): State<Shared>) -> Reply<CampaignList> {
    Ok(Json(shared.app.campaigns(ORGANIZATION).await?))
}

pub(crate) async fn show(State(shared): State<Shared>, Path(campaign): Path<String>) -> Reply<CampaignStory> {
    Ok(Json(shared.app.campaign(ORGANIZATION, &campaign).await?))
}
