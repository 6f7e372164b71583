//! One campaign file, the workspace that it belongs to, and both as a bundle.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use campaigns_lang::{KnownAccounts, Source};
use jiff::Timestamp;

use super::disk_files::{DiskFiles, ReadFile, bounded};
use super::{CampaignPath, WORKSPACE_FILE};
use crate::api::Bundle;
use crate::api::bundle::NamedText;
use crate::app::compile::{Compilation, Surroundings, compile_campaign};

/// The largest campaign or workspace file that is read, in bytes. One byte more than the language takes, so
/// that the language is what reports a file that is too large.
const SOURCE_BYTES_MAX: u64 = 1024 * 1024 + 1;
/// How many folders upward a workspace file is looked for.
const PARENTS_MAX: usize = 32;

/// A campaign file that was read.
#[derive(Debug)]
pub struct Loaded {
    pub path: PathBuf,
    pub source: Source,
    pub workspace: Option<WorkspaceFile>,
    /// The folder that named files must lie in: that of the workspace file, else of the git repository,
    /// else of the campaign file.
    pub project: PathBuf,
}

/// A `tidings.yaml` that was found.
#[derive(Clone, Debug)]
pub struct WorkspaceFile {
    pub path: PathBuf,
    pub source: Source,
}

/// Why a campaign file can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` can't be read: {cause}")]
pub struct LoadError {
    pub name: String,
    pub cause: String,
}

impl LoadError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "project/unreadable"
    }
}

/// Reads a campaign file and the workspace file above it.
///
/// # Errors
/// [`LoadError`] when either can't be read.
pub fn load(campaign: &CampaignPath) -> Result<Loaded, LoadError> {
    let folder = folder_of(&campaign.path);
    let workspace = workspace_of(&folder)?;
    let project = match &workspace {
        Some(found) => folder_of(&found.path),
        None => repository_of(&folder).unwrap_or_else(|| folder.clone()),
    };
    let source = read_source(&campaign.path, display_name(&campaign.path))?;
    Ok(Loaded { path: campaign.path.clone(), source, workspace, project })
}

/// As [`load`] in a folder that stands for a repository: nothing above it is looked at, and files are called by
/// their paths below it.
///
/// # Errors
/// As [`load`].
pub fn load_below(campaign: &CampaignPath, root: &Path) -> Result<Loaded, LoadError> {
    let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let folder = folder_of(&campaign.path);
    let above = folder.ancestors().take_while(|above| above.starts_with(root)).take(PARENTS_MAX);
    let found = above.map(|above| above.join(WORKSPACE_FILE)).find(|path| path.is_file());
    let workspace = match found {
        Some(path) => Some(WorkspaceFile { source: read_source(&path, name(&path))?, path }),
        None => None,
    };
    let project = workspace.as_ref().map_or_else(|| root.to_owned(), |found| folder_of(&found.path));
    let source = read_source(&campaign.path, name(&campaign.path))?;
    Ok(Loaded { path: campaign.path.clone(), source, workspace, project })
}

impl Loaded {
    /// Checks and compiles the campaign; with it, what was read for that, by the names in the file.
    #[must_use]
    pub fn compile(
        &self,
        accounts: &KnownAccounts,
        now: Timestamp,
    ) -> (Compilation, BTreeMap<String, ReadFile>) {
        let files = DiskFiles::new(&folder_of(&self.path), &self.project);
        let around = Surroundings {
            workspace: self.workspace.as_ref().map(|found| &found.source),
            files: &files,
            accounts,
            now,
        };
        let compilation = compile_campaign(&self.source, around);
        (compilation, files.into_read())
    }

    /// Where a file is that the campaign names, whether it is there or not.
    #[must_use]
    pub fn place_of(&self, name: &str) -> PathBuf {
        folder_of(&self.path).join(name)
    }

