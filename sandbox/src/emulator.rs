//! The running emulators: the world under its lock, the journal behind it, media beside it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engine_clock::Clock;

use crate::blobs::Blobs;
use crate::courier::Courier;
use crate::journal::{Journal, JournalError, Mark, NotDurable};
use crate::state::{Tx, World};

/// A handle on the emulators; clones are the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Emulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Mutex<Shared>,
    blobs: Blobs,
    clock: Clock,
    courier: Courier,
}

#[derive(Debug)]
struct Shared {
    world: World,
    journal: Arc<Journal>,
    /// Events since the process began.
    events: u64,
}

impl Emulator {
    /// Opens `data`'s journal and brings the world to where it was.
    ///
    /// # Errors
    /// [`JournalError`].
    pub(crate) async fn open(
        addr: SocketAddr,
        data: Option<PathBuf>,
        clock: Clock,
    ) -> Result<Self, JournalError> {
        let mut world = World::new(format!("http://{addr}"), rand::random());
        let (journal, blobs) = match data {
            None => (Journal::forgetful(), Blobs::in_memory()),
            Some(folder) => {
                let (journal, events) = Journal::open(&folder)?;
                for event in events {
                    world.apply(event);
                }
                (journal, Blobs::Folder(folder.join("media")))
            }
        };
        let shared = Mutex::new(Shared { world, journal: Arc::new(journal), events: 0 });
        Ok(Self(Arc::new(Inner { shared, blobs, clock, courier: Courier::new() })))
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.0.courier
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// Does something with the world in one piece, and returns once everything that the result may
    /// depend on is on disk: a read never tells of what a crash could still undo. What `act` changed
    /// stays, even if the caller is dropped meanwhile.
    ///
    /// # Errors
    /// [`NotDurable`].
    pub(crate) async fn act<T>(&self, act: impl FnOnce(&mut Tx<'_>) -> T) -> Result<T, NotDurable> {
        let (result, notices, journal, mark) = {
            let mut shared = self.lock();
            let shared = &mut *shared;
            let mut tx = Tx::new(&mut shared.world, self.0.clock.now());
            let result = act(&mut tx);
            let notices = tx.notices();
            let events = tx.into_events();
            shared.events += events.len() as u64;
            (result, notices, shared.journal.clone(), shared.journal.append(&events, shared.events))
        };
        journal.durable(mark).await?;
        self.courier().dispatch(notices);
        Ok(result)
    }

    /// Forgets everything, also on disk.
    ///
    /// # Errors
    /// [`NotDurable`].
    pub(crate) async fn reset(&self) -> Result<(), NotDurable> {
        let (journal, mark): (Arc<Journal>, Mark) = {
            let mut shared = self.lock();
            shared.world.reset(rand::random());
            shared.events += 1;
            (shared.journal.clone(), shared.journal.clear(shared.events))
        };
        journal.durable(mark).await
    }

    /// Puts the bytes of several blobs together.
    ///
    /// # Errors
    /// When one can't be read.
    pub(crate) async fn joined(&self, blobs: &[String]) -> std::io::Result<Bytes> {
        let mut whole = Vec::new();
        for blob in blobs {
            whole.extend_from_slice(&self.blobs().read(blob).await?);
        }
        Ok(whole.into())
    }

    /// Writes what is left and lets go of the folder.
    pub(crate) async fn close(&self) {
        self.courier().close().await;
        let journal = std::mem::replace(&mut self.lock().journal, Arc::new(Journal::forgetful()));
        if let Some(mut journal) = Arc::into_inner(journal) {
            // The writer's last sync may take a while.
            let _ = tokio::task::spawn_blocking(move || journal.close()).await;
        }
    }

    /// A poisoned lock means a panic in the middle of a change of memory; the journal has only whole
    /// events, and going on shows more than going silent.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
