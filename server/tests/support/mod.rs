//! A whole server over a temporary ledger, its platforms played by the sandbox.

#![allow(clippy::allow_attributes, dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod document;
pub(crate) mod receiver;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use activities_delivery::{Delivery, Parts, TokenRefresher};
use activities_media::MediaStore;
use activities_oauth::{OAuth, OAuthSettings};
use activities_platforms::{LinkedInSettings, PlatformClient, XSettings, linkedin, x};
use activities_vault::{KeyMaterial, RefreshAnswer, Vault};
use campaigns_limits::Platform;
use engine_clock::Clock;
use reqwest::{Method, RequestBuilder, Response};
use sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::app::{App, ConnectSettings, Writing};
use server::http::{AdminToken, BoundAddress, HttpSettings, Readiness, RunningServer};
use tempfile::TempDir;
use url::Url;

pub(crate) const TOKEN: &str = "tdg_test_token";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

struct NoRefresh;

#[async_trait::async_trait]
impl TokenRefresher for NoRefresh {
    async fn refresh(&self, _: Platform, _: SecretString) -> RefreshAnswer {
        RefreshAnswer::Transient("no refreshing here".to_owned())
    }

    fn single_use(&self, _: Platform) -> bool {
        true
    }
}

pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) app: App,
    pub(crate) readiness: Readiness,
    pub(crate) url: Url,
    pub(crate) sandbox: RunningSandbox,
    pub(crate) http: reqwest::Client,
    pub(crate) document: Value,
    server: RunningServer,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::with_apps(true, None).await
    }

    /// With or without app credentials at the platforms.
    pub(crate) async fn with_apps(apps: bool, frontend_url: Option<&str>) -> Self {
        Self::with(apps, frontend_url, Clock::real(), (HttpSettings::default(), outside())).await
    }

    /// On a clock that a test pushes.
    pub(crate) async fn on(clock: Clock) -> Self {
        Self::with(true, None, clock, (HttpSettings::default(), outside())).await
    }

    /// With other settings of the HTTP server.
    pub(crate) async fn with_settings(settings: HttpSettings) -> Self {
        Self::with(true, None, Clock::real(), (settings, outside())).await
    }

    /// Without the secrets that webhooks are signed with.
    pub(crate) async fn without_secrets() -> Self {
        let outside = server::app::Outside::default();
        Self::with(true, None, Clock::real(), (HttpSettings::default(), outside)).await
    }

    /// On a clock that a test pushes, and where addresses that people give may be on this machine.
    pub(crate) async fn near(clock: Clock) -> Self {
        let outside = server::app::Outside { private_networks: true, ..outside() };
        Self::with(true, None, clock, (HttpSettings::default(), outside)).await
    }

    async fn with(
        apps: bool,
        frontend_url: Option<&str>,
        clock: Clock,
        (settings, outside): (HttpSettings, server::app::Outside),
    ) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(SandboxOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: None,
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let bound = BoundAddress::bind("127.0.0.1:0".parse().unwrap()).await.unwrap().with(settings);
        let url: Url = format!("http://{}/", bound.address()).parse().unwrap();
        let db =
            activities_test_database::ledger(&folder.path().join("ledger.db"), clock.clone()).await.unwrap();
        let key = KeyMaterial::from_setting(&SecretString::from("0123456789abcdef0123456789abcdef")).unwrap();
        let vault = Vault::open(db.clone(), &key).await.unwrap();
        let media = MediaStore::open(folder.path().join("media")).unwrap();
        let http = activities_platforms::http::client().unwrap();
        let clients = clients(&sandbox, &http, &clock);
        let providers = if apps { providers(&sandbox, &http, &clock) } else { BTreeMap::new() };
        let delivery = Delivery::new(Parts {
            db: db.clone(),
            vault: vault.clone(),
            media: media.clone(),
            clients: clients.values().cloned().collect(),
            refresher: Arc::new(NoRefresh),
            faults: None,
        });
        let connect = ConnectSettings {
            providers,
            clients,
            x_hooks: apps.then(|| {
                let bearer = SecretString::from(sandbox::X_BEARER_TOKEN);
                x::Hooks::new(http.clone(), base(&sandbox, Platform::X), bearer)
            }),
            base_url: url.clone(),
            frontend_url: frontend_url.map(|url| url.parse().unwrap()),
        };
        let writing =
            Writing { delivery, vault, connect: Arc::new(connect), keys: server::app::NoKeys::shared() };
        let app = App { db, media, clock, outside: Arc::new(outside), writing: Some(writing) };
        let readiness = Readiness::default();
        let token = AdminToken::new(&SecretString::from(TOKEN));
        let server = bound.serve(app.clone(), token, readiness.clone(), "instance-1".to_owned());
        let document = server::http::document();
        Self { folder, app, readiness, url, sandbox, http, document, server }
    }

    /// A request with the right token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url.join(path).unwrap()).bearer_auth(TOKEN)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// Asks as the bearer of `token`; the answer is held against the OpenAPI document.
    pub(crate) async fn ask_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        self.ask_with(token, method, path, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let url = self.url.join(path).unwrap();
        let mut request = self.http.request(method.clone(), url).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let bytes = answer.bytes().await.unwrap();
        let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        document::holds(&self.document, method.as_str(), path, status, &kind.unwrap_or_default(), &value);
        (status, value)
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.ask_as(TOKEN, method, path, body).await
    }

    /// The id of the sandbox's demo account on a platform, connected.
    pub(crate) async fn account(&self, platform: &str) -> String {
        let asked = self.connect(platform).await;
        let url = asked["authorizationUrl"].as_str().unwrap();
        assert_eq!(self.consent(url, &[("auto", "approve")]).await.status(), 200);
        let (_, list) = self.ask(Method::GET, "api/v1/social/accounts/default", None).await;
        let accounts = list["accounts"].as_array().unwrap();
        let found = accounts.iter().find(|account| account["platform"] == platform).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// A content piece of `default` under this id.
    pub(crate) async fn piece(&self, id: &str, body: &str) {
        let wish = json!({"organizationId": "default", "body": body});
        let (status, made) = self.ask(Method::PUT, &format!("api/v1/social/content/{id}"), Some(&wish)).await;
        assert_eq!(status, 200, "{made}");
    }

    /// A post of that piece: now, or at `at`.
    pub(crate) async fn schedule(&self, piece: &str, account: &str, at: Option<&str>) -> Value {
        let mut wish = json!({"contentPieceId": piece, "socialAccountId": account});
        if let Some(at) = at {
            wish["scheduledAt"] = json!(at);
        }
        let (status, post) = self.ask(Method::POST, "api/v1/social/schedule", Some(&wish)).await;
        assert_eq!(status, 201, "{post}");
        post
    }

    /// A post with this text, now or at `at`.
    pub(crate) async fn post_of(&self, account: &str, text: &str, at: Option<&str>) -> Value {
        self.piece("a", text).await;
        self.schedule("a", account, at).await
    }

    /// A token of that role; `None` is its organization where it has none.
    pub(crate) async fn token(&self, role: &str, organization: Option<&str>) -> String {
        let wish = match organization {
            Some(id) => json!({"name": role, "role": role, "organizationId": id}),
            None => json!({"name": role, "role": role}),
        };
        let (status, made) = self.ask(Method::POST, "api/v1/tokens", Some(&wish)).await;
        assert_eq!(status, 201, "{made}");
        made["token"].as_str().unwrap().to_owned()
    }

    /// Does what the worker does, until a post has an outcome or must wait.
    pub(crate) async fn publish(&self, post: &Value) {
        let id = post["id"].as_str().unwrap().parse().unwrap();
        self.app.writing.as_ref().unwrap().delivery.advance(&id).await.unwrap();
    }

    /// Everything that was ever posted on the sandbox.
    pub(crate) async fn feed(&self) -> Vec<Value> {
        let url = format!("{}/_sandbox/ledger", self.sandbox.url().trim_end_matches('/'));
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Has the sandbox misbehave.
    pub(crate) async fn fault(&self, fault: &Value) {
        let url = format!("{}/_sandbox/faults", self.sandbox.url().trim_end_matches('/'));
        let answer = self.http.post(url).json(fault).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Goes through the sandbox's consent as a browser would; the answer of our callback.
    pub(crate) async fn consent(&self, authorization_url: &str, extra: &[(&str, &str)]) -> Response {
        let mut url: Url = authorization_url.parse().unwrap();
        url.query_pairs_mut().extend_pairs(extra);
        let asked = self.http.get(url).send().await.unwrap();
        let back = asked.headers()["location"].to_str().unwrap().to_owned();
        self.http.get(back).send().await.unwrap()
    }

    pub(crate) async fn connect(&self, platform: &str) -> Value {
        let wish = json!({"platform": platform, "organizationId": "default"});
        let answer = self.post("api/v1/social/connect", &wish).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// Lets operators see a home of the workflows.
    pub(crate) fn sees(&self, home: Arc<dyn server::app::operation::WorkflowHome>) {
        self.server.sees(home);
    }

    pub(crate) async fn stop(self) {
        self.stop_within(Duration::from_secs(5)).await;
    }

    pub(crate) async fn stop_within(self, drain: Duration) {
        self.server.shutdown(drain).await;
        self.sandbox.shutdown().await;
    }
}

/// The secrets of webhooks.
fn outside() -> server::app::Outside {
    server::app::Outside {
        x_secret: Some(SecretString::from(sandbox::X_CONSUMER_SECRET)),
        linkedin_secret: Some(SecretString::from(sandbox::APP_CLIENT_SECRET)),
        meta_secret: Some(SecretString::from("meta-secret")),
        meta_verify_token: Some(SecretString::from("meta-word")),
        webhook_secret: Some(SecretString::from(WEBHOOK_SECRET)),
        ..server::app::Outside::default()
    }
}

fn base(sandbox: &RunningSandbox, platform: Platform) -> Url {
    let url = match platform {
        Platform::X => sandbox.x_url(),
        Platform::LinkedIn => sandbox.linkedin_url(),
    };
    format!("{url}/").parse().unwrap()
}

fn clients(
    sandbox: &RunningSandbox,
    http: &reqwest::Client,
    clock: &Clock,
) -> BTreeMap<Platform, Arc<dyn PlatformClient>> {
    let of_x = XSettings { api_url: base(sandbox, Platform::X), ..XSettings::default() };
    let of_linkedin =
        LinkedInSettings { api_url: base(sandbox, Platform::LinkedIn), ..LinkedInSettings::default() };
    let x: Arc<dyn PlatformClient> = Arc::new(x::Client::new(of_x, http.clone(), clock.clone()));
    let linkedin: Arc<dyn PlatformClient> =
        Arc::new(linkedin::Client::new(of_linkedin, http.clone(), clock.clone()));
    BTreeMap::from([(Platform::X, x), (Platform::LinkedIn, linkedin)])
}

fn providers(sandbox: &RunningSandbox, http: &reqwest::Client, clock: &Clock) -> BTreeMap<Platform, OAuth> {
    Platform::ALL
        .into_iter()
        .map(|platform| {
            let settings = OAuthSettings {
                api_url: base(sandbox, platform),
                auth_url: base(sandbox, platform),
                client_id: sandbox::APP_CLIENT_ID.to_owned(),
                client_secret: Some(SecretString::from(sandbox::APP_CLIENT_SECRET)),
            };
            (platform, OAuth::new(platform, settings, http.clone(), clock.clone()))
        })
        .collect()
}

/// A campaign of one post per account, due in a far future.
pub(crate) fn bundle(campaign: &str, text: &str) -> Value {
    let file = format!(
        "campaign: {campaign}\nversion: 1\ntimezone: UTC\naccounts: [x/demo, linkedin/demo]\nposts:\n  hello:\n    \
         at: \"2099-03-18 09:00\"\n    text: |\n      {text}\n"
    );
    json!({"file": {"name": format!("{campaign}.campaign.yaml"), "text": file}})
}
