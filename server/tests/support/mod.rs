//! A whole server over a temporary ledger, its platforms played by the sandbox.

#![allow(clippy::allow_attributes, dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use activities_data::Db;
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
use server::http::{AdminToken, BoundAddress, Readiness, RunningServer};
use tempfile::TempDir;
use url::Url;

pub(crate) const TOKEN: &str = "tdg_test_token";

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
    server: RunningServer,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::with_apps(true, None).await
    }

    /// With or without app credentials at the platforms.
    pub(crate) async fn with_apps(apps: bool, frontend_url: Option<&str>) -> Self {
        Self::with(apps, frontend_url, Clock::real()).await
    }

    /// On a clock that a test pushes.
    pub(crate) async fn on(clock: Clock) -> Self {
        Self::with(true, None, clock).await
    }

    async fn with(apps: bool, frontend_url: Option<&str>, clock: Clock) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(SandboxOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: None,
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let bound = BoundAddress::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url: Url = format!("http://{}/", bound.address()).parse().unwrap();
        let db = Db::open(&folder.path().join("ledger.db"), clock.clone()).await.unwrap();
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
            base_url: url.clone(),
            frontend_url: frontend_url.map(|url| url.parse().unwrap()),
        };
        let writing =
            Writing { delivery, vault, connect: Arc::new(connect), keys: server::app::NoKeys::shared() };
        let app = App { db, media, clock, writing: Some(writing) };
        let readiness = Readiness::default();
        let token = AdminToken::new(&SecretString::from(TOKEN));
        let server = bound.serve(app.clone(), token, readiness.clone(), "instance-1".to_owned());
        Self { folder, app, readiness, url, sandbox, http, server }
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

    pub(crate) async fn stop(self) {
        self.server.shutdown(Duration::from_secs(5)).await;
        self.sandbox.shutdown().await;
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
