//! `/api/v1/social/accounts`: listed, imported, disconnected. Tokens only come in.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::api::account::ImportedAccount;
use crate::api::control::AccountTest;
use crate::api::{AccountList, AccountView, ImportOutcome, ImportedAccounts};
use crate::app::{Caller, Rank};
use crate::http::asked::{Body, Home, Path};
use crate::http::reply::Reply;
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let admin = Need::Rank(Rank::Admin);
    vec![
        Route::get("/api/v1/social/accounts/{id}", Need::Rank(Rank::Viewer), list)
            .summary("The accounts of an organization; never their tokens.")
            .answers::<AccountList>(200),
        Route::delete("/api/v1/social/accounts/{id}", admin, disconnect)
            .summary(
                "Revokes an account's tokens at its platform, erases them, and blocks what waits for it.",
            )
            .answers::<AccountView>(200),
        Route::post("/api/v1/social/accounts/{id}/import", admin, import)
            .summary("Takes over accounts of an organization whose tokens someone has already.")
            .takes::<Vec<ImportedAccount>>()
            .like(json!([{"account": "x/acme", "accessToken": "…", "scopes": ["tweet.write"]}]))
            .answers::<ImportOutcome>(200)
            .problems(&[409]),
        Route::post("/api/v1/social/accounts/{id}/test", Need::Rank(Rank::Editor), test)
            .summary("Whether an account can publish, with what is in the way.")
            .answers::<AccountTest>(200)
            .home(),
    ]
}

async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
) -> Reply<AccountList> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok(Json(shared.app.accounts(&organization).await?))
}

async fn disconnect(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply<AccountView> {
    let account = shared.app.account_of(&caller, &id).await?;
    Ok(Json(shared.app.disconnect_account(&account.organization, &id, &caller.name).await?))
}

async fn import(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    Body(accounts): Body<ImportedAccounts>,
) -> Reply<ImportOutcome> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok(Json(shared.app.import_accounts(&organization, accounts.into_vec()).await?))
}

async fn test(
    State(shared): State<Shared>,
    Home(organization): Home,
    Path(account): Path<String>,
) -> Reply<AccountTest> {
    Ok(Json(shared.app.test_account(&organization, &account).await?))
}
