//! Names of the files in the data folder.

use std::path::{Path, PathBuf};

/// The data folder: a path, absolute, not necessarily there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// Used without `--data`, relative to the working folder.
    pub(crate) const DEFAULT: &'static str = ".tidings";

    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The application database.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.0.join("ledger.db")
    }

    /// The embedded engine's database.
    pub(crate) fn engine(&self) -> PathBuf {
        self.0.join("engine.db")
    }

    /// Media files by content.
    pub(crate) fn media(&self) -> PathBuf {
        self.0.join("media")
    }

    /// The token of the first start.
    pub(crate) fn admin_token(&self) -> PathBuf {
        self.0.join("admin-token")
    }

    /// The key of installations without `ENCRYPTION_KEY`.
    pub(crate) fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    /// The key that takes the other's place, while keys are changed.
    pub(crate) fn next_key(&self) -> PathBuf {
        self.0.join("key.next")
    }

    /// Where the running server is.
    pub(crate) fn server_json(&self) -> PathBuf {
        self.0.join("server.json")
    }

    /// Held while a process owns the folder.
    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Held while a process has the engine open.
    pub(crate) fn engine_lock(&self) -> PathBuf {
        self.0.join("engine-lock")
    }

    /// Copies of watched repositories.
    pub(crate) fn git(&self) -> PathBuf {
        self.0.join("git")
    }

    /// The emulators' own state.
    pub(crate) fn sandbox(&self) -> PathBuf {
        self.0.join("sandbox")
    }

    /// How far a skipping clock is ahead.
    pub(crate) fn clock_offset(&self) -> PathBuf {
        self.0.join("clock-offset")
    }
}
