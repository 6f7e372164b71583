//! `/api/v1/publications`: every post on every account, whatever door it came through.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::api::control::{Changed, Judgement, Resolve};
use crate::api::publication::{PublicationList, PublicationQuery, PublicationStory};
use crate::app::{Caller, Rank};
use crate::http::asked::{Body, Home, MaybeBody, Path};
use crate::http::reply::{Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let (viewer, editor, approver) =
        (Need::Rank(Rank::Viewer), Need::Rank(Rank::Editor), Need::Rank(Rank::Approver));
    vec![
        Route::get("/api/v1/publications", viewer, list)
            .summary("Every post on every account by due time, in the ledger's words.")
            .query::<PublicationQuery>()
            .answers::<PublicationList>(200)
            .home(),
        Route::get("/api/v1/publications/{id}", viewer, show)
            .summary("Everything about a publication; the beginning of its id is enough.")
            .answers::<PublicationStory>(200)
            .home(),
        Route::delete("/api/v1/publications/{id}", approver, delete)
            .summary("Deletes a publication on its platform.")
            .answers::<Changed>(200)
            .problems(&[409, 502])
            .home(),
        Route::post("/api/v1/publications/{id}/cancel", editor, cancel)
            .summary("Takes a publication back before it is sent.")
            .answers::<Changed>(200)
            .problems(&[409])
            .home(),
        Route::post("/api/v1/publications/{id}/retry", editor, retry)
            .summary("Sends again what failed; 409 when it may be online.")
            .answers::<Changed>(200)
            .problems(&[409])
            .home(),
        Route::post("/api/v1/publications/{id}/approve", approver, approve)
            .summary("A person's yes to the content as it is; 409 when nobody waits for it.")
            .may_take::<Judgement>()
            .like(json!({"person": "ana"}))
            .answers::<Changed>(200)
            .problems(&[409])
            .home(),
        Route::post("/api/v1/publications/{id}/reject", approver, reject)
            .summary("A person's no: it is held until that person or the content changes.")
            .may_take::<Judgement>()
            .like(json!({"person": "ana", "comment": "the price is wrong"}))
            .answers::<Changed>(200)
            .problems(&[409])
            .home(),
        Route::post("/api/v1/publications/{id}/resolve", approver, resolve)
            .summary("Settles a held publication with what a person found out.")
            .takes::<Resolve>()
            .like(json!({"posted": false}))
            .answers::<Changed>(200)
            .problems(&[409])
            .home(),
    ]
}

async fn list(
    State(shared): State<Shared>,
    Home(organization): Home,
    Params(query): Params<PublicationQuery>,
) -> Reply<PublicationList> {
    Ok(Json(shared.app.publications(&organization, &query).await?))
}

async fn show(
    State(shared): State<Shared>,
    Home(organization): Home,
    Path(id): Path<String>,
) -> Reply<PublicationStory> {
    Ok(Json(shared.app.publication(&organization, &id).await?))
}

/// 409 with its state when it is already sending or published.
async fn cancel(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(id): Path<String>,
) -> Reply<Changed> {
    Ok(Json(shared.app.cancel_publication(&organization, &id, &caller.name).await?))
}

/// 409 with its state when it can't be sent again, or may be online.
async fn retry(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(id): Path<String>,
) -> Reply<Changed> {
    Ok(Json(shared.app.retry_publication(&organization, &id, &caller.name).await?))
}

/// 403 for who speaks for another without being admin.
async fn approve(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(id): Path<String>,
    MaybeBody(judgement): MaybeBody<Judgement>,
) -> Reply<Changed> {
    let judgement = judgement.by(&caller)?;
    Ok(Json(shared.app.judge_publication(&organization, &id, true, judgement, &caller.name).await?))
}

/// As [`approve`].
async fn reject(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(id): Path<String>,
    MaybeBody(judgement): MaybeBody<Judgement>,
) -> Reply<Changed> {
    let judgement = judgement.by(&caller)?;
    Ok(Json(shared.app.judge_publication(&organization, &id, false, judgement, &caller.name).await?))
}

/// 409 with its state when there is nothing to resolve.
async fn resolve(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(id): Path<String>,
    Body(found): Body<Resolve>,
) -> Reply<Changed> {
    Ok(Json(shared.app.resolve_publication(&organization, &id, found, &caller.name).await?))
}

/// Deletes it on its platform; 502 when that did not do it.
async fn delete(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Path(id): Path<String>,
) -> Reply<Changed> {
    Ok(Json(shared.app.delete_publication(&organization, &id, &caller.name).await?))
}
