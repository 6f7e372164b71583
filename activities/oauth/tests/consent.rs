//! The whole flow against the emulated platforms: consent, callback, tokens, refresh, revocation.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use std::collections::BTreeMap;

use activities_oauth::{OAuth, OAuthSettings, TokenError, TokenSet, default_scopes, new_state, states_match};
use activities_platforms::{Access, LinkedInSettings, PlatformClient, XSettings, linkedin, x};
use campaigns_limits::Platform;
use engine_clock::Clock;
use sandbox::{APP_CLIENT_ID, APP_CLIENT_SECRET, RunningSandbox, Sandbox, SandboxOptions};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;

struct Flow {
    sandbox: RunningSandbox,
    base: Url,
    oauth: OAuth,
    http: reqwest::Client,
    redirect: Url,
}

impl Flow {
    async fn start(platform: Platform) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = activities_platforms::http::client().unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let clock = Clock::real();
        let sandbox =
            Sandbox::start(SandboxOptions { listen, data: None, clock: clock.clone() }).await.unwrap();
        let base: Url = match platform {
            Platform::X => sandbox.x_url(),
            Platform::LinkedIn => sandbox.linkedin_url(),
        }
        .parse()
        .unwrap();
        let settings = OAuthSettings {
            api_url: base.clone(),
            auth_url: base.clone(),
            client_id: APP_CLIENT_ID.to_owned(),
            client_secret: Some(SecretString::from(APP_CLIENT_SECRET)),
        };
        let path = format!("http://127.0.0.1:3001/api/v1/social/{}/callback", platform.path_name());
        let redirect = path.parse().unwrap();
        Self { sandbox, base, oauth: OAuth::new(platform, settings, http.clone(), clock), http, redirect }
    }

    fn scopes(&self) -> &'static [&'static str] {
        default_scopes(self.oauth.platform())
    }

    /// A person answers the consent page; gives what the callback gets.
    async fn answer(&self, url: &Url, decision: &str) -> BTreeMap<String, String> {
        let answered = self.http.get(url.clone()).query(&[("auto", decision)]).send().await.unwrap();
        assert!(answered.status().is_redirection(), "{answered:?}");
        let location: Url = answered.headers()["location"].to_str().unwrap().parse().unwrap();
        assert!(location.as_str().starts_with(self.redirect.as_str()), "{location}");
        location.query_pairs().into_owned().collect()
    }

    async fn connected(&self) -> TokenSet {
        let state = new_state();
        let consent = self.oauth.authorize_url(&state, &self.redirect, self.scopes());
        let callback = self.answer(&consent.url, "approve").await;
        assert!(states_match(&state, &callback["state"]));
        let code = SecretString::from(callback["code"].clone());
        self.oauth.exchange(&code, consent.verifier.as_ref(), &self.redirect).await.unwrap()
    }

    /// Whether the token opens the account.
    async fn opens(&self, token: &SecretString) -> bool {
        let access = Access { token, subject: "", handle: "demo" };
        let client: Box<dyn PlatformClient> = match self.oauth.platform() {
            Platform::X => {
                let settings = XSettings { api_url: self.base.clone(), ..XSettings::default() };
                Box::new(x::Client::new(settings, self.http.clone(), Clock::real()))
            }
            Platform::LinkedIn => {
                let settings = LinkedInSettings { api_url: self.base.clone(), ..LinkedInSettings::default() };
                Box::new(linkedin::Client::new(settings, self.http.clone(), Clock::real()))
            }
        };
        client.profile(access).await.is_ok_and(|profile| profile.handle == "demo")
    }

    async fn fault(&self, fault: &str) {
        let body = json!({"platform": self.oauth.platform().as_str(), "fault": fault, "times": 1});
        let set = self.http.post(format!("{}/_sandbox/faults", self.sandbox.url())).json(&body).send().await;
        set.unwrap().error_for_status().unwrap();
    }
}

#[tokio::test]
async fn consent_gives_tokens_that_open_the_account() {
    for platform in Platform::ALL {
        let flow = Flow::start(platform).await;
        let tokens = flow.connected().await;
        assert!(flow.opens(&tokens.access).await, "{platform}");
        let granted: Vec<&str> = tokens.scopes.iter().map(String::as_str).collect();
        for scope in flow.scopes() {
            assert!(granted.contains(scope), "{platform}: {scope} is not in {granted:?}");
        }
        assert!(tokens.expires_at > Clock::real().now());
    }
}

