//! A ledger, two platforms, an account on each, and as many delivering processes as a test wants.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use activities_contract::Step;
use activities_data::accounts::Connected;
use activities_data::views::Story;
use activities_data::{Db, Publication, State, instant};
use activities_delivery::{Applied, ApplyError, ApplyRequest, Delivery, DeliveryError, FaultHook, Parts};
use activities_media::MediaStore;
use activities_vault::{KeyMaterial, Vault};
use campaigns_limits::{AccountName, MediaFacts, Platform};
use campaigns_plan::{Plan, PlannedPublication, PublicationId};
use engine_clock::Clock;
use jiff::Timestamp;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::planned;
use crate::platform::{Fake, FakeRefresher};

pub struct World {
    pub clock: Clock,
    pub x: Fake,
    pub linkedin: Fake,
    pub image: MediaFacts,
    media: MediaStore,
    folder: TempDir,
}

/// One process: its connection to the ledger and its delivery.
pub struct Node {
    pub delivery: Delivery,
}

impl World {
    pub async fn new() -> (Self, Node) {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::skipping();
        let media = MediaStore::open(folder.path().join("media")).unwrap();
        let image = media.put(planned::PNG.to_vec()).await.unwrap();
        let world = Self {
            x: Fake::new(Platform::X, clock.clone()),
            linkedin: Fake::new(Platform::LinkedIn, clock.clone()),
            image,
            media,
            folder,
            clock,
        };
        let node = world.start(None).await;
        for (account, fake) in [("x/acme", &world.x), ("linkedin/acme", &world.linkedin)] {
            world.connect(&node, account, fake).await;
        }
        (world, node)
    }

    pub async fn connect(&self, node: &Node, account: &str, fake: &Fake) {
        let name: AccountName = account.parse().unwrap();
        let subject = name.handle().to_owned();
        let tokens = fake.mint(&subject);
        let connected = Connected { name, subject, display_name: None, avatar_url: None, scopes: Vec::new() };
        node.delivery.connect("default", connected, tokens, "ana").await.unwrap();
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// A process with a ledger of its own opening.
    pub async fn start(&self, faults: Option<FaultHook>) -> Node {
        let db = activities_test_database::ledger(&self.ledger(), self.clock.clone()).await.unwrap();
        self.start_on(db, faults).await
    }

    /// A process that shares the ledger's writer with another: as on a server that many may write to.
    pub async fn start_beside(&self, other: &Node, faults: Option<FaultHook>) -> Node {
        self.start_on(other.delivery.db().clone(), faults).await
    }

    async fn start_on(&self, db: Db, faults: Option<FaultHook>) -> Node {
        let key = KeyMaterial::from_setting(&SecretString::from("a key that is long enough")).unwrap();
        let vault = Vault::open(db.clone(), &key).await.unwrap();
        let parts = Parts {
            db,
            vault,
            media: self.media.clone(),
            clients: vec![Arc::new(self.x.clone()), Arc::new(self.linkedin.clone())],
            refresher: Arc::new(FakeRefresher(vec![self.x.clone(), self.linkedin.clone()])),
            faults,
        };
        Node { delivery: Delivery::new(parts) }
    }

    pub fn pass(&self, duration: Duration) {
        self.clock.advance(duration).unwrap();
    }

    pub fn pass_ms(&self, ms: u64) {
        self.pass(Duration::from_millis(ms));
    }

    pub fn now(&self) -> Timestamp {
        instant::whole_ms(self.clock.now())
    }

    pub fn fake(&self, platform: Platform) -> &Fake {
        match platform {
            Platform::X => &self.x,
            Platform::LinkedIn => &self.linkedin,
        }
    }

    /// A post that is due now, of these parts.
    pub fn post(&self, post: &str, account: &str, parts: &[&str]) -> PlannedPublication {
        planned::publication(post, account, parts)
    }

    /// The image on a part of a post.
    pub fn with_image(&self, post: PlannedPublication, part: usize) -> PlannedPublication {
        planned::with_file(post, part, &self.image)
    }

    pub fn plan(&self, publications: Vec<PlannedPublication>) -> Plan {
        planned::plan("launch", publications, vec![self.image.clone()])
    }
}

impl Node {
    pub async fn try_apply(&self, plan: Plan, base_revision: Option<u64>) -> Result<Applied, ApplyError> {
        let request = ApplyRequest { plan, base_revision, who: "ana".into(), git_commit: None };
        self.delivery.apply(request).await
    }

    pub async fn apply(&self, plan: Plan) -> Applied {
        self.try_apply(plan, None).await.unwrap()
    }

    pub async fn story(&self, id: &PublicationId) -> Story {
        self.delivery.story(id).await.unwrap()
    }

    pub async fn row(&self, id: &PublicationId) -> Publication {
        self.story(id).await.publication
    }

    pub async fn state(&self, id: &PublicationId) -> State {
        self.row(id).await.state
    }

    /// Carries a publication on, as its workflow would, until it is settled.
    pub async fn settle(&self, world: &World, id: &PublicationId) -> State {
        for _ in 0..500 {
            match self.delivery.advance(id).await.unwrap() {
                Step::Wait { wait_ms, .. } => world.pass_ms(wait_ms),
                Step::Settled { state } => return state.parse().unwrap(),
            }
        }
        panic!("it does not settle: {:?}", self.story(id).await);
    }

    /// One step, which must be a wait for this reason. Returns its length.
    pub async fn waits(&self, id: &PublicationId, reason: &str) -> u64 {
        match self.delivery.advance(id).await.unwrap() {
            Step::Wait { wait_ms, why } => {
                assert_eq!(why, reason);
                wait_ms
            }
            Step::Settled { state } => panic!("{state}: {:?}", self.story(id).await.publication.reason),
        }
    }

    pub async fn campaign(&self) -> u64 {
        self.delivery.campaign_advance("default", "launch").await.unwrap().waiting
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
