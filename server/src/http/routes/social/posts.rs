//! Posts told and changed.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::api::control::Resolve;
use crate::api::post::{
    PostChange, PostList, PostQuery, PostStory, PostView, RefreshRequest, Refreshed, Rejection,
};
use crate::app::{AppError, Caller, Rank};
use crate::http::asked::{Body, MaybeBody, Path};
use crate::http::reply::{Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let (viewer, editor, approver) =
        (Need::Rank(Rank::Viewer), Need::Rank(Rank::Editor), Need::Rank(Rank::Approver));
    vec![
        // `DELETE` and `PATCH` name a post, `GET` an organization: one place in the path has one name.
        Route::get("/api/v1/social/scheduled/{id}", viewer, list)
            .summary("The posts of an organization by due time, a page at a time.")
            .query::<PostQuery>()
            .answers::<PostList>(200),
        Route::patch("/api/v1/social/scheduled/{id}", editor, change)
            .summary("Moves a post, ranks it, or gives it another content piece; 409 with its state when it is sent.")
            .takes::<PostChange>()
            .like(json!({"scheduledAt": "2099-03-18T10:00:00Z", "priority": 1}))
            .answers::<PostView>(200)
            .problems(&[409]),
        Route::delete("/api/v1/social/scheduled/{id}", editor, cancel)
            .summary("Cancels a post; 409 with its state when it is being sent, or was.")
            .answers::<PostView>(200)
            .problems(&[409]),
        Route::get("/api/v1/social/posts/{postId}", viewer, show)
            .summary("Everything about a post: its parts, each sending, and what happened.")
            .answers::<PostStory>(200),
        Route::delete("/api/v1/social/posts/{postId}", approver, delete)
            .summary("Deletes a published post on its platform.")
            .answers::<PostView>(200)
            .problems(&[409, 502]),
        Route::post("/api/v1/social/posts/{postId}/approve", approver, approve)
            .summary("Lets a post go out that waits for approval.")
            .answers::<PostView>(200)
            .problems(&[409]),
        Route::post("/api/v1/social/posts/{postId}/reject", approver, reject)
            .summary("Refuses a post that waits for approval: it is cancelled.")
            .may_take::<Rejection>()
            .like(json!({"reason": "The date is wrong."}))
            .answers::<PostView>(200)
            .problems(&[409]),
        Route::post("/api/v1/social/posts/{postId}/retry", editor, retry)
            .summary("Sends again what failed; 409 when it may be online.")
            .answers::<PostView>(200)
            .problems(&[409]),
        Route::post("/api/v1/social/posts/{postId}/resolve", approver, resolve)
            .summary("Settles a held post with what a person found out.")
            .takes::<Resolve>()
            .like(json!({"posted": "https://x.com/acme/status/1"}))
            .answers::<PostView>(200)
            .problems(&[409]),
        Route::post("/api/v1/social/refresh-tokens", Need::Rank(Rank::Admin), refresh)
            .summary("Refreshes tokens that end soon.")
            .may_take::<RefreshRequest>()
            .answers::<Refreshed>(200)
            .problems(&[404]),
    ]
}

async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    Params(query): Params<PostQuery>,
) -> Reply<PostList> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok(Json(shared.app.posts(&organization, &query).await?))
}

async fn show(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<PostStory> {
    Ok(Json(shared.app.post(&caller, &id).await?))
}

async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<PostChange>,
) -> Reply<PostView> {
    Ok(Json(shared.app.change_post(&caller, &id, change).await?))
}

async fn cancel(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<PostView> {
    Ok(Json(shared.app.cancel_post(&caller, &id).await?))
}

async fn delete(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<PostView> {
    Ok(Json(shared.app.delete_post(&caller, &id).await?))
}

async fn approve(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<PostView> {
    Ok(Json(shared.app.decide_post(&caller, &id, true, None).await?))
}

async fn reject(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    MaybeBody(Rejection { reason }): MaybeBody<Rejection>,
) -> Reply<PostView> {
    Ok(Json(shared.app.decide_post(&caller, &id, false, reason).await?))
}

async fn retry(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<PostView> {
    Ok(Json(shared.app.retry_post(&caller, &id).await?))
}

async fn resolve(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(found): Body<Resolve>,
) -> Reply<PostView> {
    Ok(Json(shared.app.resolve_post(&caller, &id, found).await?))
}

async fn refresh(
    State(shared): State<Shared>,
    caller: Caller,
    MaybeBody(RefreshRequest { organization_id }): MaybeBody<RefreshRequest>,
) -> Reply<Refreshed> {
    let named = organization_id.or_else(|| caller.organization().map(str::to_owned));
    let named = named.ok_or_else(|| AppError::field("organizationId", "say which organization is meant"))?;
    let organization = shared.app.organization_for(&caller, &named).await?;
    Ok(Json(shared.app.refresh_tokens(&organization).await?))
}
