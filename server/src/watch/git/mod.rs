//! The watcher of a git repository: the newest commit of a branch is fetched and applied.
//!
//! A commit is looked at as a folder is: each campaign in it stands alone, and one that is wrong keeps its last
//! good revision. What came of a commit is reported, where someone wants to hear it.

mod report;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use report::StatusTarget;

use self::report::Report;
use super::RunningWatcher;
use super::origin::Origin;
use super::round::Rounds;
use crate::app::App;
use crate::project::git::{Commit, GitError, Mirror};

/// What to watch.
pub struct GitOptions {
    pub app: App,
    pub mirror: Mirror,
    /// How often it is looked without being told.
    pub every: Duration,
    /// Who hears what came of a commit.
    pub status: Option<StatusTarget>,
    /// As in [`super::WatchOptions`].
    pub prune: bool,
}

/// Begins to watch. The first look follows: a repository may be far away.
pub fn watch_git(options: GitOptions) -> RunningWatcher {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let GitOptions { app, mirror, every, status, prune } = options;
    let bell: Arc<Notify> = Arc::clone(&app.outside.pushed);
    let rounds = Rounds::new(app.clone(), Vec::new(), Origin::folder(), prune);
    let mut looks = Looks { app, mirror, status, rounds, current: None, unreported: None, fault: None };
    let task = tokio::spawn(async move {
        loop {
            // Only fetching is cut off; what is being applied is finished.
            let fetched = tokio::select! {
                () = stopped.cancelled() => return,
                fetched = looks.mirror.fetch() => fetched,
            };
            looks.look(fetched).await;
            // Cancel-safe, all three: a bell that rang keeps ringing.
            tokio::select! {
                () = stopped.cancelled() => return,
                () = bell.notified() => {}
                () = tokio::time::sleep(every) => {}
            }
        }
    });
    RunningWatcher { stop, task }
}

/// What is known from the looks before.
struct Looks {
    app: App,
    mirror: Mirror,
    status: Option<StatusTarget>,
    rounds: Rounds,
    /// The commit whose files are applied.
    current: Option<Commit>,
    /// What nobody could be told yet.
    unreported: Option<Report>,
    /// The last fault, so that it is told once.
    fault: Option<String>,
}

impl Looks {
    /// After a fetch, whatever came of it: what was fetched before stays in force, and campaigns are renewed.
    async fn look(&mut self, fetched: Result<(), GitError>) {
        let found = match &fetched {
            Ok(()) => self.newest().await,
            // After a restart without a network, the last commit is still there.
            Err(_) if self.current.is_none() => self.newest().await,
            Err(_) => Ok(None),
        };
        self.tell_fault(fetched.err().as_ref().or(found.as_ref().err()));
        match found {
            Ok(Some(commit)) => self.take(commit).await,
            _ => self.rounds.round(false).await,
        }
        self.deliver().await;
    }

    /// The commit that was fetched last, if it is another than the current one.
    async fn newest(&self) -> Result<Option<Commit>, GitError> {
        let mirror = self.mirror.clone();
        let commit = tokio::task::spawn_blocking(move || mirror.last())
            .await
            .map_err(|error| GitError::Refused { said: error.to_string() })??;
        Ok(commit.filter(|commit| self.current.as_ref().is_none_or(|current| current.id != commit.id)))
    }

    /// Takes the place of the current commit, if its files can be had.
    async fn take(&mut self, commit: Commit) {
        let (mirror, of, now) = (self.mirror.clone(), commit.clone(), self.app.clock.now());
        let written = tokio::task::spawn_blocking(move || write_files(&mirror, &of, now)).await;
        let written = written.unwrap_or_else(|error| Err(GitError::Refused { said: error.to_string() }));
        match written {
            Ok(place) => {
                let author = commit.author.as_str();
                tracing::info!(commit = commit.short(), author, "a commit was fetched");
                let root = root(&self.mirror);
                self.rounds.go_on_with(vec![place], Origin::of(commit.clone(), root));
                self.rounds.round(true).await;
                let outcomes = self.rounds.outcomes();
                self.unreported = Some(Report::of(self.mirror.source(), &commit, outcomes));
            }
            Err(error) => {
                tracing::error!(commit = commit.short(), %error, "a commit can't be read; nothing was changed");
                self.unreported = Some(Report::unreadable(self.mirror.source(), &commit, &error));
                if matches!(error, GitError::Write { .. } | GitError::Program { .. }) {
                    // Not the commit's fault: it is read again.
                    return;
                }
            }
        }
        self.current = Some(commit);
    }

    /// Reports what is not reported yet; what can't be delivered is delivered later.
    async fn deliver(&mut self) {
        let (Some(target), Some(report)) = (&self.status, &self.unreported) else { return };
        match target.send(report, self.app.clock.now()).await {
            Ok(()) => self.unreported = None,
            Err(why) => tracing::warn!(why, "the status of a commit was not taken; it is sent again"),
        }
    }

    fn tell_fault(&mut self, fault: Option<&GitError>) {
        let told = fault.map(ToString::to_string);
        if told == self.fault {
            return;
        }
        match (fault, &told) {
            (Some(error), Some(why)) => {
                tracing::error!(
                    code = error.code(),
                    why,
                    "the repository can't be fetched; what runs goes on"
                );
            }
            _ => tracing::info!("the repository can be fetched again"),
        }
        self.fault = told;
    }
}

/// Where the files of the current commit are.
fn root(mirror: &Mirror) -> PathBuf {
    mirror.folder().with_extension("files")
}

/// Writes the files of a commit beside the current ones, and then in their place.
fn write_files(mirror: &Mirror, commit: &Commit, now: jiff::Timestamp) -> Result<PathBuf, GitError> {
    let failed = |source| GitError::Write { commit: commit.short().to_owned(), source };
    let (root, new) = (root(mirror), mirror.folder().with_extension("new"));
    let gone = |path: &PathBuf| match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    gone(&new).and_then(|()| fs::create_dir_all(&new)).map_err(failed)?;
    let place = mirror.repository().extract(commit, &mirror.source().path, &new, now)?;
    // A process that dies between the two writes the files again at its start.
    gone(&root).and_then(|()| fs::rename(&new, &root)).map_err(failed)?;
    Ok(place.strip_prefix(&new).map_or_else(|_| root.clone(), |below| root.join(below)))
}
