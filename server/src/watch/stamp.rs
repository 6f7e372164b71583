//! What tells that a file is not what it was, without reading it.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Inode, length and time of change; `None` for a file that is not there.
type Stamp = Option<(u64, u64, i64, i64)>;

/// The stamps of all files that one campaign depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamps(BTreeMap<PathBuf, Stamp>);

impl Stamps {
    pub(crate) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(paths.into_iter().map(|path| (path.clone(), stamp(&path))).collect())
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether every file still has its stamp.
    pub(crate) fn still_hold(&self) -> bool {
        self.0.iter().all(|(path, then)| stamp(path) == *then)
    }
}

fn stamp(path: &Path) -> Stamp {
    let facts = std::fs::metadata(path).ok()?;
    Some((facts.ino(), facts.len(), facts.mtime(), facts.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_a_new_and_a_missing_file_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&a, "1").unwrap();
        let stamps = Stamps::of([a.clone(), b.clone()]);
        assert!(stamps.still_hold());
        std::fs::write(&b, "2").unwrap();
        assert!(!stamps.still_hold(), "a file that was missing is there");
        std::fs::remove_file(&b).unwrap();
        std::fs::write(folder.path().join("new"), "3").unwrap();
        std::fs::rename(folder.path().join("new"), &a).unwrap();
        assert!(!stamps.still_hold(), "saved by renaming");
        std::fs::remove_file(&a).unwrap();
        assert!(!stamps.still_hold());
    }
}
