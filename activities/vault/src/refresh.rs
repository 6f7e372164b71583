//! Refreshing a credential: claimed in the ledger first, asked once, committed before use (rule 7).

use activities_data::DbError;
use activities_data::credentials::{self, Intent};
use secrecy::SecretString;

use crate::{Tokens, Vault, VaultError};

/// What asking the platform for new tokens gave.
#[derive(Debug)]
pub enum RefreshAnswer {
    Given(Tokens),
    /// Nothing was spent: worth asking again later.
    Transient(String),
    /// The platform no longer takes the refresh token.
    Dead(String),
    /// It was asked and the answer did not arrive: a single-use token may be spent.
    Lost(String),
}

/// What came of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// New tokens are stored under this version.
    New(u64),
    /// Someone else has stored newer tokens than those seen: use them.
    Newer(u64),
    /// Someone claimed this refresh and has not finished.
    Underway(Intent),
    /// There is no refresh token.
    Impossible,
    /// As [`RefreshAnswer::Transient`]; the claim is given back.
    Transient(String),
    /// As [`RefreshAnswer::Dead`].
    Dead(String),
    /// As [`RefreshAnswer::Lost`]; the claim stays, so that nobody spends the token again.
    Lost(String),
}

impl Vault {
    /// Refreshes the credential of an account, if its version is still the one that was `seen`. Whoever
    /// claims it asks alone; the new pair is durable before this returns. Once begun it runs to its end
    /// even when the caller goes away.
    ///
    /// # Errors
    /// [`VaultError`] when ledger or seal fail.
    pub async fn refresh<F, Fut>(
        &self,
        account_id: &str,
        seen: u64,
        holder: &str,
        ask: F,
    ) -> Result<Refreshed, VaultError>
    where
        F: FnOnce(SecretString) -> Fut + Send + 'static,
        Fut: Future<Output = RefreshAnswer> + Send,
    {
        let (vault, account_id, holder) = (self.clone(), account_id.to_owned(), holder.to_owned());
        let run = tokio::spawn(async move { vault.refresh_to_end(account_id, seen, holder, ask).await });
        run.await.map_err(|_| VaultError::Db(DbError::Panicked))?
    }

    async fn refresh_to_end<F, Fut>(
        &self,
        account_id: String,
        seen: u64,
        holder: String,
        ask: F,
    ) -> Result<Refreshed, VaultError>
    where
        F: FnOnce(SecretString) -> Fut,
        Fut: Future<Output = RefreshAnswer>,
    {
        let credential = {
            let mut reader = self.db().reader().await?;
            credentials::find(&mut reader, &account_id).await?
        };
        let credential = credential.ok_or_else(|| VaultError::NoCredential(account_id.clone()))?;
        if credential.token_version > seen {
            return Ok(Refreshed::Newer(credential.token_version));
        }
        if let Some(intent) = credential.intent {
            return Ok(Refreshed::Underway(intent));
        }
        let Some(refresh) = self.open_tokens(&credential)?.refresh else { return Ok(Refreshed::Impossible) };
        if !self.claim(&account_id, seen, &holder).await? {
            return Ok(Refreshed::Underway(Intent { version: seen, holder, at: self.db().now() }));
        }
        match ask(refresh.clone()).await {
            RefreshAnswer::Given(mut tokens) => {
                // RFC 6749, section 6: without a new refresh token the old one goes on.
                tokens.refresh.get_or_insert(refresh);
                self.commit(&account_id, seen, &holder, &tokens).await
            }
            RefreshAnswer::Transient(why) => {
                self.give_back(&account_id, seen, &holder).await?;
                Ok(Refreshed::Transient(why))
            }
            RefreshAnswer::Dead(why) => Ok(Refreshed::Dead(why)),
            RefreshAnswer::Lost(why) => Ok(Refreshed::Lost(why)),
        }
    }

    async fn claim(&self, account_id: &str, seen: u64, holder: &str) -> Result<bool, VaultError> {
        let (account_id, holder) = (account_id.to_owned(), holder.to_owned());
        let write = self.db().write(move |tx| {
            Box::pin(async move { Ok(credentials::begin_refresh(tx, &account_id, seen, &holder).await?) })
        });
        write.await
    }

    async fn commit(
        &self,
        account_id: &str,
        seen: u64,
        holder: &str,
        tokens: &Tokens,
    ) -> Result<Refreshed, VaultError> {
        let new = self.seal_tokens(account_id, tokens)?;
        let holder = holder.to_owned();
        let write = self.db().write::<_, DbError, _>(move |tx| {
            Box::pin(async move { credentials::commit_refresh(tx, &new, seen, &holder).await })
        });
        let stored = write.await?;
        // Connected anew while we asked: those tokens count, ours are dropped.
        Ok(stored.map_or(Refreshed::Newer(seen + 1), Refreshed::New))
    }

    async fn give_back(&self, account_id: &str, seen: u64, holder: &str) -> Result<bool, VaultError> {
        let (account_id, holder) = (account_id.to_owned(), holder.to_owned());
        let write = self.db().write(move |tx| {
            Box::pin(async move { Ok(credentials::abandon_refresh(tx, &account_id, seen, &holder).await?) })
        });
        write.await
    }
}
