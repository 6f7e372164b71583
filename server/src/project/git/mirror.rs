//! A bare copy of one branch of a repository elsewhere, in the data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::command::{git, refused, said};
use super::{Commit, GitError, Repository};

/// How long fetching may take: the first time a large repository comes, without its history.
const FETCH_TIME_MAX: Duration = Duration::from_secs(600);
/// What was fetched last.
const HEAD: &str = "refs/tidings/head";

/// A branch or tag of a repository elsewhere, and where campaigns are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// An address that git understands, or a path on this machine. It may hold a password.
    pub repository: String,
    pub reference: String,
    /// Relative to the repository's root; empty for all of it.
    pub path: String,
}

impl Source {
    /// How it is called where people read it: without a password.
    #[must_use]
    pub fn shown(&self) -> String {
        without_secrets(&self.repository)
    }
}

/// An address without the user and password in it.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        // Some servers take a token as the user; for `ssh` it is only a name.
        Some(at) if rest[..at].contains(':') || scheme.starts_with("http") => {
            format!("{scheme}://…@{}", &rest[at + 1..])
        }
        _ => address.to_owned(),
    }
}

/// The copy. One process at a time uses it: that which holds the data folder.
#[derive(Clone, Debug)]
pub struct Mirror {
    source: Source,
    repository: Repository,
}

impl Mirror {
    /// The copy below `folder`, made when it isn't there or can't be used any more.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn open(folder: &Path, source: Source) -> Result<Self, GitError> {
        let reference = &source.reference;
        let odd = |c: char| c.is_whitespace() || c.is_control() || ":+*?[\\^~".contains(c);
        if reference.is_empty() || reference.starts_with('-') || reference.contains(odd) {
            return Err(GitError::BadName { reference: reference.clone() });
        }
        let name = hex::encode(&Sha256::digest(source.repository.as_bytes())[..8]);
        let place = folder.join(name);
        let repository = Repository { folder: place.clone() };
        let failed = |source| GitError::Write { commit: "(none)".to_owned(), source };
        fs::create_dir_all(&place).map_err(failed)?;
        unlock(&place);
        if !repository.is_bare() {
            fs::remove_dir_all(&place).and_then(|()| fs::create_dir_all(&place)).map_err(failed)?;
            let mut command = git(&place);
            command.args(["init", "--quiet", "--bare", "--template="]);
            said(command)?;
        }
        Ok(Self { source, repository })
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.repository.folder
    }

    #[must_use]
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// The commit that was fetched last; `None` before the first.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn last(&self) -> Result<Option<Commit>, GitError> {
        match self.repository.commit(HEAD) {
            Ok(commit) => Ok(Some(commit)),
            Err(GitError::NoCommit { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches the newest commit, without its history and whatever came before it. Cancel-safe: what was fetched
    /// by half is fetched again.
    ///
    /// # Errors
    /// [`GitError`]; the last commit stays.
    pub async fn fetch(&self) -> Result<(), GitError> {
        let mut command = git(&self.repository.folder);
        // The address is in the environment, not among the arguments, which everyone on the machine can read.
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "remote.source.url");
        command.env("GIT_CONFIG_VALUE_0", &self.source.repository);
        command.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60"]);
        // It would ask at the terminal whatever its input is; GIT_SSH_COMMAND comes before this.
        command.args(["-c", "core.sshCommand=ssh -o BatchMode=yes"]);
        command.args(["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--force"]);
        command.args(["--no-recurse-submodules", "source"]);
        command.arg(format!("+{}:{HEAD}", self.source.reference));
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        let output = match tokio::time::timeout(FETCH_TIME_MAX, command.output()).await {
            Ok(output) => output.map_err(|source| GitError::Program { source })?,
            Err(_) => {
                unlock(&self.repository.folder);
                return Err(GitError::TooSlow { seconds: FETCH_TIME_MAX.as_secs() });
            }
        };
        if output.status.success() {
            return Ok(());
        }
        match refused(&output.stderr) {
            GitError::Refused { said } => {
                Err(GitError::Refused { said: said.replace(&self.source.repository, &self.source.shown()) })
            }
            other => Err(other),
        }
    }
}

impl Repository {
    fn is_bare(&self) -> bool {
        let mut command = git(&self.folder);
        // Not a repository around the data folder.
        command.env("GIT_CEILING_DIRECTORIES", self.folder.parent().unwrap_or(&self.folder));
        command.args(["rev-parse", "--is-bare-repository"]);
        said(command).is_ok_and(|said| said.trim_ascii() == b"true")
    }
}

/// A fetch that was killed leaves its lock files; nobody else uses the copy.
fn unlock(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path: PathBuf = entry.path();
        if path.extension().is_some_and(|extension| extension == "lock") {
            let _ = fs::remove_file(&path);
        } else if path.ends_with("refs") || path.ends_with("tidings") {
            unlock(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_secrets("https://u:p@git.acme.dev/a.git"), "https://…@git.acme.dev/a.git");
        assert_eq!(without_secrets("https://t0ken@git.acme.dev/a.git"), "https://…@git.acme.dev/a.git");
        assert_eq!(without_secrets("ssh://git@git.acme.dev/a.git"), "ssh://git@git.acme.dev/a.git");
        assert_eq!(without_secrets("git@git.acme.dev:a.git"), "git@git.acme.dev:a.git");
        assert_eq!(without_secrets("/srv/a.git"), "/srv/a.git");
    }

    #[test]
    fn names_that_git_would_take_for_something_else_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["", "-x", "a:b", "+main", "a b", "refs/*"] {
            let source = Source { repository: "/r".into(), reference: bad.into(), path: String::new() };
            assert!(matches!(Mirror::open(folder.path(), source), Err(GitError::BadName { .. })), "{bad}");
        }
    }
}
