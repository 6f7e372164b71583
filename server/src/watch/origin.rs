//! Where watched files come from: a folder that people edit, or a commit.

use std::path::{Path, PathBuf};

use activities_data::campaigns::GitCommit;

use crate::project::git::Commit;
use crate::project::{CampaignPath, LoadError, Loaded, load, load_below};

/// Where files come from, and who is said to apply them.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) author: &'static str,
    /// The commit, and the folder that holds its files.
    commit: Option<(Commit, PathBuf)>,
}

impl Origin {
    /// Files that people edit.
    pub(crate) const fn folder() -> Self {
        Self { author: "watch", commit: None }
    }

    /// Files of a commit, written below `root`.
    pub(crate) const fn of(commit: Commit, root: PathBuf) -> Self {
        Self { author: "git", commit: Some((commit, root)) }
    }

    pub(crate) fn load(&self, campaign: &CampaignPath) -> Result<Loaded, LoadError> {
        match &self.commit {
            Some((_, root)) => load_below(campaign, root),
            None => load(campaign),
        }
    }

    /// For the record of a revision.
    pub(crate) fn commit(&self) -> Option<GitCommit> {
        self.commit.as_ref().map(|(commit, _)| GitCommit {
            id: commit.id.clone(),
            author: Some(commit.author.clone()),
            message: Some(commit.message.clone()),
        })
    }

    /// A file as people call it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let below = self.commit.as_ref().and_then(|(_, root)| path.strip_prefix(root).ok());
        below.unwrap_or(path).display().to_string()
    }

    /// A reason, with the commit that it is about.
    pub(crate) fn told(&self, reason: String) -> String {
        match &self.commit {
            Some((commit, _)) => format!("{reason} (commit {} of {})", commit.short(), commit.author),
            None => reason,
        }
    }
}
