//! The disk's state and its switches: power, space, failures.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::image::{Image, Sector};
use crate::vfs;

/// How long [`Disk::restore_power`] waits for connections to be closed.
const CLOSING_MAX: Duration = Duration::from_secs(30);

/// The folders that are on a faulty disk. Few: one for each test that runs.
static DISKS: Mutex<Vec<(PathBuf, Arc<Shared>)>> = Mutex::new(Vec::new());

/// What is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Read,
    Write,
    Sync,
    Truncate,
}

/// What a disk was asked since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Writes, syncs and truncations: what the moments of [`Disk::lose_power_after`] count.
    pub changes: u64,
    /// Syncs among them.
    pub syncs: u64,
    /// Operations that were made to fail.
    pub failures: u64,
}

/// A faulty disk that holds one folder; it is an ordinary one again when this is dropped.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    closed: Condvar,
}

#[derive(Debug)]
struct State {
    files: HashMap<PathBuf, Image>,
    /// Files that were deleted since their folder was synced, with what the disk holds of them.
    removed: HashMap<PathBuf, Vec<u8>>,
    /// Files that connections have open.
    open: usize,
    has_power: bool,
    power_lost_at: Option<u64>,
    /// The process that works with the disk ends right after this change.
    process_ends_at: Option<u64>,
    /// Bytes by which files may grow.
    free: Option<u64>,
    failing: BTreeSet<Operation>,
    /// One operation in so many fails.
    one_in: Option<u32>,
    random: StdRng,
    activity: Activity,
}

/// Why an operation is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The disk does not work, or has no power.
    Broken,
    /// Only the first bytes can be written.
    Full { fitting: u64 },
}

impl Disk {
    /// Puts what SQLite opens in `folder` on a faulty disk. All that it does by chance comes from `seed`.
    ///
    /// # Errors
    /// When the folder is not there.
    ///
    /// # Panics
    /// When the process has no SQLite.
    pub fn at(folder: &Path, seed: u64) -> io::Result<Self> {
        static REGISTERED: OnceLock<()> = OnceLock::new();
        REGISTERED.get_or_init(vfs::register);
        let folder = folder.canonicalize()?;
        let state = State {
            files: HashMap::new(),
            removed: HashMap::new(),
            open: 0,
            has_power: true,
            power_lost_at: None,
            process_ends_at: None,
            free: None,
            failing: BTreeSet::new(),
            one_in: None,
            random: StdRng::seed_from_u64(seed),
            activity: Activity::default(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), closed: Condvar::new() });
        lock(&DISKS).push((folder.clone(), shared.clone()));
        Ok(Self { folder, shared })
    }

    /// Power goes with the write, sync or truncation after `changes` more of them.
    pub fn lose_power_after(&self, changes: u64) {
        let mut state = self.shared.lock();
        state.power_lost_at = Some(state.activity.changes + changes);
    }

    /// Power goes now: whatever connections ask from now on fails.
    pub fn lose_power(&self) {
        self.shared.lock().has_power = false;
    }

    /// Whether there is power, and a process to use it.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.shared.lock().has_power
    }

    /// Power comes back, and the files are what the disk was left with. Waits for connections to be closed:
    /// a process does not live through this.
    ///
    /// # Errors
    /// When connections stay open, or the files can't be changed.
    pub fn restore_power(&self) -> io::Result<()> {
        let mut state = self.shared.until_closed()?;
        let State { files, removed, random, .. } = &mut *state;
        for (path, image) in files.drain() {
            image.lose(&path, random)?;
        }
        for (path, bytes) in removed.drain() {
            if random.random_bool(0.5) && !path.exists() {
                std::fs::write(&path, bytes)?;
            }
        }
        remove_shared_memory(&self.folder)?;
        (state.has_power, state.power_lost_at, state.process_ends_at) = (true, None, None);
        Ok(())
    }

    /// The process that works with the disk ends right after `changes` more writes, syncs and truncations:
    /// those take place, and whatever its connections ask from then on fails. The process of the test lives
    /// on and leaves out what the dead one would have done.
    pub fn end_process_after(&self, changes: u64) {
        let mut state = self.shared.lock();
        state.process_ends_at = Some(state.activity.changes + changes.max(1));
    }

    /// The process ends now, in the middle of whatever it does.
    pub fn end_process(&self) {
        self.shared.lock().has_power = false;
    }

    /// The next process may begin. Waits for the connections of the last one to be closed. The system lived
    /// on: what was written is there, synced or not.
    ///
    /// # Errors
    /// When connections stay open.
    pub fn begin_process(&self) -> io::Result<()> {
        let mut state = self.shared.until_closed()?;
        (state.has_power, state.power_lost_at, state.process_ends_at) = (true, None, None);
        Ok(())
    }

    /// Files may grow by `bytes` in all; `None`: as much as they like.
    pub fn set_free_space(&self, bytes: Option<u64>) {
        self.shared.lock().free = bytes;
    }

    /// These operations fail, all of them, until [`Disk::heal`].
    pub fn fail(&self, operations: &[Operation]) {
        self.shared.lock().failing = operations.iter().copied().collect();
    }

    /// One operation in `one_in` fails, until [`Disk::heal`]; half of the writes among them for lack of space.
    pub fn fail_at_random(&self, one_in: u32) {
        self.shared.lock().one_in = Some(one_in.max(1));
    }

    /// Nothing fails any more. What was lost stays lost.
    pub fn heal(&self) {
        let mut state = self.shared.lock();
        state.failing.clear();
        state.one_in = None;
    }

    #[must_use]
    pub fn activity(&self) -> Activity {
        self.shared.lock().activity
    }

    /// Bytes that power loss would put at risk now.
    #[must_use]
    pub fn unsynced_bytes(&self) -> u64 {
        self.shared.lock().files.values().map(Image::unsynced_bytes).sum()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        lock(&DISKS).retain(|(_, shared)| !Arc::ptr_eq(shared, &self.shared));
    }
}

