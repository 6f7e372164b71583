//! Keeping an account's access alive: refreshed by one, before it ends or when the platform says no.

use std::sync::Arc;

use activities_data::accounts::{self, Account};
use activities_data::credentials::{self, Credential};
use activities_data::{DbError, instant};
use activities_vault::{RefreshAnswer, Refreshed};
use campaigns_limits::Platform;
use jiff::SignedDuration;
use secrecy::SecretString;

use crate::{Delivery, DeliveryError};

/// An access token that ends sooner is refreshed before it is used: longer than any request.
const MARGIN: SignedDuration = SignedDuration::from_secs(120);
/// A claimed refresh is taken for lost after this: the request ends after 30 s.
const CLAIM_LOST_AFTER: SignedDuration = SignedDuration::from_secs(90);
/// How long to wait for who is refreshing.
const UNDERWAY_WAIT_MS: u64 = 2_000;
/// How long to wait after a refresh that failed for the moment.
const TRANSIENT_WAIT_MS: u64 = 30_000;

/// Tokens younger than this may yet be taken (LinkedIn, error 65601).
const FRESH: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait between attempts with a token that may yet be taken.
pub(crate) const FRESH_WAIT_MS: u64 = 10_000;

/// Versions of the tokens that the platform refused in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefusedTokens {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// How delivery asks a platform for new tokens; `activities/oauth` does it.
#[async_trait::async_trait]
pub trait TokenRefresher: Send + Sync {
    async fn refresh(&self, platform: Platform, refresh_token: SecretString) -> RefreshAnswer;

    /// Whether the platform says that the consent behind an access token was taken back; `false` where it says
    /// something else, can't be asked that, or does not answer.
    async fn is_revoked(&self, platform: Platform, access_token: SecretString) -> bool {
        let _ = (platform, access_token);
        false
    }

    /// Whether a refresh token is good for one use only, so that an answer that was lost can't be asked
    /// for again.
    fn single_use(&self, platform: Platform) -> bool;
}

/// An account that can't be refreshed: a person must connect it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrefreshable {
    pub why: String,
}

/// What came of looking after an account's access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Good,
    Wait { wait_ms: u64 },
    Gone(Unrefreshable),
}

fn gone(why: impl Into<String>) -> Access {
    Access::Gone(Unrefreshable { why: why.into() })
}

impl Delivery {
    /// Refreshes an account's access when it ends soon; returns why it can't be used, where it can't. What
    /// fails for the moment counts as good: whoever uses it hears why.
    ///
    /// # Errors
    /// [`DeliveryError`] when ledger or vault fail.
    pub async fn ensure_access(&self, account_id: &str) -> Result<Option<String>, DeliveryError> {
        match self.keep_access(account_id).await? {
            Access::Good | Access::Wait { .. } => Ok(None),
            Access::Gone(gone) => Ok(Some(gone.why)),
        }
    }

    /// Refreshes an account's access when it ends soon.
    pub(crate) async fn keep_access(&self, account_id: &str) -> Result<Access, DeliveryError> {
        let Some(credential) = self.credential(account_id).await? else {
            return Ok(gone("it has no credential"));
        };
        let now = self.now();
        let soon = now.saturating_add(MARGIN).unwrap_or(now);
        if credential.access_expires_at.is_none_or(|end| end > soon) {
            return Ok(Access::Good);
        }
        let ended = credential.access_expires_at.is_some_and(|end| end <= now);
        match self.refresh(account_id, &credential).await? {
            // It is good for a moment yet, which is better than nothing.
            Access::Wait { .. } if !ended => Ok(Access::Good),
            Access::Gone(_) if !ended && !credential.has_refresh => Ok(Access::Good),
            other => Ok(other),
        }
    }

