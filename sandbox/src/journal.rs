//! The sandbox's durable memory: one JSON line for each event, on disk before anything is answered.
//!
//! One thread writes. It takes everything that waits, writes it, and syncs once for all of it, so that
//! many requests at a time share one sync.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::state::Event;

/// The shape of the lines; another number is refused.
const FORMAT: u32 = 1;
/// A journal that is larger is not written any more: a sandbox is no archive.
const JOURNAL_BYTES_MAX: u64 = 2 << 30;
/// The name of the file in the data folder.
const FILE_NAME: &str = "journal.jsonl";

/// Why the journal can't be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the sandbox's folder `{}` can't be used", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the sandbox's folder `{}` is in use by another process", path.display())]
    InUse { path: PathBuf },
    #[error("the sandbox's journal `{}` is damaged in line {line}", path.display())]
    Damaged { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("the sandbox's journal `{}` has format {found}, this build knows {FORMAT}", path.display())]
    Format { path: PathBuf, found: u32 },
}

impl JournalError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "sandbox/folder",
            Self::InUse { .. } => "sandbox/folder-in-use",
            Self::Damaged { .. } => "sandbox/journal-damaged",
            Self::Format { .. } => "sandbox/journal-format",
        }
    }
}

/// The journal can't be written any more; what is in memory may be ahead of the disk.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the sandbox's journal can't be written")]
pub(crate) struct NotDurable;

#[derive(Serialize, Deserialize)]
struct Header {
    #[serde(rename = "tidingsSandbox")]
    format: u32,
}

enum Work {
    Lines { upto: u64, bytes: Vec<u8> },
    Clear { upto: u64 },
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    Durable(u64),
    Broken,
}

/// The writing end. Without a folder it remembers nothing and everything counts as durable.
#[derive(Debug)]
pub(crate) struct Journal {
    writer: Option<Writer>,
}

#[derive(Debug)]
struct Writer {
    /// Unbounded, because each entry is a request that waits for its answer: connections bound it.
    work: mpsc::Sender<Work>,
    progress: watch::Receiver<Progress>,
    thread: JoinHandle<()>,
}

/// The place in the journal up to which an answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl Journal {
    /// A journal that keeps nothing.
    pub(crate) const fn forgetful() -> Self {
        Self { writer: None }
    }

    /// Opens `folder`'s journal and returns what it holds. A torn last line, the trace of a process that
    /// died while it wrote, is cut off: nobody was answered on its strength.
    ///
    /// # Errors
    /// [`JournalError`].
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Event>), JournalError> {
        let failed = |source| JournalError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(FILE_NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(JournalError::InUse { path: folder.to_owned() });
            }
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        let Replayed { events, whole_bytes } = replay(&file, &path)?;
        file.set_len(whole_bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if whole_bytes == 0 {
            file.write_all(&header()).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok((Self { writer: Some(start(file)) }, events))
    }

    /// Queues `events` as the journal's next lines. Must be called in the order in which they happened;
    /// `upto` counts all events so far.
    pub(crate) fn append(&self, events: &[Event], upto: u64) -> Mark {
        let Some(writer) = &self.writer else { return Mark(0) };
        if !events.is_empty() {
            let mut bytes = Vec::with_capacity(256 * events.len());
            for event in events {
                // An event is plain data with string keys: it always has a JSON form.
                if serde_json::to_writer(&mut bytes, event).is_err() {
                    tracing::error!("event without a JSON form");
                }
                bytes.push(b'\n');
            }
            // A writer that is gone shows in `Progress`, which every answer waits for.
            let _ = writer.work.send(Work::Lines { upto, bytes });
        }
        Mark(upto)
    }

    /// Empties the journal. Ordered like [`Journal::append`].
    pub(crate) fn clear(&self, upto: u64) -> Mark {
        let Some(writer) = &self.writer else { return Mark(0) };
        let _ = writer.work.send(Work::Clear { upto });
        Mark(upto)
    }

    /// Waits until everything up to `mark` is on disk. Cancel-safe.
    ///
    /// # Errors
    /// [`NotDurable`] once writing has failed, for ever.
    pub(crate) async fn durable(&self, mark: Mark) -> Result<(), NotDurable> {
        let Some(writer) = &self.writer else { return Ok(()) };
        let mut progress = writer.progress.clone();
        let reached = progress
            .wait_for(|progress| match progress {
                Progress::Durable(upto) => *upto >= mark.0,
                Progress::Broken => true,
            })
            .await
            .map_err(|_| NotDurable)?;
        match *reached {
            Progress::Durable(_) => Ok(()),
            Progress::Broken => Err(NotDurable),
        }
    }

    /// Ends the writer after what is queued.
    pub(crate) fn close(&mut self) {
        if let Some(Writer { work, thread, .. }) = self.writer.take() {
            drop(work);
            let _ = thread.join();
        }
    }
}

fn header() -> Vec<u8> {
    format!("{{\"tidingsSandbox\":{FORMAT}}}\n").into_bytes()
}

struct Replayed {
    events: Vec<Event>,
    /// The length of the file up to its last complete line.
    whole_bytes: u64,
}

fn replay(file: &File, path: &Path) -> Result<Replayed, JournalError> {
    let failed = |source| JournalError::Folder { path: path.to_owned(), source };
    let mut reader = BufReader::new(file);
    let mut events = Vec::new();
    let mut whole_bytes = 0;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        let damaged = |source| JournalError::Damaged { path: path.to_owned(), line: number, source };
        if number == 1 {
            let Header { format } = serde_json::from_slice(&line).map_err(damaged)?;
            if format != FORMAT {
                return Err(JournalError::Format { path: path.to_owned(), found: format });
            }
        } else {
            match serde_json::from_slice(&line) {
                Ok(event) => events.push(event),
                // Pages of a torn write may reach the disk in any order, so its end can look complete.
                Err(_) if is_last(&mut reader).map_err(failed)? => break,
                Err(source) => return Err(damaged(source)),
            }
        }
        whole_bytes += read as u64;
    }
    Ok(Replayed { events, whole_bytes })
}

