//! Connecting an account: the consent at its platform, and the way back.

use std::collections::BTreeMap;
use std::sync::Arc;

use activities_data::accounts::Connected as ConnectedRow;
use activities_data::audit;
use activities_data::oauth_states::{self, OauthState};
use activities_oauth::{OAuth, TokenError, TokenSet, default_scopes, new_state};
use activities_platforms::PlatformClient;
use activities_platforms::x::Hooks;
use activities_vault::Tokens;
use campaigns_limits::{AccountName, Platform};
use jiff::SignedDuration;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::accounts::{Token, profile, view};
use super::publications::parse_platform;
use super::{App, AppError, Writing, pages};
use crate::api::{AccountView, Connect, Connected};

/// How long a person may take at the platform's consent page.
const CONSENT_TIME_MAX: SignedDuration = SignedDuration::from_mins(10);
/// What the vault calls a sealed proof key.
const VERIFIER: &str = "pkce";
/// How much of what a platform says about a refusal is passed on, in characters.
const REASON_CHARS_MAX: usize = 300;
/// What the trail calls a consent that connected nothing.
pub const NOT_CONNECTED: &str = "not-connected";

/// The name under which the trail knows the consent of a state: enough of its hash to tell it from others, and
/// nothing that stands for it.
#[must_use]
pub fn consent_name(state: &str) -> String {
    hex::encode(&Sha256::digest(state.as_bytes())[..8])
}

/// Platforms that accounts can be connected to, and where people come back.
pub struct ConnectSettings {
    /// Those with an app of ours.
    pub providers: BTreeMap<Platform, OAuth>,
    /// All that this program has a client for.
    pub clients: BTreeMap<Platform, Arc<dyn PlatformClient>>,
    /// Our webhooks at X; `None` without the app's own token.
    pub x_hooks: Option<Hooks>,
    /// `BASE_URL`: where platforms send people back to.
    pub base_url: Url,
    /// `FRONTEND_URL`: what `returnTo` must lie under; unset, there is no `returnTo`.
    pub frontend_url: Option<Url>,
}

/// What a platform sent a person back with.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}

/// How a way back ends.
#[derive(Debug)]
pub struct Returned {
    /// Where the application wants the person; `None`: with us.
    pub return_to: Option<Url>,
    pub result: Result<AccountView, AppError>,
}

