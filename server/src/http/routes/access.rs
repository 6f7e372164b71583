//! `/api/v1/tokens` and `/api/v1/organizations`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::api::access::{
    OrganizationChange, OrganizationEnded, OrganizationList, OrganizationQuery, OrganizationRequest,
    OrganizationView, TokenChange, TokenList, TokenMade, TokenRequest, TokenView,
};
use crate::app::{AppError, Caller, Rank};
use crate::http::asked::{Body, Keyed, MaybeHome, Path};
use crate::http::reply::{Failed, Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/tokens", Need::Anyone, tokens)
            .summary("The tokens of an organization, for its admins; for operators also those of none.")
            .answers::<TokenList>(200)
            .problems(&[403])
            .home(),
        Route::post("/api/v1/tokens", Need::Anyone, make_token)
            .summary("Makes a token. It is shown once: a repeated request is refused.")
            .takes::<TokenRequest>()
            .like(json!({"name": "newsroom", "role": "editor"}))
            .answers::<TokenMade>(201)
            .problems(&[403, 404, 409])
            .once(),
        Route::patch("/api/v1/tokens/{tokenId}", Need::Anyone, change_token)
            .summary("Renames a token, or says when it ends. Its role and organization stay.")
            .takes::<TokenChange>()
            .like(json!({"name": "newsroom", "expiresAt": "2099-03-18T09:00:00Z"}))
            .answers::<TokenView>(200)
            .problems(&[403]),
        Route::post("/api/v1/tokens/{tokenId}/rotate", Need::Anyone, rotate)
            .summary("Puts another token in the place of one, which is refused from then on. It is shown once.")
            .answers::<TokenMade>(200)
            .problems(&[403]),
        Route::delete("/api/v1/tokens/{tokenId}", Need::Anyone, revoke)
            .summary("Revokes a token: the next request with it is refused.")
            .answers::<TokenView>(200)
            .problems(&[403]),
        Route::get("/api/v1/organizations", Need::Anyone, organizations)
            .summary("The organizations that the caller acts in; for operators all of them.")
            .query::<OrganizationQuery>()
            .answers::<OrganizationList>(200),
        Route::post("/api/v1/organizations", Need::Anyone, make_organization)
            .summary("Makes an organization. A service token makes its own, also by using them.")
            .takes::<OrganizationRequest>()
            .like(json!({"id": "acme", "timezone": "Europe/Berlin"}))
            .answers::<OrganizationView>(201)
            .problems(&[403, 409])
            .once(),
        Route::patch("/api/v1/organizations/{organizationId}", Need::Anyone, change_organization)
            .summary("Changes an organization's zone.")
            .takes::<OrganizationChange>()
            .like(json!({"timezone": "America/New_York"}))
            .answers::<OrganizationView>(200)
            .problems(&[403]),
        Route::delete("/api/v1/organizations/{organizationId}", Need::Anyone, end_organization)
            .summary(
                "Ends an organization: revokes its tokens and accounts and takes back what is not sent. Doing it \
                 again goes on with what is left.",
            )
            .answers::<OrganizationEnded>(200)
            .problems(&[403, 422]),
    ]
}

/// Admins and operators only.
fn administers(caller: &Caller) -> Result<(), AppError> {
    let good = caller.operates() || caller.rank() == Some(Rank::Admin);
    if good { Ok(()) } else { Err(AppError::Role("admin")) }
}

async fn tokens(
    State(shared): State<Shared>,
    caller: Caller,
    MaybeHome(organization): MaybeHome,
) -> Reply<TokenList> {
    administers(&caller)?;
    Ok(Json(shared.app.tokens(&caller, organization.as_deref()).await?))
}

async fn make_token(
    State(shared): State<Shared>,
    caller: Caller,
    Keyed { body, once }: Keyed<TokenRequest>,
) -> Result<(StatusCode, Json<TokenMade>), Failed> {
    administers(&caller)?;
    Ok((StatusCode::CREATED, Json(shared.app.make_token(&caller, body, once).await?)))
}

async fn change_token(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<TokenChange>,
) -> Reply<TokenView> {
    administers(&caller)?;
    Ok(Json(shared.app.change_token(&caller, &id, change).await?))
}

async fn revoke(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<TokenView> {
    administers(&caller)?;
    Ok(Json(shared.app.revoke_token(&caller, &id).await?))
}

async fn rotate(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<TokenMade> {
    administers(&caller)?;
    Ok(Json(shared.app.rotate_token(&caller, &id).await?))
}

async fn organizations(
    State(shared): State<Shared>,
    caller: Caller,
    Params(query): Params<OrganizationQuery>,
) -> Reply<OrganizationList> {
    Ok(Json(shared.app.organizations(&caller, &query).await?))
}

async fn make_organization(
    State(shared): State<Shared>,
    caller: Caller,
    Keyed { body, once }: Keyed<OrganizationRequest>,
) -> Result<(StatusCode, Json<OrganizationView>), Failed> {
    Ok((StatusCode::CREATED, Json(shared.app.make_organization(&caller, body, once).await?)))
}

async fn change_organization(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<OrganizationChange>,
) -> Reply<OrganizationView> {
    administers(&caller)?;
    Ok(Json(shared.app.change_organization(&caller, &id, change).await?))
}

/// Operators, and services for what they made.
async fn end_organization(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply<OrganizationEnded> {
    if caller.service().is_none() && !caller.operates() {
        return Err(AppError::Role("operator").into());
    }
    Ok(Json(shared.app.end_organization(&caller, &id).await?))
}
