//! `server.json`: where the running server of a data folder is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use super::private_file::{self, PrivateFileError};

/// The largest `server.json` that is read, in bytes.
const BYTES_MAX: u64 = 16 * 1024;

/// Its content; fields are only added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerFile {
    pub(crate) version: u32,
    #[serde(serialize_with = "bare")]
    pub(crate) url: Url,
    pub(crate) pid: u32,
    /// Where the embedded engine listens for remote workers; null while it listens nowhere.
    pub(crate) engine: Option<String>,
    /// The sandbox's address, where one is used.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "bare_if_any")]
    pub(crate) sandbox: Option<Url>,
    /// As `GET /health/live` tells it: whether the server at `url` is the one that wrote this.
    pub(crate) instance: String,
}

impl ServerFile {
    /// Reads it if its process lives. What can't be read or understood counts as not there: the file is
    /// only a hint.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let length = std::fs::metadata(path).ok()?.len();
        if length > BYTES_MAX {
            return None;
        }
        let found: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (found.version == 1 && lives(found.pid)).then_some(found)
    }

    /// Writes it atomically; it is removed again when what this returns is dropped.
    ///
    /// # Errors
    /// [`PrivateFileError::Write`].
    pub(crate) fn write(&self, path: &Path) -> Result<PublishedFile, PrivateFileError> {
        self.rewrite(path)?;
        Ok(PublishedFile(path.to_owned()))
    }

    /// Writes it again, where more is known.
    ///
    /// # Errors
    /// [`PrivateFileError::Write`].
    pub(crate) fn rewrite(&self, path: &Path) -> Result<(), PrivateFileError> {
        private_file::write_whole(path, &serde_json::to_vec_pretty(self).unwrap_or_default())
    }
}

/// Without the slash that a URL of an address alone ends in: scripts append paths that begin with one.
fn bare<S: serde::Serializer>(url: &Url, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(url.as_str().trim_end_matches('/'))
}

fn bare_if_any<S: serde::Serializer>(url: &Option<Url>, to: S) -> Result<S::Ok, S::Error> {
    url.as_ref().map(|url| url.as_str().trim_end_matches('/')).serialize(to)
}

/// A `server.json` that says the truth.
#[derive(Debug)]
pub(crate) struct PublishedFile(PathBuf);

impl Drop for PublishedFile {
    fn drop(&mut self) {
        // Where it can't be removed, it is stale in a moment, and stale ones are ignored.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Whether a process of this id exists.
fn lives(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // EPERM: it exists and belongs to someone else.
    pid.is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(pid: u32) -> ServerFile {
        ServerFile {
            version: 1,
            url: "http://127.0.0.1:3001".parse().unwrap(),
            pid,
            engine: None,
            sandbox: None,
            instance: "i".into(),
        }
    }

    #[test]
    fn the_file_of_a_living_process_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.json");
        let published = file(std::process::id()).write(&path).unwrap();
        assert_eq!(ServerFile::read(&path), Some(file(std::process::id())));
        drop(published);
        assert!(!path.exists());
    }

    #[test]
    fn the_file_of_a_dead_process_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.json");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let _published = file(pid).write(&path).unwrap();
        assert_eq!(ServerFile::read(&path), None);
        std::fs::write(&path, b"{").unwrap();
        assert_eq!(ServerFile::read(&path), None);
    }
}