impl App {
    /// Where a person signs in to connect an account.
    ///
    /// # Errors
    /// [`AppError::NoPlatformApp`] while the platform's app is not set; [`AppError::Field`].
    pub async fn connect(&self, wish: &Connect) -> Result<Connected, AppError> {
        let writing = self.writing()?;
        let settings = &writing.connect;
        let platform = parse_platform("platform", &wish.platform)?;
        let provider = settings.providers.get(&platform).ok_or_else(|| no_app(platform))?;
        let return_to = wish.return_to.as_deref().map(|url| settings.allowed_return(url)).transpose()?;
        let redirect = settings.redirect_of(platform)?;
        let state = new_state();
        let consent = provider.authorize_url(&state, &redirect, &pages::scopes(platform, wish.organizations));
        let sealed_verifier = match &consent.verifier {
            Some(verifier) => {
                use secrecy::ExposeSecret;
                Some(writing.vault.seal(VERIFIER, &state, verifier.expose_secret().as_bytes())?)
            }
            None => None,
        };
        let now = self.clock.now();
        let kept = OauthState {
            organization: wish.organization_id.clone(),
            platform,
            redirect_uri: redirect.to_string(),
            return_to: return_to.map(|url| url.to_string()),
            sealed_verifier,
            expires_at: now.saturating_add(CONSENT_TIME_MAX).unwrap_or(now),
        };
        let key = state.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    activities_data::organizations::ensure(tx, &kept.organization).await?;
                    Ok::<_, AppError>(oauth_states::put(tx, &key, &kept).await?)
                })
            })
            .await?;
        Ok(Connected { authorization_url: consent.url.to_string(), state })
    }

    /// The way back from a platform, named as in the callback's path. The state is used up whatever happens.
    pub async fn callback(&self, platform: &str, consent: Consent) -> Returned {
        let app = self.clone();
        let platform = Platform::ALL.into_iter().find(|known| known.path_name() == platform);
        // A browser that goes away must not interrupt this between the exchange and the ledger: the code
        // can't be used twice.
        let way_back = tokio::spawn(async move { app.come_back(platform, consent).await });
        way_back.await.unwrap_or(Returned { return_to: None, result: Err(AppError::ConsentUnknown) })
    }

    async fn come_back(&self, platform: Option<Platform>, consent: Consent) -> Returned {
        let (kept, state) = match self.take_state(platform, consent.state.clone()).await {
            Ok(taken) => taken,
            Err(error) => return Returned { return_to: None, result: Err(error) },
        };
        let return_to = kept.return_to.as_deref().and_then(|url| url.parse().ok());
        let result = self.finish(&kept, &state, consent).await;
        if let Err(error) = &result {
            tracing::info!(platform = %kept.platform, code = error.code(), why = %error, "an account was not connected");
            self.note_refusal(&kept, &state, error).await;
        }
        Returned { return_to, result }
    }

    /// Writes into the trail that a consent came to nothing, for whoever waits for it elsewhere.
    async fn note_refusal(&self, kept: &OauthState, state: &str, error: &AppError) {
        let entry = audit::Entry {
            organization: kept.organization.clone(),
            actor: "consent".to_owned(),
            event: NOT_CONNECTED.to_owned(),
            ..audit::Entry::default()
        };
        let why = format!("{} {}: {error} [{}]", kept.platform, consent_name(state), error.code());
        let noted = self.db.write(move |tx| {
            Box::pin(async move { Ok::<_, AppError>(audit::append(tx, &entry.because(why)).await?) })
        });
        // The person is told all the same.
        if let Err(error) = noted.await {
            tracing::warn!(why = %error, "a refused consent is not in the trail");
        }
    }

    async fn take_state(
        &self,
        platform: Option<Platform>,
        state: Option<String>,
    ) -> Result<(OauthState, String), AppError> {
        let (Some(platform), Some(state)) = (platform, state) else { return Err(AppError::ConsentUnknown) };
        let key = state.clone();
        let kept = self
            .db
            .write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(oauth_states::take(tx, &key, platform).await?) })
            })
            .await?;
        kept.map(|kept| (kept, state)).ok_or(AppError::ConsentUnknown)
    }

    async fn finish(
        &self,
        kept: &OauthState,
        state: &str,
        consent: Consent,
    ) -> Result<AccountView, AppError> {
        let writing = self.writing()?;
        let platform = kept.platform;
        if let Some(error) = consent.error {
            let said = consent.error_description.unwrap_or(error);
            return Err(AppError::Denied(said.chars().take(REASON_CHARS_MAX).collect()));
        }
        let code = consent.code.map(SecretString::from).ok_or(AppError::ConsentUnknown)?;
        let tokens = exchange(writing, kept, state, &code).await?;
        let profile = profile(writing, platform, &tokens.access).await?;
        let name = AccountName::new(platform, &profile.handle)
            .map_err(|error| AppError::Consent(format!("the account's name can't be used here: {error}")))?;
        let scopes = if tokens.scopes.is_empty() {
            default_scopes(platform).iter().map(|scope| (*scope).to_owned()).collect()
        } else {
            tokens.scopes
        };
        let connected = ConnectedRow {
            name,
            subject: profile.subject,
            display_name: Some(profile.display_name),
            avatar_url: profile.avatar_url,
            scopes,
        };
        let token = Token { expires_at: Some(tokens.expires_at), refreshes: tokens.refresh.is_some() };
        let tokens =
            Tokens { access: tokens.access, refresh: tokens.refresh, access_expires_at: token.expires_at };
        // Before the member, so that whoever waits for the member sees them all.
        pages::connect(writing, &kept.organization, &connected, &tokens).await;
        let account = writing.delivery.connect(&kept.organization, connected, tokens, "consent").await?;
        tracing::info!(account = %account.name, "an account was connected");
        Ok(view(&account, token))
    }
}

