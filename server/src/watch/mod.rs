//! The watcher: campaign files on the disk are validated and applied when they are new or have changed.
//!
//! File-system events only say when to look; what to do follows from what the files are then. So an event
//! that was lost, or an editor that replaces files, changes nothing but the moment: a slow poll looks anyway.

pub mod git;
mod origin;
mod outcome;
mod round;
mod stamp;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use origin::Origin;
use round::Rounds;

/// How long a folder must be quiet before it is looked at: editors write, rename and remove within
/// milliseconds.
const QUIET: Duration = Duration::from_millis(150);
/// How often it is looked without an event: some file systems send none.
const POLL: Duration = Duration::from_secs(5);

/// What to watch.
pub struct WatchOptions {
    pub app: App,
    /// Campaign files, and folders with campaign files.
    pub paths: Vec<PathBuf>,
    /// A deleted file takes back what it planned, also where its campaign does not say `prune: true`.
    pub prune: bool,
}

/// A watcher at work.
#[derive(Debug)]
#[must_use]
pub struct RunningWatcher {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What events tell the rounds.
#[derive(Default)]
struct Signal {
    bell: Notify,
    /// Something happened since the last round: stamps alone are not trusted then.
    touched: AtomicBool,
}

/// Looks at everything once and then watches. Returns when what is there now was looked at.
pub async fn watch(options: WatchOptions) -> RunningWatcher {
    let signal = Arc::new(Signal::default());
    // Before the first look, so that nothing falls between.
    let events = listen(&options.paths, &signal);
    let mut rounds = Rounds::new(options.app, options.paths, Origin::folder(), options.prune);
    rounds.round(true).await;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        let _events = events;
        loop {
            // Cancel-safe, all three: a bell that rang keeps ringing.
            tokio::select! {
                () = stopped.cancelled() => return,
                () = signal.bell.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
            let touched = signal.touched.swap(false, Ordering::AcqRel);
            rounds.round(touched).await;
        }
    });
    RunningWatcher { stop, task }
}

impl RunningWatcher {
    /// Ends after the round that runs.
    pub async fn shutdown(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the watcher ended badly");
        }
    }
}

type Events = Debouncer<RecommendedWatcher, RecommendedCache>;

/// Listens for events; without them the poll remains.
fn listen(paths: &[PathBuf], signal: &Arc<Signal>) -> Option<Events> {
    let rung = Arc::clone(signal);
    let made = new_debouncer(QUIET, None, move |result: DebounceEventResult| {
        if let Err(errors) = &result {
            for error in errors {
                tracing::debug!(%error, "a file-system event was lost");
            }
        }
        // Reading a file is an event, too: it must not make us read again.
        let changed = result.map_or(true, |events| events.iter().any(|event| !event.kind.is_access()));
        if changed {
            rung.touched.store(true, Ordering::Release);
            rung.bell.notify_one();
        }
    });
    let mut events = match made {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, "changes of files are only seen by polling");
            return None;
        }
    };
    for path in paths {
        let (place, mode) = place(path);
        if let Err(error) = events.watch(&place, mode) {
            tracing::warn!(path = %place.display(), %error, "changes below this are only seen by polling");
        }
    }
    Some(events)
}

/// A file is watched through its folder: an editor that saves by renaming replaces the file itself.
fn place(path: &Path) -> (PathBuf, RecursiveMode) {
    if path.is_dir() {
        return (path.to_owned(), RecursiveMode::Recursive);
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder.to_owned(), RecursiveMode::NonRecursive)
}
