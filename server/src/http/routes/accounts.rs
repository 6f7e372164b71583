//! `/api/v1/social/accounts`: listed, imported, disconnected. Tokens only come in.

use axum::Json;
use axum::extract::{Path, State};

use crate::api::control::AccountTest;
use crate::api::{AccountList, AccountView, ImportOutcome, ImportedAccounts};
use crate::app::ORGANIZATION;
use crate::http::reply::{Body, Reply};
use crate::http::serve::Shared;

/// `GET /accounts/{organizationId}`.
pub(crate) async fn list(
    State(shared): State<Shared>,
    Path(organization): Path<String>,
) -> Reply<AccountList> {
    Ok(Json(shared.app.accounts(&organization).await?))
}

/// `DELETE /accounts/{accountId}`: revokes at the platform, erases the tokens, blocks what is pending.
pub(crate) async fn disconnect(State(shared): State<Shared>, Path(id): Path<String>) -> Reply<AccountView> {
    Ok(Json(shared.app.disconnect_account(&id, "admin").await?))
}

/// `POST /accounts/{organizationId}/import`.
pub(crate) async fn import(
    State(shared): State<Shared>,
    Path(organization): Path<String>,
    Body(accounts): Body<ImportedAccounts>,
) -> Reply<ImportOutcome> {
    Ok(Json(shared.app.import_accounts(&organization, accounts.into_vec()).await?))
}

/// `POST /accounts/{account}/test`: whether it can publish, with what is in the way.
pub(crate) async fn test(State(shared): State<Shared>, Path(account): Path<String>) -> Reply<AccountTest> {
    Ok(Json(shared.app.test_account(ORGANIZATION, &account).await?))
}