async fn exchange(
    writing: &Writing,
    kept: &OauthState,
    state: &str,
    code: &SecretString,
) -> Result<TokenSet, AppError> {
    let provider = writing.connect.providers.get(&kept.platform).ok_or_else(|| no_app(kept.platform))?;
    let redirect: Url = kept.redirect_uri.parse().map_err(|_| AppError::ConsentUnknown)?;
    let verifier = match &kept.sealed_verifier {
        Some(sealed) => {
            let plain = writing.vault.unseal(VERIFIER, state, sealed)?;
            Some(SecretString::from(String::from_utf8_lossy(&plain).into_owned()))
        }
        None => None,
    };
    provider
        .exchange(code, verifier.as_ref(), &redirect)
        .await
        .map_err(|error: TokenError| AppError::Consent(error.to_string()))
}

fn no_app(platform: Platform) -> AppError {
    let variable = match platform {
        Platform::X => "TWITTER_CLIENT_ID",
        Platform::LinkedIn => "LINKEDIN_CLIENT_ID",
    };
    AppError::NoPlatformApp { platform: platform.title(), variable }
}

impl ConnectSettings {
    fn redirect_of(&self, platform: Platform) -> Result<Url, AppError> {
        let path = format!("api/v1/social/{}/callback", platform.path_name());
        self.base_url.join(&path).map_err(|_| AppError::Malformed("`BASE_URL` makes no address".to_owned()))
    }

    /// The address, if it is the application's own: same origin, below its path.
    fn allowed_return(&self, word: &str) -> Result<Url, AppError> {
        let refuse = |message: &str| {
            Err(AppError::Field {
                field: "returnTo".to_owned(),
                code: "account/return-to",
                message: message.to_owned(),
            })
        };
        let Some(frontend) = &self.frontend_url else { return refuse("`FRONTEND_URL` is not set") };
        let Ok(url) = word.parse::<Url>() else { return refuse("it is not an address") };
        let rest = url.path().strip_prefix(frontend.path().trim_end_matches('/'));
        let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if url.origin() != frontend.origin()
            || !below
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return refuse("it does not lie under `FRONTEND_URL`");
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(frontend: Option<&str>) -> ConnectSettings {
        ConnectSettings {
            providers: BTreeMap::new(),
            clients: BTreeMap::new(),
            x_hooks: None,
            base_url: "http://localhost:3001/".parse().unwrap(),
            frontend_url: frontend.map(|url| url.parse().unwrap()),
        }
    }

    #[test]
    fn people_return_only_to_the_application() {
        let settings = settings(Some("https://app.acme.dev/social/"));
        for good in ["https://app.acme.dev/social/done?x=1", "https://app.acme.dev/social"] {
            assert!(settings.allowed_return(good).is_ok(), "{good}");
        }
        for bad in [
            "https://app.acme.dev.evil.example/social/",
            "http://app.acme.dev/social/",
            "https://app.acme.dev/other",
            "https://app.acme.dev/social/../other",
            "https://user@app.acme.dev/social/",
            "javascript:alert(1)",
            "/social/",
        ] {
            assert!(settings.allowed_return(bad).is_err(), "{bad}");
        }
        let open = self::settings(Some("https://app.acme.dev/social"));
        assert!(open.allowed_return("https://app.acme.dev/social/done").is_ok());
        assert!(open.allowed_return("https://app.acme.dev/social-of-others").is_err());
        assert!(
            self::settings(Some("https://app.acme.dev")).allowed_return("https://app.acme.dev/any").is_ok()
        );
    }

    #[test]
    fn without_an_application_nobody_is_sent_away() {
        assert!(settings(None).allowed_return("https://app.acme.dev/").is_err());
    }

    #[test]
    fn callbacks_have_the_platforms_path_names() {
        let url = settings(None).redirect_of(Platform::X).unwrap();
        assert_eq!(url.as_str(), "http://localhost:3001/api/v1/social/twitter/callback");
    }
}
