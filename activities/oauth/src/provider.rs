//! One platform's authorization server, as our app speaks to it.

use activities_platforms::address::below;
use activities_platforms::http;
use campaigns_limits::Platform;
use engine_clock::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::consent::Consent;
use crate::pkce;
use crate::token::{self, Reading, Standing, TokenError, TokenSet};

/// Our app as registered with a platform, and where the platform is.
#[derive(Clone, Debug)]
pub struct OAuthSettings {
    /// Without a version path: `https://api.x.com`, `https://api.linkedin.com`.
    pub api_url: Url,
    /// `https://x.com`, `https://www.linkedin.com`.
    pub auth_url: Url,
    pub client_id: String,
    /// X has public clients without one.
    pub client_secret: Option<SecretString>,
}

/// Connects accounts of one platform. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OAuth {
    platform: Platform,
    settings: OAuthSettings,
    http: reqwest::Client,
    clock: Clock,
}

impl OAuth {
    /// `http` comes from [`activities_platforms::http::client`].
    #[must_use]
    pub const fn new(
        platform: Platform,
        settings: OAuthSettings,
        http: reqwest::Client,
        clock: Clock,
    ) -> Self {
        Self { platform, settings, http, clock }
    }

    #[must_use]
    pub const fn platform(&self) -> Platform {
        self.platform
    }

    /// The page on which a person consents. `redirect` must be registered with the platform, letter by
    /// letter; `state` comes back with the callback.
    #[must_use]
    pub fn authorize_url(&self, state: &str, redirect: &Url, scopes: &[&str]) -> Consent {
        let (path, verifier) = match self.platform {
            Platform::X => ("i/oauth2/authorize", Some(pkce::verifier())),
            Platform::LinkedIn => ("oauth/v2/authorization", None),
        };
        let mut url = below(&self.settings.auth_url, path);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", state);
        if let Some(verifier) = &verifier {
            url.query_pairs_mut()
                .append_pair("code_challenge", &pkce::challenge(verifier))
                .append_pair("code_challenge_method", "S256");
        }
        // Both platforms' pages read `%20` and not every one of them `+`.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        Consent { url, verifier }
    }

    /// Turns a callback's code into tokens. A code works once and not for long: 30 s on X.
    ///
    /// # Errors
    /// [`TokenError`]; after [`TokenError::Lost`] the person must consent again.
    pub async fn exchange(
        &self,
        code: &SecretString,
        verifier: Option<&SecretString>,
        redirect: &Url,
    ) -> Result<TokenSet, TokenError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect.as_str()),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.expose_secret())));
        let secrets: Vec<&SecretString> = verifier.into_iter().chain([code]).collect();
        self.ask_for_tokens(form, &secrets).await
    }

    /// Spends a refresh token. Where the answer holds no new one, the old one stays in use and is in the
    /// result. Must run once at a time per credential, and its result be durable before it is used.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn refresh(&self, refresh: &SecretString) -> Result<TokenSet, TokenError> {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
        let mut tokens = self.ask_for_tokens(form, &[refresh]).await?;
        tokens.refresh.get_or_insert_with(|| refresh.clone());
        Ok(tokens)
    }

    /// Takes back a token. Revoking what is no longer valid succeeds.
    ///
    /// # Errors
    /// [`TokenError`]; [`TokenError::Lost`] is worth another try here.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), TokenError> {
        let url = match self.platform {
            Platform::X => below(&self.settings.api_url, "2/oauth2/revoke"),
            Platform::LinkedIn => below(&self.settings.auth_url, "oauth/v2/revoke"),
        };
        let reply = self.post(url, vec![("token", token.expose_secret())]).await;
        match token::succeeded(reply, self.reading(&self.with_secret(&[token]))) {
            Ok(_) | Err(TokenError::Dead { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What the platform says of a token. LinkedIn has no other way to learn that a person took the consent
    /// back; X has none at all, and the answer is `None`.
    ///
    /// # Errors
    /// [`TokenError`], of which none says anything about the account.
    pub async fn introspect(&self, token: &SecretString) -> Result<Option<Standing>, TokenError> {
        if self.platform == Platform::X {
            return Ok(None);
        }
        let url = below(&self.settings.auth_url, "oauth/v2/introspectToken");
        let reply = self.post(url, vec![("token", token.expose_secret())]).await;
        let secrets = self.with_secret(&[token]);
        token::standing(reply, self.reading(&secrets)).map(Some)
    }

    async fn ask_for_tokens(
        &self,
        form: Vec<(&str, &str)>,
        secrets: &[&SecretString],
    ) -> Result<TokenSet, TokenError> {
        let url = match self.platform {
            Platform::X => below(&self.settings.api_url, "2/oauth2/token"),
            Platform::LinkedIn => below(&self.settings.auth_url, "oauth/v2/accessToken"),
        };
        let secrets = self.with_secret(secrets);
        let reading = self.reading(&secrets);
        token::tokens(self.post(url, form).await, reading)
    }

    fn with_secret<'a>(&'a self, secrets: &[&'a SecretString]) -> Vec<&'a SecretString> {
        secrets.iter().copied().chain(&self.settings.client_secret).collect()
    }

    fn reading<'a>(&self, secrets: &'a [&'a SecretString]) -> Reading<'a> {
        let lasts_secs = match self.platform {
            Platform::X => 2 * 3_600,
            Platform::LinkedIn => 60 * 86_400,
        };
        Reading { asked_at: self.clock.now(), lasts_secs, secrets }
    }

    /// Posts a form as this app: X takes a confidential app's secret in a header and a public app's id in
    /// the form, LinkedIn both in the form.
    async fn post(&self, url: Url, mut form: Vec<(&str, &str)>) -> Result<http::Reply, http::Lost> {
        let OAuthSettings { client_id, client_secret, .. } = &self.settings;
        let secret = client_secret.as_ref().map(|secret| secret.expose_secret());
        let mut request = self.http.post(url);
        match (self.platform, secret) {
            (Platform::X, Some(secret)) => request = request.basic_auth(client_id, Some(secret)),
            (Platform::X, None) => form.push(("client_id", client_id)),
            (Platform::LinkedIn, secret) => {
                form.push(("client_id", client_id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
            }
        }
        http::send(request.form(&form)).await
    }
}
