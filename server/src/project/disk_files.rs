//! The files beside a campaign, on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use activities_media::ProbeError;
use campaigns_lang::{FileProblem, Files};
use campaigns_limits::MediaFacts;

/// The largest text file that a campaign may name, in bytes: the campaign file itself may not be larger.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// The largest media file, in bytes: what the server takes in one upload.
const MEDIA_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Reads files relative to a campaign file, never outside the project, and remembers what it read.
#[derive(Debug)]
pub struct DiskFiles {
    /// The folder of the campaign file.
    beside: PathBuf,
    /// The project's folder, canonical: nothing outside it is read, whatever links say.
    inside: PathBuf,
    read: Mutex<BTreeMap<String, ReadFile>>,
}

/// What was read for one name.
#[derive(Clone, Debug)]
pub enum ReadFile {
    Text(Arc<[u8]>),
    /// The facts of a media file and where it is.
    Media {
        facts: MediaFacts,
        path: PathBuf,
    },
}

impl DiskFiles {
    /// Files relative to `beside`, inside `project`.
    #[must_use]
    pub fn new(beside: &Path, project: &Path) -> Self {
        let inside = fs::canonicalize(project).unwrap_or_else(|_| project.to_owned());
        Self { beside: beside.to_owned(), inside, read: Mutex::default() }
    }

    /// Everything that was read, by the name that the campaign uses.
    #[must_use]
    pub fn into_read(self) -> BTreeMap<String, ReadFile> {
        self.read.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where `name` is, if that lies inside the project.
    fn resolve(&self, name: &str) -> Result<PathBuf, FileProblem> {
        let relative = Path::new(name);
        if name.is_empty()
            || relative.components().any(|part| matches!(part, Component::Prefix(_) | Component::RootDir))
        {
            return Err(FileProblem::Outside(name.to_owned()));
        }
        let path = fs::canonicalize(self.beside.join(relative)).map_err(|error| problem(name, &error))?;
        if !path.starts_with(&self.inside) {
            return Err(FileProblem::Outside(name.to_owned()));
        }
        Ok(path)
    }

    fn remember(&self, name: &str, file: ReadFile) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), file);
    }
}

impl Files for DiskFiles {
    fn read(&self, name: &str) -> Result<Arc<[u8]>, FileProblem> {
        let path = self.resolve(name)?;
        let bytes: Arc<[u8]> = bounded(name, &path, TEXT_BYTES_MAX)?.into();
        self.remember(name, ReadFile::Text(Arc::clone(&bytes)));
        Ok(bytes)
    }

    fn media(&self, name: &str) -> Result<MediaFacts, FileProblem> {
        let path = self.resolve(name)?;
        let bytes = bounded(name, &path, MEDIA_BYTES_MAX)?;
        let facts = activities_media::probe(&bytes).map_err(|error| {
            let path = name.to_owned();
            match error {
                ProbeError::Broken { .. } | ProbeError::Captions(_) => {
                    FileProblem::Broken { path, why: error.to_string() }
                }
                ProbeError::Empty | ProbeError::TooLarge { .. } | ProbeError::Unsupported { .. } => {
                    FileProblem::NotMedia { path, found: error.to_string() }
                }
            }
        })?;
        self.remember(name, ReadFile::Media { facts: facts.clone(), path });
        Ok(facts)
    }
}

/// The bytes of a regular file of at most `max` bytes.
pub(crate) fn bounded(name: &str, path: &Path, max: u64) -> Result<Vec<u8>, FileProblem> {
    let facts = fs::metadata(path).map_err(|error| problem(name, &error))?;
    if !facts.is_file() {
        // A pipe or device would block or never end.
        return Err(FileProblem::Unreadable { path: name.to_owned(), cause: "it is not a file".to_owned() });
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(max + 1).read_to_end(&mut bytes))
        .map_err(|error| problem(name, &error))?;
    let length = bytes.len() as u64;
    if length > max {
        return Err(FileProblem::TooLarge { path: name.to_owned(), bytes: facts.len().max(length), max });
    }
    Ok(bytes)
}

fn problem(name: &str, error: &std::io::Error) -> FileProblem {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            FileProblem::Missing(name.to_owned())
        }
        _ => FileProblem::Unreadable { path: name.to_owned(), cause: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_out_of_the_project_is_not_read() {
        let outer = tempfile::tempdir().unwrap();
        let project = outer.path().join("project");
        fs::create_dir(&project).unwrap();
        fs::write(outer.path().join("secret.txt"), "s").unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret.txt"), project.join("link.txt")).unwrap();
        let files = DiskFiles::new(&project, &project);
        assert_eq!(files.read("link.txt"), Err(FileProblem::Outside("link.txt".into())));
        assert_eq!(files.read("../secret.txt"), Err(FileProblem::Outside("../secret.txt".into())));
        assert_eq!(files.read("/etc/hostname"), Err(FileProblem::Outside("/etc/hostname".into())));
        assert!(files.into_read().is_empty());
    }

    #[test]
    fn texts_are_read_and_remembered() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("a.md"), "hello").unwrap();
        let files = DiskFiles::new(project.path(), project.path());
        assert_eq!(&*files.read("a.md").unwrap(), b"hello");
        assert_eq!(files.read("b.md"), Err(FileProblem::Missing("b.md".into())));
        assert!(matches!(files.media("a.md"), Err(FileProblem::NotMedia { .. })));
        assert_eq!(files.into_read().len(), 1);
    }

    #[test]
    fn a_folder_is_no_file() {
        let project = tempfile::tempdir().unwrap();
        fs::create_dir(project.path().join("d")).unwrap();
        let files = DiskFiles::new(project.path(), project.path());
        assert!(matches!(files.read("d"), Err(FileProblem::Unreadable { .. })));
    }
}
