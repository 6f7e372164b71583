//! New tokens from the platforms themselves.

use std::collections::BTreeMap;

use activities_oauth::{OAuth, TokenError};
use activities_vault::{RefreshAnswer, Tokens};
use campaigns_limits::Platform;
use secrecy::SecretString;

use crate::TokenRefresher;

/// What LinkedIn calls a token whose owner took the consent back.
const REVOKED: &str = "revoked";

/// Asks the authorization servers for new tokens in delivery's name.
#[derive(Clone, Debug)]
pub struct PlatformRefresher {
    providers: BTreeMap<Platform, OAuth>,
}

impl PlatformRefresher {
    /// `providers` are the platforms whose app credentials are known.
    #[must_use]
    pub const fn new(providers: BTreeMap<Platform, OAuth>) -> Self {
        Self { providers }
    }
}

#[async_trait::async_trait]
impl TokenRefresher for PlatformRefresher {
    async fn refresh(&self, platform: Platform, refresh_token: SecretString) -> RefreshAnswer {
        let Some(provider) = self.providers.get(&platform) else {
            return RefreshAnswer::Transient(format!("no app credentials are set for {}", platform.title()));
        };
        match provider.refresh(&refresh_token).await {
            Ok(tokens) => RefreshAnswer::Given(Tokens {
                access: tokens.access,
                refresh: tokens.refresh,
                access_expires_at: Some(tokens.expires_at),
            }),
            Err(TokenError::Dead { message }) => RefreshAnswer::Dead(message),
            Err(TokenError::Lost { message }) => RefreshAnswer::Lost(message),
            // The app's own credentials are wrong: the account is not to blame and waits.
            Err(TokenError::Transient { message } | TokenError::Misconfigured { message }) => {
                RefreshAnswer::Transient(message)
            }
        }
    }

    async fn is_revoked(&self, platform: Platform, access_token: SecretString) -> bool {
        let Some(provider) = self.providers.get(&platform) else { return false };
        match provider.introspect(&access_token).await {
            Ok(standing) => standing
                .is_some_and(|standing| !standing.active && standing.status.as_deref() == Some(REVOKED)),
            Err(error) => {
                tracing::info!(platform = platform.as_str(), %error, "a token could not be introspected");
                false
            }
        }
    }

    /// X gives a new refresh token each time and forgets the old one; LinkedIn's stays the same.
    fn single_use(&self, platform: Platform) -> bool {
        match platform {
            Platform::X => true,
            Platform::LinkedIn => false,
        }
    }
}