/// The index of a log is memory that processes share: it is gone with the power.
fn remove_shared_memory(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.as_os_str().as_encoded_bytes().ends_with(b"-shm") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The disk that holds a file, if it is a faulty one.
pub(crate) fn holding(path: &Path) -> Option<Arc<Shared>> {
    let folder = path.parent()?;
    lock(&DISKS).iter().find(|(held, _)| held == folder).map(|(_, shared)| shared.clone())
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn until_closed(&self) -> io::Result<MutexGuard<'_, State>> {
        let (state, waited) = self
            .closed
            .wait_timeout_while(self.lock(), CLOSING_MAX, |state| state.open > 0)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(io::Error::other(format!("`{}` files are still open", state.open)));
        }
        Ok(state)
    }

    /// A connection opens a file; `len` is its length if it was there before. Returns how many syncs of it have
    /// failed until now.
    pub(crate) fn opened(&self, path: &Path, len: Option<u64>) -> u64 {
        let mut state = self.lock();
        state.open += 1;
        if !state.files.contains_key(path) {
            let image = len.map_or_else(Image::created, Image::existing);
            state.files.insert(path.to_owned(), image);
            state.removed.remove(path);
        }
        state.files.get(path).map_or(0, Image::sync_failures)
    }

    pub(crate) fn closed(&self) {
        self.lock().open -= 1;
        self.closed.notify_all();
    }

    /// Before a file is deleted. `read` gives what reads see of it.
    pub(crate) fn delete(
        &self,
        path: &Path,
        is_folder_synced: bool,
        read: impl FnOnce() -> Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.allow(Operation::Truncate)?;
        let Some(image) = state.files.remove(path) else { return Ok(()) };
        state.give_back(image.len());
        if !is_folder_synced && let Some(bytes) = image.on_disk(read()) {
            state.removed.insert(path.to_owned(), bytes);
        }
        Ok(())
    }

    pub(crate) fn read(&self) -> Result<(), Refusal> {
        self.lock().allow(Operation::Read)
    }

    /// Before `bytes` are written at `offset`. `read` gives a sector as reads see it.
    pub(crate) fn write(
        &self,
        path: &Path,
        offset: u64,
        bytes: u64,
        read: impl FnMut(u64) -> Sector,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        let allowed = state.allow(Operation::Write);
        let State { files, free, random, has_power, .. } = &mut *state;
        let Some(image) = files.get_mut(path) else { return allowed };
        let growth = (offset + bytes).saturating_sub(image.len());
        let fitting = match (allowed, free) {
            // A write that fails may have begun.
            (Err(_), _) if *has_power => random.random_range(0..=bytes),
            (Err(refusal), _) => return Err(refusal),
            (Ok(()), Some(free)) if growth > *free => bytes - (growth - *free),
            (Ok(()), Some(free)) => {
                *free -= growth;
                bytes
            }
            (Ok(()), None) => bytes,
        };
        image.write(offset, fitting, read);
        match allowed {
            Ok(()) if fitting == bytes => Ok(()),
            Ok(()) => {
                state.free = Some(0);
                Err(Refusal::Full { fitting })
            }
            Err(_) if state.random.random_bool(0.5) => Err(Refusal::Full { fitting }),
            Err(broken) => Err(broken),
        }
    }

    pub(crate) fn truncate(
        &self,
        path: &Path,
        len: u64,
        read: impl FnMut(u64) -> Sector,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.allow(Operation::Truncate)?;
        let Some(image) = state.files.get_mut(path) else { return Ok(()) };
        let shorter = image.len().saturating_sub(len);
        image.truncate(len, read);
        state.give_back(shorter);
        Ok(())
    }

    /// Syncs a file, and the folder's names if `is_folder_synced`. Fails, too, after a failed sync that who asks
    /// was not `told` of.
    pub(crate) fn sync(&self, path: &Path, is_folder_synced: bool, told: &AtomicU64) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.activity.syncs += 1;
        let allowed = state.allow(Operation::Sync);
        let has_power = state.has_power;
        if allowed.is_ok() && is_folder_synced {
            state.removed.clear();
        }
        let Some(image) = state.files.get_mut(path) else { return allowed };
        match allowed {
            Ok(()) => image.synced(),
            Err(_) if has_power => image.sync_failed(),
            Err(_) => {}
        }
        let failures = image.sync_failures();
        let untold = failures > told.swap(failures, Ordering::Relaxed);
        if untold { Err(Refusal::Broken) } else { allowed }
    }
}

impl State {
    fn allow(&mut self, operation: Operation) -> Result<(), Refusal> {
        if operation != Operation::Read {
            self.activity.changes += 1;
            if self.power_lost_at.is_some_and(|at| self.activity.changes > at) {
                self.has_power = false;
            }
        }
        let by_chance = self.one_in.is_some_and(|one_in| self.random.random_range(0..one_in) == 0);
        if self.has_power && !by_chance && !self.failing.contains(&operation) {
            let is_last = self.process_ends_at.is_some_and(|at| self.activity.changes >= at);
            self.has_power = !(is_last && operation != Operation::Read);
            return Ok(());
        }
        self.activity.failures += 1;
        Err(Refusal::Broken)
    }

    fn give_back(&mut self, bytes: u64) {
        if let Some(free) = &mut self.free {
            *free += bytes;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panicked elsewhere is no reason to fail here.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
