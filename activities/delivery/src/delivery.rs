//! The handle on delivery and what it is made of.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use activities_data::{Db, Tx};
use activities_media::MediaStore;
use activities_platforms::PlatformClient;
use activities_vault::Vault;
use campaigns_limits::Platform;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Notify, OwnedMutexGuard};

use crate::{DeliveryError, FaultHook, TokenRefresher, Upkeep};

/// How long a publication waits here for its account's turn: it keeps one of the worker's places meanwhile.
const TURN_WAIT_MAX: Duration = Duration::from_secs(5);

/// What delivery works with.
pub struct Parts {
    pub db: Db,
    pub vault: Vault,
    pub media: MediaStore,
    /// One per platform that this process publishes to.
    pub clients: Vec<Arc<dyn PlatformClient>>,
    pub refresher: Arc<dyn TokenRefresher>,
    /// For tests only.
    pub faults: Option<FaultHook>,
}

/// A handle on delivery; clones share it. Any number of processes may have one over one ledger.
#[derive(Clone)]
pub struct Delivery(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) media: MediaStore,
    clients: HashMap<Platform, Arc<dyn PlatformClient>>,
    pub(crate) refresher: Arc<dyn TokenRefresher>,
    pub(crate) faults: Option<FaultHook>,
    upkeep: Upkeep,
    /// Names this process among the holders of lanes.
    process: String,
    holders: AtomicU64,
    /// Inside this process, who waits for an account's lane does so in order and without asking the ledger.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    outbox: Notify,
    notices: Notify,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("process", &self.0.process).finish_non_exhaustive()
    }
}

impl Delivery {
    /// With the usual upkeep.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self::kept_up(parts, Upkeep::default())
    }

    /// With an upkeep of the operator's choice.
    #[must_use]
    pub fn kept_up(parts: Parts, upkeep: Upkeep) -> Self {
        let Parts { db, vault, media, clients, refresher, faults } = parts;
        let clients = clients.into_iter().map(|client| (client.platform(), client)).collect();
        Self(Arc::new(Inner {
            db,
            vault,
            media,
            clients,
            refresher,
            faults,
            upkeep,
            process: hex::encode(rand::random::<[u8; 8]>()),
            holders: AtomicU64::new(0),
            turns: Mutex::default(),
            outbox: Notify::new(),
            notices: Notify::new(),
        }))
    }

    /// The ledger, for reading.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    #[must_use]
    pub fn media(&self) -> &MediaStore {
        &self.0.media
    }

    #[must_use]
    pub fn upkeep(&self) -> &Upkeep {
        &self.0.upkeep
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.db.now()
    }

    /// # Errors
    /// [`DeliveryError::NoClient`].
    pub(crate) fn client(&self, platform: Platform) -> Result<Arc<dyn PlatformClient>, DeliveryError> {
        self.0.clients.get(&platform).cloned().ok_or(DeliveryError::NoClient(platform))
    }

    /// A name that no other holder of a lane or a refresh has, in any process.
    pub(crate) fn new_holder(&self) -> String {
        format!("{}/{}", self.0.process, self.0.holders.fetch_add(1, Ordering::Relaxed))
    }

    /// The turn of an account inside this process; `None` when others keep it too long to wait here.
    pub(crate) async fn turn_of(&self, account_id: &str) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.0.turns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(turns.entry(account_id.to_owned()).or_default())
        };
        tokio::time::timeout(TURN_WAIT_MAX, turn.lock_owned()).await.ok()
    }

    /// Runs a write between two boundaries and wakes who carries the outbox. `name` appears in faults only.
    pub(crate) async fn write<T, E, F>(&self, name: &'static str, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DeliveryError> + From<activities_data::DbError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.boundary(name).await?;
        let done = self.0.db.write(work).await?;
        self.0.outbox.notify_one();
        self.0.notices.notify_one();
        self.refresh_horizon().await;
        self.boundary(name).await?;
        Ok(done)
    }

    /// Returns when something may have been put into the outbox since the last return. Cancel-safe.
    pub async fn outbox_written(&self) {
        tokio::select! {
            () = self.0.outbox.notified() => {}
            () = self.0.db.outbox_rang() => {}
        }
    }

    /// Returns when applications may have to be told something new since the last return. Cancel-safe.
    pub async fn notices_written(&self) {
        self.0.notices.notified().await;
    }

    /// Says that somebody else wrote what applications are to be told.
    pub fn wrote_notices(&self) {
        self.0.notices.notify_one();
    }
}
