//! A sandbox, a ledger, and as many delivering processes as a test wants: the product's own clients, OAuth
//! and vault, in virtual time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use activities_contract::Step;
use activities_data::accounts::Connected;
use activities_data::views::Story;
use activities_data::{Db, State, instant};
use activities_delivery::{
    Applied, ApplyError, ApplyRequest, Delivery, DeliveryError, FaultHook, Parts, PlatformRefresher,
};
use activities_media::MediaStore;
use activities_oauth::{OAuth, OAuthSettings};
use activities_platforms::http::{HttpSettings, client_with};
use activities_platforms::{LinkedInSettings, PlatformClient, XSettings, linkedin, x};
use activities_vault::{KeyMaterial, Tokens, Vault};
use campaigns_limits::{AccountName, MediaFacts, Platform};
use campaigns_plan::{Plan, PlannedPublication, PublicationId};
use engine_clock::Clock;
use jiff::Timestamp;
use sandbox::{APP_CLIENT_ID, APP_CLIENT_SECRET, RunningSandbox, Sandbox, SandboxOptions};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::planned;

/// Wraps a platform's client, for doubles that break the protocol on purpose.
pub type Wrap = fn(Arc<dyn PlatformClient>) -> Arc<dyn PlatformClient>;

pub struct Stage {
    pub clock: Clock,
    pub image: MediaFacts,
    sandbox: RunningSandbox,
    http: reqwest::Client,
    deadline: Duration,
    wrap: Option<Wrap>,
    media: MediaStore,
    folder: TempDir,
}

/// One process: its connection to the ledger and its delivery.
pub struct Node {
    pub delivery: Delivery,
}