    /// The campaign with everything that was read for it. Call it only after a check without errors: then
    /// every text is UTF-8.
    #[must_use]
    pub fn bundle(&self, read: &BTreeMap<String, ReadFile>) -> Bundle {
        let mut bundle = Bundle {
            file: text_of(&self.source),
            workspace: self.workspace.as_ref().map(|found| text_of(&found.source)),
            texts: BTreeMap::new(),
            media: BTreeMap::new(),
        };
        for (name, file) in read {
            match file {
                ReadFile::Text(bytes) => {
                    bundle.texts.insert(name.clone(), String::from_utf8_lossy(bytes).into_owned());
                }
                ReadFile::Media { facts, .. } => {
                    bundle.media.insert(name.clone(), facts.clone());
                }
            }
        }
        bundle
    }
}

fn text_of(source: &Source) -> NamedText {
    NamedText { name: source.name.to_string(), text: String::from_utf8_lossy(&source.bytes).into_owned() }
}

/// The workspace file in `folder` or the nearest folder above it that has one, not beyond a git repository.
///
/// # Errors
/// [`LoadError`] when it is there and can't be read.
pub fn workspace_of(folder: &Path) -> Result<Option<WorkspaceFile>, LoadError> {
    for above in ancestors(folder) {
        let path = above.join(WORKSPACE_FILE);
        if path.is_file() {
            let source = read_source(&path, display_name(&path))?;
            return Ok(Some(WorkspaceFile { path, source }));
        }
        if above.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

fn repository_of(folder: &Path) -> Option<PathBuf> {
    ancestors(folder).into_iter().find(|above| above.join(".git").exists())
}

/// `folder` and those above it.
fn ancestors(folder: &Path) -> Vec<PathBuf> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.ancestors().take(PARENTS_MAX).map(Path::to_owned).collect()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The path as people would write it: relative to the working folder where it lies below it.
fn display_name(path: &Path) -> String {
    let below =
        std::env::current_dir().ok().and_then(|folder| path.strip_prefix(folder).ok().map(Path::to_owned));
    let path = below.as_deref().unwrap_or(path);
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

fn read_source(path: &Path, name: String) -> Result<Source, LoadError> {
    match bounded(&name, path, SOURCE_BYTES_MAX) {
        Ok(bytes) => Ok(Source::new(&name, bytes)),
        // Larger than the language takes: hand over as much as shows that.
        Err(campaigns_lang::FileProblem::TooLarge { .. }) => {
            let length = usize::try_from(SOURCE_BYTES_MAX).unwrap_or(usize::MAX);
            let mut bytes =
                fs::read(path).map_err(|error| LoadError { name: name.clone(), cause: error.to_string() })?;
            bytes.truncate(length);
            Ok(Source::new(&name, bytes))
        }
        Err(campaigns_lang::FileProblem::Unreadable { cause, .. }) => Err(LoadError { name, cause }),
        Err(problem) => Err(LoadError { name, cause: problem.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_workspace_above_is_found_and_bounds_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let campaigns = folder.path().join("campaigns/spring");
        fs::create_dir_all(&campaigns).unwrap();
        fs::write(folder.path().join(WORKSPACE_FILE), "workspace: w\nversion: 1\n").unwrap();
        fs::write(campaigns.join("a.campaign.yaml"), "campaign: a\n").unwrap();
        let loaded = load(&CampaignPath { path: campaigns.join("a.campaign.yaml"), explicit: true }).unwrap();
        assert_eq!(loaded.project, fs::canonicalize(folder.path()).unwrap());
        assert!(loaded.workspace.is_some());
    }

    #[test]
    fn a_workspace_beyond_the_repository_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("repo");
        fs::create_dir_all(repository.join(".git")).unwrap();
        fs::create_dir_all(repository.join("campaigns")).unwrap();
        fs::write(folder.path().join(WORKSPACE_FILE), "workspace: w\n").unwrap();
        let path = repository.join("campaigns/a.campaign.yaml");
        fs::write(&path, "campaign: a\n").unwrap();
        let loaded = load(&CampaignPath { path, explicit: true }).unwrap();
        assert!(loaded.workspace.is_none());
        assert_eq!(loaded.project, fs::canonicalize(repository).unwrap());
    }
}
