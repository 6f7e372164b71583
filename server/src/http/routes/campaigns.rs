//! `/api/v1/campaigns`: checked, planned, applied, listed, shown.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::api::campaign::{
    AppliedView, ApplyRequest, BundleRequest, CampaignList, CampaignStory, PlanView, RevisionStory,
    Validation,
};
use crate::api::control::{SignalRequest, Signalled};
use crate::app::campaigns::Author;
use crate::app::{AppError, Caller, ORGANIZATION, Rank};
use crate::http::asked::{Body, Home, MaybeBody, Path};
use crate::http::limits::BUNDLE_BYTES_MAX;
use crate::http::reply::Reply;
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let (viewer, editor) = (Need::Rank(Rank::Viewer), Need::Rank(Rank::Editor));
    let text = "campaign: hello\nversion: 1\naccounts: [x/acme]\nposts:\n  hi: {at: now, text: Hello}\n";
    let bundle = json!({"file": {"name": "hello.campaign.yaml", "text": text}});
    vec![
        Route::post("/api/v1/campaigns/validate", viewer, validate)
            .summary("Every problem of a campaign file.")
            .takes::<BundleRequest>()
            .like(json!({"bundle": bundle}))
            .answers::<Validation>(200)
            .bytes_max(BUNDLE_BYTES_MAX)
            .home(),
        Route::post("/api/v1/campaigns/plan", viewer, plan)
            .summary("What applying a campaign file would do now.")
            .takes::<BundleRequest>()
            .like(json!({"bundle": bundle}))
            .answers::<PlanView>(200)
            .bytes_max(BUNDLE_BYTES_MAX)
            .home(),
        Route::post("/api/v1/campaigns/apply", editor, apply)
            .summary(
                "Applies a campaign file, whole or not at all; 409 when its base revision is not the newest.",
            )
            .takes::<ApplyRequest>()
            .like(json!({"bundle": bundle, "baseRevision": 0}))
            .answers::<AppliedView>(200)
            .problems(&[409])
            .bytes_max(BUNDLE_BYTES_MAX)
            .home(),
        Route::get("/api/v1/campaigns", viewer, list)
            .summary("The campaigns of an organization.")
            .answers::<CampaignList>(200)
            .home(),
        Route::get("/api/v1/campaigns/{campaign}", viewer, show)
            .summary("A campaign with its revisions.")
            .answers::<CampaignStory>(200)
            .home(),
        Route::get("/api/v1/campaigns/{campaign}/revisions/{number}", viewer, revision)
            .summary("A revision of a campaign with its plan.")
            .answers::<RevisionStory>(200)
            .home(),
        Route::post("/api/v1/campaigns/{campaign}/signals/{signal}", editor, signal)
            .summary("Tells a campaign that something happened that its posts may wait for; each event counts once.")
            .may_take::<SignalRequest>()
            .like(json!({"id": "v2.0.0"}))
            .answers::<Signalled>(200)
            .home(),
    ]
}

/// Campaign files belong to the first organization: a workspace is its folder.
fn first(organization: &str) -> Result<(), AppError> {
    if organization == ORGANIZATION {
        return Ok(());
    }
    Err(AppError::NotFound { what: "workspace of", id: organization.to_owned() })
}

/// Always 200: whether the event was new is in the answer.
async fn signal(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path((campaign, signal)): Path<(String, String)>,
    MaybeBody(SignalRequest { id }): MaybeBody<SignalRequest>,
) -> Reply<Signalled> {
    Ok(Json(shared.app.signal(&organization, &campaign, &signal, id, &caller.name).await?))
}

/// Always 200: a campaign with problems is a good answer to a check.
async fn validate(
    State(shared): State<Shared>,
    Home(organization): Home,
    Body(request): Body<BundleRequest>,
) -> Reply<Validation> {
    first(&organization)?;
    Ok(Json(shared.app.validate(&request.bundle).await?))
}

/// 422 with diagnostics when the campaign has errors.
async fn plan(
    State(shared): State<Shared>,
    Home(organization): Home,
    Body(request): Body<BundleRequest>,
) -> Reply<PlanView> {
    first(&organization)?;
    Ok(Json(shared.app.plan(&request.bundle).await?))
}

/// 422 with diagnostics; 409 when the base revision is no longer the newest, or an edit is refused.
async fn apply(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Body(request): Body<ApplyRequest>,
) -> Reply<AppliedView> {
    first(&organization)?;
    let ApplyRequest { bundle, base_revision, git_commit } = request;
    let author = Author { name: caller.name, git_commit: git_commit.as_deref().map(Into::into) };
    Ok(Json(shared.app.apply(&bundle, base_revision, author).await?))
}

async fn list(State(shared): State<Shared>, Home(organization): Home) -> Reply<CampaignList> {
    Ok(Json(shared.app.campaigns(&organization).await?))
}

async fn show(
    State(shared): State<Shared>,
    Home(organization): Home,
    Path(campaign): Path<String>,
) -> Reply<CampaignStory> {
    Ok(Json(shared.app.campaign(&organization, &campaign).await?))
}

async fn revision(
    State(shared): State<Shared>,
    Home(organization): Home,
    Path((campaign, number)): Path<(String, u64)>,
) -> Reply<RevisionStory> {
    Ok(Json(shared.app.revision(&organization, &campaign, number).await?))
}