fn is_last(reader: &mut BufReader<&File>) -> std::io::Result<bool> {
    Ok(reader.fill_buf()?.is_empty())
}

fn start(file: File) -> Writer {
    let (work, queue) = mpsc::channel();
    let (report, progress) = watch::channel(Progress::Durable(0));
    let thread = std::thread::spawn(move || write_all(file, &queue, &report));
    Writer { work, progress, thread }
}

fn write_all(mut file: File, queue: &mpsc::Receiver<Work>, report: &watch::Sender<Progress>) {
    while let Ok(first) = queue.recv() {
        let waiting = std::iter::once(first).chain(queue.try_iter());
        match write_batch(&mut file, waiting) {
            Ok(upto) => report.send_replace(Progress::Durable(upto)),
            Err(error) => {
                tracing::error!(%error, "sandbox journal can't be written");
                report.send_replace(Progress::Broken);
                return;
            }
        };
    }
}

fn write_batch(file: &mut File, batch: impl Iterator<Item = Work>) -> std::io::Result<u64> {
    let mut reached = 0;
    for work in batch {
        match work {
            Work::Lines { upto, bytes } => {
                if file.stream_position()? + bytes.len() as u64 > JOURNAL_BYTES_MAX {
                    return Err(std::io::ErrorKind::FileTooLarge.into());
                }
                file.write_all(&bytes)?;
                reached = upto;
            }
            Work::Clear { upto } => {
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(&header())?;
                reached = upto;
            }
        }
    }
    file.sync_data()?;
    Ok(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(post: &str) -> Event {
        Event::PostDeleted { id: post.to_owned(), at: jiff::Timestamp::UNIX_EPOCH }
    }

    #[tokio::test]
    async fn what_was_durable_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, events) = Journal::open(folder.path()).unwrap();
        assert!(events.is_empty());
        let mark = journal.append(&[event("1"), event("2")], 2);
        journal.durable(mark).await.unwrap();
        journal.close();
        let (_journal, events) = Journal::open(folder.path()).unwrap();
        assert_eq!(events.len(), 2);
    }

    #[tokio::test]
    async fn a_torn_last_line_is_cut_off_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.durable(journal.append(&[event("1")], 1)).await.unwrap();
        journal.close();
        for torn in [&b"{\"event\":\"postDel"[..], b"\0\0\0\0\n"] {
            let path = folder.path().join(FILE_NAME);
            OpenOptions::new().append(true).open(&path).unwrap().write_all(torn).unwrap();
            let (mut journal, events) = Journal::open(folder.path()).unwrap();
            assert_eq!(events.len(), 1);
            journal.close();
        }
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.durable(journal.append(&[event("2")], 1)).await.unwrap();
        journal.close();
        assert_eq!(Journal::open(folder.path()).unwrap().1.len(), 2);
    }

    #[test]
    fn damage_in_the_middle_is_reported_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = header();
        bytes.extend_from_slice(b"nonsense\n{\"event\":\"postDeleted\"}\n");
        std::fs::write(folder.path().join(FILE_NAME), bytes).unwrap();
        let error = Journal::open(folder.path()).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { line: 2, .. }), "{error}");
    }

    #[test]
    fn a_second_process_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Journal::open(folder.path()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(JournalError::InUse { .. })));
    }

    #[tokio::test]
    async fn a_cleared_journal_holds_only_what_came_after() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path()).unwrap();
        journal.append(&[event("1")], 1);
        journal.clear(2);
        journal.durable(journal.append(&[event("2")], 3)).await.unwrap();
        journal.close();
        assert_eq!(Journal::open(folder.path()).unwrap().1.len(), 1);
    }
}