    /// The platform refused the account's token: one refresh, then a person. New tokens are given a moment,
    /// because LinkedIn refuses some of them for their first seconds.
    pub(crate) async fn replace_refused(
        &self,
        account_id: &str,
        refused: RefusedTokens,
    ) -> Result<Access, DeliveryError> {
        let Some(credential) = self.credential(account_id).await? else {
            return Ok(gone("it has no credential"));
        };
        if credential.token_version > refused.last {
            return Ok(Access::Good);
        }
        let refreshed_already = refused.first < credential.token_version;
        if credential.has_refresh && !refreshed_already {
            return self.refresh(account_id, &credential).await;
        }
        if self.now().duration_since(credential.stored_at) < FRESH {
            return Ok(Access::Good);
        }
        Ok(gone("the platform refuses its token"))
    }

    pub(crate) async fn credential(&self, account_id: &str) -> Result<Option<Credential>, DeliveryError> {
        let mut reader = self.db().reader().await?;
        Ok(credentials::find(&mut reader, account_id).await?)
    }

    pub(crate) async fn refresh(
        &self,
        account_id: &str,
        credential: &Credential,
    ) -> Result<Access, DeliveryError> {
        let platform = self.account(account_id).await?.name.platform();
        let refresher = Arc::clone(&self.inner().refresher);
        let holder = self.new_holder();
        self.boundary("refresh").await?;
        let ask = move |token: SecretString| async move { refresher.refresh(platform, token).await };
        let refreshed = self.vault().refresh(account_id, credential.token_version, &holder, ask).await?;
        self.boundary("refresh").await?;
        match refreshed {
            Refreshed::New(_) | Refreshed::Newer(_) => Ok(Access::Good),
            Refreshed::Underway(intent) => {
                let lost_at = intent.at.saturating_add(CLAIM_LOST_AFTER).unwrap_or(intent.at);
                if lost_at > self.now() {
                    return Ok(Access::Wait { wait_ms: UNDERWAY_WAIT_MS });
                }
                self.claim_lost(account_id, platform, intent.version, intent.holder).await
            }
            Refreshed::Impossible => Ok(gone("its access ended and the platform gave no refresh token")),
            Refreshed::Transient(why) => {
                tracing::info!(account = account_id, why, "a token could not be refreshed for the moment");
                Ok(Access::Wait { wait_ms: TRANSIENT_WAIT_MS })
            }
            Refreshed::Dead(why) => {
                Ok(gone(format!("the platform no longer takes its refresh token: {why}")))
            }
            Refreshed::Lost(why) => {
                if self.inner().refresher.single_use(platform) {
                    return Ok(gone(format!("the answer to a refresh was lost: {why}")));
                }
                self.give_claim_back(account_id, credential.token_version, holder).await?;
                Ok(Access::Wait { wait_ms: TRANSIENT_WAIT_MS })
            }
        }
    }

    /// Who claimed a refresh is gone. A single-use token may be spent, and nobody knows its successor.
    pub(crate) async fn claim_lost(
        &self,
        account_id: &str,
        platform: Platform,
        version: u64,
        holder: String,
    ) -> Result<Access, DeliveryError> {
        if self.inner().refresher.single_use(platform) {
            return Ok(gone("a refresh was interrupted and its answer is lost"));
        }
        self.give_claim_back(account_id, version, holder).await?;
        Ok(Access::Wait { wait_ms: 1 })
    }

    async fn give_claim_back(
        &self,
        account_id: &str,
        version: u64,
        holder: String,
    ) -> Result<(), DeliveryError> {
        let account_id = account_id.to_owned();
        self.write::<_, DeliveryError, _>("refresh-claim", move |tx| {
            Box::pin(async move {
                credentials::abandon_refresh(tx, &account_id, version, &holder).await?;
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn account(&self, account_id: &str) -> Result<Account, DbError> {
        accounts::get(&mut *self.db().reader().await?, account_id).await
    }
}

/// Milliseconds that a wait may last before it is looked at again, whatever it waits for.
pub(crate) fn capped(wait_ms: u64) -> u64 {
    /// Waits heal by themselves within an hour when a wake-up got lost.
    const WAIT_MS_MAX: u64 = 3_600_000;
    wait_ms.clamp(1, WAIT_MS_MAX)
}

/// The instant after `wait_ms` from now.
pub(crate) fn in_ms(delivery: &Delivery, wait_ms: u64) -> jiff::Timestamp {
    instant::after(delivery.now(), wait_ms)
}
