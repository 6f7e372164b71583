//! One process per data folder. The lock is the kernel's, so that a killed process leaves none behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::exit::{Exit, Failure};
use crate::settings::DataFolder;

/// How often a held lock is tried again before it counts as held: a command that writes directly holds it
/// for some milliseconds, and a process that was just killed lets go of it a moment later.
const TRIES: u32 = 20;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Holds the data folder until it is dropped.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Makes the folder if it is not there and takes it.
    ///
    /// # Errors
    /// [`Failure`]: exit 4 while another process holds it, else why it can't be used.
    pub(crate) async fn take(folder: &DataFolder) -> Result<Self, Failure> {
        Self::take_file(folder, folder.lock()).await
    }

    /// The same for the engine alone: `tidings engine` and, as its client, `tidings up` share a folder.
    ///
    /// # Errors
    /// As [`FolderLock::take`].
    pub(crate) async fn take_engine(folder: &DataFolder) -> Result<Self, Failure> {
        Self::take_file(folder, folder.engine_lock()).await
    }

    async fn take_file(folder: &DataFolder, path: PathBuf) -> Result<Self, Failure> {
        create(folder)?;
        let unusable = |error: &std::io::Error| unusable(folder, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(|error| unusable(&error))?;
        for attempt in 1..=TRIES {
            match file.try_lock() {
                Ok(()) => {
                    let written = file
                        .set_len(0)
                        .and_then(|()| file.rewind())
                        .and_then(|()| write!(file, "{}", std::process::id()));
                    written.map_err(|error| unusable(&error))?;
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::WouldBlock) if attempt < TRIES => tokio::time::sleep(TRY_AGAIN_AFTER).await,
                Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
                Err(TryLockError::Error(error)) => return Err(unusable(&error)),
            }
        }
        Err(held(folder, &mut file))
    }
}

fn held(folder: &DataFolder, file: &mut File) -> Failure {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut text));
    let holder = match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(pid)) => format!("process {pid}"),
        _ => "another process".to_owned(),
    };
    Failure::new(
        Exit::Conflict,
        "folder/held",
        format!("{holder} holds the data folder `{}`", folder.path().display()),
    )
    .help("talk to it with the other commands, stop it first, or choose another folder with --data")
}

fn create(folder: &DataFolder) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder.path()).map_err(|error| unusable(folder, &error))?;
    std::fs::read_dir(folder.path()).map(drop).map_err(|error| unusable(folder, &error))
}

fn unusable(folder: &DataFolder, error: &std::io::Error) -> Failure {
    Failure::failed(
        "folder/unreadable",
        format!("the data folder `{}` can't be used: {error}", folder.path().display()),
    )
    .help("give the user that runs tidings the right to read and write it, or choose another with --data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_held_folder_is_refused_with_the_holder() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::at(folder.path().join("a/b"));
        let first = FolderLock::take(&data).await.unwrap();
        let failure = FolderLock::take(&data).await.unwrap_err();
        assert_eq!((failure.exit, failure.code.as_str()), (Exit::Conflict, "folder/held"));
        assert!(failure.message.contains(&format!("process {}", std::process::id())), "{}", failure.message);
        drop(first);
        FolderLock::take(&data).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_in_the_folders_place_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("data"), b"").unwrap();
        let failure = FolderLock::take(&DataFolder::at(folder.path().join("data"))).await.unwrap_err();
        assert_eq!((failure.exit, failure.code.as_str()), (Exit::Failed, "folder/unreadable"));
    }
}
