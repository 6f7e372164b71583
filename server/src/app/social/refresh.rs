//! Tokens refreshed on demand.

use activities_data::accounts::Account;
use activities_data::credentials;
use jiff::SignedDuration;

use crate::api::AccountView;
use crate::api::post::Refreshed;
use crate::app::accounts::{Token, view};
use crate::app::{App, AppError};

/// A token that ends within this is refreshed: as the sweep every 12 hours does, which must not miss one
/// between two of its rounds.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);

impl App {
    /// Refreshes what ends soon in an organization, and says what must be connected again.
    ///
    /// # Errors
    /// [`AppError`] when ledger or vault fail.
    pub async fn refresh_tokens(&self, organization: &str) -> Result<Refreshed, AppError> {
        let delivery = self.writing()?.delivery.clone();
        let named = organization.to_owned();
        // A client that goes away must not interrupt this between the platform's answer and the vault.
        let sweep = tokio::spawn(async move { delivery.sweep_tokens(Some(&named), MARGIN).await }).await;
        let sweep = sweep.map_err(|_| activities_delivery::DeliveryError::Panicked)??;
        let ending = sweep.ending.into_iter().map(|ending| ending.account);
        Ok(Refreshed {
            refreshed: self.account_views(sweep.refreshed).await?,
            needs_reconnect: self.account_views(sweep.needs_reconnect).await?,
            skipped: self.account_views(sweep.skipped.into_iter().chain(ending).collect()).await?,
        })
    }

    async fn account_views(&self, accounts: Vec<Account>) -> Result<Vec<AccountView>, AppError> {
        let mut conn = self.db.reader().await?;
        let mut views = Vec::with_capacity(accounts.len());
        for account in accounts {
            let credential = credentials::find(&mut conn, &account.id).await?;
            views.push(view(&account, credential.map_or_else(Token::default, |found| Token::of(&found))));
        }
        Ok(views)
    }
}
