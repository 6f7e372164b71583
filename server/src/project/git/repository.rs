//! A repository on this machine, and the commits in it.

use std::path::{Path, PathBuf};

use super::GitError;
use super::command::{git, said};

/// Characters of an author and of a message that are kept.
const AUTHOR_CHARS_MAX: usize = 200;
const MESSAGE_CHARS_MAX: usize = 2_000;

/// A repository: a work tree, a folder in one, or a bare repository.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(super) folder: PathBuf,
}

/// A commit, and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its full name, in hex.
    pub id: String,
    /// `name <address>`.
    pub author: String,
    pub message: String,
}

impl Commit {
    /// The first characters of its name, as people say it.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

impl Repository {
    /// The repository that a folder lies in.
    ///
    /// # Errors
    /// [`GitError::Refused`] when it lies in none, [`GitError::Program`] where there is no `git`.
    pub fn around(folder: &Path) -> Result<Self, GitError> {
        let mut command = git(folder);
        command.args(["rev-parse", "--git-dir"]);
        said(command)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The path of the repository's folder that this was opened in, relative to its root, ending with `/`;
    /// empty for the root itself.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn prefix(&self) -> Result<String, GitError> {
        let mut command = git(&self.folder);
        command.args(["rev-parse", "--show-prefix"]);
        Ok(String::from_utf8_lossy(&said(command)?).trim_end_matches('\n').to_owned())
    }

    /// The commit that a branch, a tag or `HEAD~2` names.
    ///
    /// # Errors
    /// [`GitError::NoCommit`].
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        let unknown = || GitError::NoCommit { revision: revision.to_owned() };
        if revision.is_empty() || revision.starts_with('-') || revision.contains(['\0', '\n']) {
            return Err(unknown());
        }
        let mut command = git(&self.folder);
        command.args(["rev-parse", "--verify", "--quiet"]).arg(format!("{revision}^{{commit}}"));
        let id = said(command).map_err(|error| match error {
            GitError::Refused { .. } => unknown(),
            other => other,
        })?;
        let id = String::from_utf8_lossy(&id).trim().to_owned();
        let mut command = git(&self.folder);
        command.args(["log", "-1", "--no-show-signature", "--format=%an <%ae>%x00%B", &id, "--"]);
        let facts = said(command)?;
        let facts = String::from_utf8_lossy(&facts);
        let (author, message) = facts.split_once('\0').ok_or_else(unknown)?;
        Ok(Commit {
            id,
            author: author.chars().take(AUTHOR_CHARS_MAX).collect(),
            message: message.trim().chars().take(MESSAGE_CHARS_MAX).collect(),
        })
    }
}