/// A post as the sandbox has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub platform: String,
    pub account: String,
    pub id: String,
    pub text: String,
    pub parent: Option<String>,
    pub media: usize,
    pub created_at: Timestamp,
    pub deleted: bool,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(Duration::from_secs(20), None).await
    }

    /// A stage whose processes wait so long for an answer, in real time.
    pub async fn with(deadline: Duration, wrap: Option<Wrap>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::skipping();
        let listen = "127.0.0.1:0".parse().unwrap();
        let options = SandboxOptions { listen, data: None, clock: clock.clone() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let media = MediaStore::open(folder.path().join("media")).unwrap();
        let image = media.put(planned::PNG.to_vec()).await.unwrap();
        let http = client_with(HttpSettings::default()).unwrap();
        Self { clock, image, sandbox, http, deadline, wrap, media, folder }
    }

    pub fn ledger_path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A process with a ledger of its own opening.
    pub async fn start(&self, faults: Option<FaultHook>) -> Node {
        self.start_at(self.ledger_path(), faults).await
    }

    pub async fn start_at(&self, ledger: PathBuf, faults: Option<FaultHook>) -> Node {
        let db = activities_test_database::ledger(&ledger, self.clock.clone()).await.unwrap();
        self.start_on(db, faults).await
    }

    /// A process that shares the ledger's writer with another: as on a server that many may write to.
    pub async fn start_beside(&self, other: &Node, faults: Option<FaultHook>) -> Node {
        self.start_on(other.delivery.db().clone(), faults).await
    }

    async fn start_on(&self, db: Db, faults: Option<FaultHook>) -> Node {
        let key = KeyMaterial::from_setting(&SecretString::from("a key that is long enough")).unwrap();
        let vault = Vault::open(db.clone(), &key).await.unwrap();
        let http = client_with(HttpSettings { deadline: self.deadline, ..HttpSettings::default() }).unwrap();
        let (x_url, linkedin_url) = (url(&self.sandbox.x_url()), url(&self.sandbox.linkedin_url()));
        let x_settings = XSettings { api_url: x_url.clone(), web_url: x_url.clone(), ..XSettings::default() };
        let linkedin_settings = LinkedInSettings {
            api_url: linkedin_url.clone(),
            web_url: linkedin_url.clone(),
            media_grace: Duration::from_millis(1),
            ..LinkedInSettings::default()
        };
        let clients: [Arc<dyn PlatformClient>; 2] = [
            Arc::new(x::Client::new(x_settings, http.clone(), self.clock.clone())),
            Arc::new(linkedin::Client::new(linkedin_settings, http.clone(), self.clock.clone())),
        ];
        let provider = |platform, url: Url| {
            let settings = OAuthSettings {
                api_url: url.clone(),
                auth_url: url,
                client_id: APP_CLIENT_ID.to_owned(),
                client_secret: Some(SecretString::from(APP_CLIENT_SECRET)),
            };
            (platform, OAuth::new(platform, settings, http.clone(), self.clock.clone()))
        };
        let providers = [provider(Platform::X, x_url), provider(Platform::LinkedIn, linkedin_url)];
        let parts = Parts {
            db,
            vault,
            media: self.media.clone(),
            clients: clients
                .into_iter()
                .map(|client| self.wrap.map_or(client.clone(), |wrap| wrap(client)))
                .collect(),
            refresher: Arc::new(PlatformRefresher::new(BTreeMap::from(providers))),
            faults,
        };
        Node { delivery: Delivery::new(parts) }
    }

    /// Opens an account at the sandbox and connects it. `more` goes into the sandbox's request.
    pub async fn connect(&self, node: &Node, account: &str, more: Value) {
        let name: AccountName = account.parse().unwrap();
        let mut asked = json!({"platform": name.platform().as_str(), "account": name.handle()});
        asked.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let opened = self.post("accounts", &asked).await;
        let text = |key: &str| opened[key].as_str().map(str::to_owned);
        let tokens = Tokens {
            access: SecretString::from(text("accessToken").unwrap()),
            refresh: text("refreshToken").map(SecretString::from),
            access_expires_at: Some(text("expiresAt").unwrap().parse().unwrap()),
        };
        let scopes = opened["scopes"].as_array().unwrap();
        let connected = Connected {
            name,
            subject: text("userId").unwrap(),
            display_name: None,
            avatar_url: None,
            scopes: scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect(),
        };
        node.delivery.connect("default", connected, tokens, "ana").await.unwrap();
    }

    /// Deletes a post as its owner would, in another program.
    pub async fn delete_there(&self, account: &str, kind: &str, id: &str) {
        let name: AccountName = account.parse().unwrap();
        let asked = json!({"platform": name.platform().as_str(), "account": name.handle(), "kind": kind});
        let token = self.post("accounts", &asked).await["accessToken"].as_str().unwrap().to_owned();
        let id = id.replace(':', "%3A");
        let path = match name.platform() {
            Platform::X => format!("{}/2/tweets/{id}", self.sandbox.x_url()),
            Platform::LinkedIn => format!("{}/rest/posts/{id}", self.sandbox.linkedin_url()),
        };
        let request = self.http.delete(path).bearer_auth(token).header("X-Restli-Protocol-Version", "2.0.0");
        let version = LinkedInSettings::default().version;
        let deleted = request.header("LinkedIn-Version", version).send().await.unwrap();
        assert!(deleted.status().is_success(), "{}", deleted.text().await.unwrap());
    }

    /// Asks the sandbox's control routes.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let asked = self.http.post(self.control(path)).json(body).send().await.unwrap();
        let status = asked.status();
        let text = asked.text().await.unwrap();
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.http.get(self.control(path)).send().await.unwrap().json().await.unwrap()
    }

    fn control(&self, path: &str) -> String {
        format!("{}/_sandbox/{path}", self.sandbox.url())
    }

    pub async fn fault(&self, fault: Value) {
        self.post("faults", &fault).await;
    }

    pub async fn end_faults(&self) {
        let ended = self.http.delete(self.control("faults")).send().await.unwrap();
        assert!(ended.status().is_success());
    }

    /// What was really published, oldest first.
    pub async fn ledger(&self) -> Vec<Entry> {
        let all = self.get("ledger").await;
        all.as_array().unwrap().iter().map(entry).collect()
    }

    /// What was really published on an account, oldest first.
    pub async fn ledger_of(&self, handle: &str) -> Vec<Entry> {
        let all = self.get(&format!("ledger?account={handle}")).await;
        all.as_array().unwrap().iter().map(entry).collect()
    }

    /// The texts that an account shows, oldest first.
    pub async fn texts_of(&self, handle: &str) -> Vec<String> {
        let entries = self.ledger_of(handle).await.into_iter();
        entries.filter(|entry| !entry.deleted).map(|entry| entry.text).collect()
    }

    /// Every request to a platform's route so far: route, account, status, fault.
    pub async fn requests(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut since = 0;
        loop {
            let page = self.get(&format!("requests?since={since}")).await;
            let requests = page["requests"].as_array().unwrap();
            if requests.is_empty() {
                return all;
            }
            since = page["last"].as_u64().unwrap();
            all.extend(requests.iter().cloned());
        }
    }

    /// What the sandbox counted of a platform's quotas.
    pub async fn counted(&self, platform: Platform, what: &str) -> u64 {
        let all = self.get("limits").await;
        let one = all.as_array().unwrap().iter().find(|one| one["platform"] == platform.as_str());
        one.unwrap()[what].as_u64().unwrap()
    }

    pub fn pass(&self, duration: Duration) {
        self.clock.advance(duration).unwrap();
    }

    pub fn now(&self) -> Timestamp {
        instant::whole_ms(self.clock.now())
    }

    /// A post that is due now, of these parts.
    pub fn publication(&self, post: &str, account: &str, parts: &[&str]) -> PlannedPublication {
        planned::publication(post, account, parts)
    }

    /// The image on a part of a post.
    pub fn with_image(&self, post: PlannedPublication, part: usize) -> PlannedPublication {
        planned::with_file(post, part, &self.image)
    }

    /// Takes a file into the media store.
    pub async fn put(&self, bytes: Vec<u8>) -> MediaFacts {
        self.media.put(bytes).await.unwrap()
    }

    /// A plan of a campaign of its own name: several live side by side.
    pub fn plan(&self, campaign: &str, publications: Vec<PlannedPublication>) -> Plan {
        planned::plan(campaign, publications, vec![self.image.clone()])
    }
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn entry(value: &Value) -> Entry {
    let text = |key: &str| value[key].as_str().unwrap().to_owned();
    Entry {
        platform: text("platform"),
        account: text("account"),
        id: text("id"),
        text: text("text"),
        parent: value["parent"].as_str().map(str::to_owned),
        media: value["media"].as_array().unwrap().len(),
        created_at: text("createdAt").parse().unwrap(),
        deleted: value["deleted"].as_bool().unwrap(),
    }
}