#[tokio::test]
async fn a_person_may_say_no() {
    for platform in Platform::ALL {
        let flow = Flow::start(platform).await;
        let consent = flow.oauth.authorize_url("s", &flow.redirect, flow.scopes());
        let callback = flow.answer(&consent.url, "deny").await;
        assert!(callback.contains_key("error") && !callback.contains_key("code"), "{platform}: {callback:?}");
        assert_eq!(callback["state"], "s");
    }
}

#[tokio::test]
async fn a_code_works_once_and_on_x_only_with_its_verifier() {
    for platform in Platform::ALL {
        let flow = Flow::start(platform).await;
        let consent = flow.oauth.authorize_url("s", &flow.redirect, flow.scopes());
        let code = SecretString::from(flow.answer(&consent.url, "approve").await["code"].clone());
        let verifier = consent.verifier.as_ref();
        flow.oauth.exchange(&code, verifier, &flow.redirect).await.unwrap();
        let again = flow.oauth.exchange(&code, verifier, &flow.redirect).await;
        assert!(matches!(again, Err(TokenError::Dead { .. })), "{platform}: {again:?}");
    }
    let flow = Flow::start(Platform::X).await;
    let consent = flow.oauth.authorize_url("s", &flow.redirect, flow.scopes());
    let code = SecretString::from(flow.answer(&consent.url, "approve").await["code"].clone());
    let other = activities_oauth::pkce::verifier();
    let stolen = flow.oauth.exchange(&code, Some(&other), &flow.redirect).await;
    assert!(matches!(stolen, Err(TokenError::Dead { .. })), "{stolen:?}");
}

#[tokio::test]
async fn a_refresh_token_of_x_works_once() {
    let flow = Flow::start(Platform::X).await;
    let first = flow.connected().await;
    let first_refresh = first.refresh.unwrap();
    let second = flow.oauth.refresh(&first_refresh).await.unwrap();
    assert!(flow.opens(&second.access).await);
    let second_refresh = second.refresh.unwrap();
    assert_ne!(second_refresh.expose_secret(), first_refresh.expose_secret());
    let spent = flow.oauth.refresh(&first_refresh).await;
    assert!(matches!(spent, Err(TokenError::Dead { .. })), "{spent:?}");
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_is_told_apart() {
    let flow = Flow::start(Platform::X).await;
    let refresh = flow.connected().await.refresh.unwrap();
    flow.fault("lose_refresh_response").await;
    let lost = flow.oauth.refresh(&refresh).await;
    assert!(matches!(lost, Err(TokenError::Lost { .. })), "{lost:?}");
    let spent = flow.oauth.refresh(&refresh).await;
    assert!(matches!(spent, Err(TokenError::Dead { .. })), "it was carried out: {spent:?}");
}

#[tokio::test]
async fn a_revoked_token_opens_nothing() {
    for platform in Platform::ALL {
        let flow = Flow::start(platform).await;
        let tokens = flow.connected().await;
        flow.oauth.revoke(&tokens.access).await.unwrap();
        assert!(!flow.opens(&tokens.access).await, "{platform}");
        assert_eq!(flow.oauth.revoke(&tokens.access).await, Ok(()), "{platform}: once more is no error");
    }
}

#[tokio::test]
async fn linkedin_says_how_a_token_stands_and_x_does_not() {
    let flow = Flow::start(Platform::LinkedIn).await;
    let tokens = flow.connected().await;
    let standing = flow.oauth.introspect(&tokens.access).await.unwrap().unwrap();
    assert!(standing.active && standing.expires_at.is_some(), "{standing:?}");
    assert!(standing.scopes.iter().any(|scope| scope == "w_member_social"), "{standing:?}");
    flow.oauth.revoke(&tokens.access).await.unwrap();
    let standing = flow.oauth.introspect(&tokens.access).await.unwrap().unwrap();
    assert!(!standing.active, "{standing:?}");
    let flow = Flow::start(Platform::X).await;
    let tokens = flow.connected().await;
    assert_eq!(flow.oauth.introspect(&tokens.access).await, Ok(None));
}

#[tokio::test]
async fn a_wrong_app_secret_is_not_the_accounts_fault() {
    for platform in Platform::ALL {
        let flow = Flow::start(platform).await;
        let refresh = flow.connected().await.refresh.unwrap_or_else(|| SecretString::from("none"));
        let settings = OAuthSettings {
            api_url: flow.base.clone(),
            auth_url: flow.base.clone(),
            client_id: APP_CLIENT_ID.to_owned(),
            client_secret: Some(SecretString::from("wrong")),
        };
        let wrong = OAuth::new(platform, settings, flow.http.clone(), Clock::real());
        let refused = wrong.refresh(&refresh).await;
        assert!(matches!(refused, Err(TokenError::Misconfigured { .. })), "{platform}: {refused:?}");
    }
}
