//! Calling `git`, so that neither a repository nor the surroundings can make it do anything else.

use std::io;
use std::path::Path;
use std::process::Command;

/// What git may speak with other machines.
const PROTOCOLS: &str = "https:ssh:file";
/// Characters of what git said that are passed on.
const SAID_CHARS_MAX: usize = 500;
/// What a caller's git, running a hook of ours, would have set for its own repository.
const OTHERS: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CONFIG_PARAMETERS",
];

/// Why a repository can't be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("the program `git` can't be run")]
    Program { source: io::Error },
    #[error("git refused: {said}")]
    Refused { said: String },
    #[error("there is no commit `{revision}`")]
    NoCommit { revision: String },
    #[error("`{reference}` can't be the name of a branch or tag")]
    BadName { reference: String },
    #[error("there is nothing at `{path}` in commit {commit}")]
    NoPath { path: String, commit: String },
    #[error("commit {commit} has more than {max} {what} at `{path}`")]
    TooLarge { commit: String, path: String, what: &'static str, max: u64 },
    #[error("git did not end within {seconds} s")]
    TooSlow { seconds: u64 },
    #[error("the files of commit {commit} can't be written")]
    Write { commit: String, source: io::Error },
}

impl GitError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Program { .. } => "git/program",
            Self::Refused { .. } => "git/refused",
            Self::NoCommit { .. } | Self::BadName { .. } => "git/no-commit",
            Self::NoPath { .. } => "git/no-path",
            Self::TooLarge { .. } => "git/too-large",
            Self::TooSlow { .. } => "git/too-slow",
            Self::Write { .. } => "git/write",
        }
    }
}

/// `git` in a folder, which asks nobody anything.
pub(super) fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    for setting in [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "gc.autoDetach=false",
        "maintenance.autoDetach=false",
        "i18n.logOutputEncoding=UTF-8",
    ] {
        command.args(["-c", setting]);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ALLOW_PROTOCOL", PROTOCOLS);
    command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_PAGER", "cat");
    for name in OTHERS {
        command.env_remove(name);
    }
    command.stdin(std::process::Stdio::null());
    command
}

/// What a short command prints.
///
/// # Errors
/// [`GitError::Program`], [`GitError::Refused`].
pub(super) fn said(mut command: Command) -> Result<Vec<u8>, GitError> {
    let output = command.output().map_err(|source| GitError::Program { source })?;
    if output.status.success() { Ok(output.stdout) } else { Err(refused(&output.stderr)) }
}

/// The last lines of what git complained about, without what a server adds.
pub(super) fn refused(stderr: &[u8]) -> GitError {
    let text = String::from_utf8_lossy(stderr);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:"));
    let lines: Vec<&str> = lines.map(|line| line.trim_start_matches("fatal: ")).collect();
    let said: String = lines.join("; ").chars().take(SAID_CHARS_MAX).collect();
    GitError::Refused { said: if said.is_empty() { "it said nothing".to_owned() } else { said } }
}