impl Node {
    pub async fn try_apply(&self, plan: Plan) -> Result<Applied, ApplyError> {
        let request = ApplyRequest { plan, base_revision: None, who: "ana".into(), git_commit: None };
        self.delivery.apply(request).await
    }

    /// Applies a plan; returns the ids of its publications.
    pub async fn apply(&self, plan: Plan) -> Vec<PublicationId> {
        let ids = plan.publications.iter().map(|publication| publication.id.clone()).collect();
        self.try_apply(plan).await.unwrap();
        ids
    }

    pub async fn story(&self, id: &PublicationId) -> Story {
        self.delivery.story(id).await.unwrap()
    }

    /// Carries a publication on, as its workflow would, until it is settled.
    pub async fn settle(&self, stage: &Stage, id: &PublicationId) -> State {
        self.run(stage, id).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Node::settle`], unless the process ends.
    pub async fn run(&self, stage: &Stage, id: &PublicationId) -> Result<State, DeliveryError> {
        for _ in 0..500 {
            match self.delivery.advance(id).await? {
                Step::Wait { wait_ms, .. } => stage.pass(Duration::from_millis(wait_ms)),
                Step::Settled { state } => return Ok(state.parse().unwrap()),
            }
        }
        panic!("it does not settle: {:?}", self.story(id).await);
    }

    /// Ends the process: what it had begun is gone, what it had written stays.
    pub async fn end(self) {
        let db = self.delivery.db().clone();
        drop(self.delivery);
        db.close(Duration::from_secs(10)).await;
    }
}

/// Whether an error is the fault that a test put there.
pub fn is_fault(error: &DeliveryError) -> bool {
    matches!(error, DeliveryError::Halted(_))
}
