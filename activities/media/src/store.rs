//! The media store: files named by the hash of their content.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use activities_data::{Db, DbError, media_files};
use campaigns_limits::MediaFacts;
use sha2::{Digest, Sha256};

use crate::probe::{BYTES_MAX, ProbeError, probe};

/// Files of the data folder under `media/ab/abcdef…`, each written once and verified on every read.
/// Cheap to clone; every method may be called at the same time from everywhere.
#[derive(Clone, Debug)]
pub struct MediaStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Where the bytes are on a PostgreSQL server, so that several machines have them.
    server: Option<Db>,
    folder: PathBuf,
    temporary: AtomicU64,
}

/// Why the store can't do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error("`{0}` is not the name of a media file: it is 64 lowercase hex digits")]
    Name(String),
    #[error("no media file `{0}` is stored")]
    Missing(String),
    /// The bytes on disk are not those that were stored.
    #[error("the media file `{}` is damaged: its content no longer has the hash of its name", path.display())]
    Damaged { path: PathBuf },
    /// What came is not what was announced.
    #[error("the content has the hash `{actual}`, not `{expected}`")]
    Mismatch { expected: String, actual: String },
    #[error("the media file `{}` can't be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the media file `{}` can't be written", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The database that holds the bytes.
    #[error(transparent)]
    Ledger(#[from] DbError),
    /// The process is shutting down.
    #[error("the media store was interrupted")]
    Interrupted,
}

impl StoreError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Probe(error) => error.code(),
            Self::Name(_) => "media/name",
            Self::Missing(_) => "media/not-stored",
            Self::Damaged { .. } => "media/damaged",
            Self::Mismatch { .. } => "media/mismatch",
            Self::Read { .. } => "media/read",
            Self::Write { .. } => "media/write",
            Self::Ledger(error) => error.code(),
            Self::Interrupted => "media/interrupted",
        }
    }
}

/// Where unfinished files live, inside the folder.
const TEMPORARY: &str = "tmp";

impl MediaStore {
    /// Opens the store in `folder` (the data folder's `media/`), which is made if need be.
    ///
    /// # Errors
    /// [`StoreError::Write`] when it can't be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = folder.into();
        let temporary = folder.join(TEMPORARY);
        fs::create_dir_all(&temporary).map_err(|source| StoreError::Write { path: temporary, source })?;
        Ok(Self(Arc::new(Inner { server: None, folder, temporary: AtomicU64::new(0) })))
    }

    /// The store in the ledger's PostgreSQL database.
    #[must_use]
    pub fn on_server(db: Db) -> Self {
        let folder = PathBuf::from("media_chunks");
        Self(Arc::new(Inner { server: Some(db), folder, temporary: AtomicU64::new(0) }))
    }

    /// Removes what writers that died left behind. Only for the holder of the data folder, before
    /// anything is stored. Returns how many files it removed.
    ///
    /// # Errors
    /// [`StoreError::Read`] or [`StoreError::Write`].
    pub fn sweep(&self) -> Result<u64, StoreError> {
        if self.0.server.is_some() {
            // Writers that die leave nothing there.
            return Ok(0);
        }
        let folder = self.0.folder.join(TEMPORARY);
        let read = |source| StoreError::Read { path: folder.clone(), source };
        let mut removed = 0;
        for entry in fs::read_dir(&folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            fs::remove_file(&path).map_err(|source| StoreError::Write { path, source })?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Probes and stores a file; storing what is there already changes nothing. When this returns, the
    /// bytes and their name are durable.
    ///
    /// # Errors
    /// [`StoreError::Probe`] when it is nothing that can be published; [`StoreError::Write`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<MediaFacts, StoreError> {
        let (facts, bytes) = blocking(move || Ok((probe(&bytes)?, bytes))).await?;
        self.keep(&facts.sha256, bytes).await?;
        Ok(facts)
    }

    /// As [`MediaStore::put`], for content whose hash is already known to the sender.
    ///
    /// # Errors
    /// [`StoreError::Mismatch`] when it is other content; and those of [`MediaStore::put`].
    pub async fn put_expected(&self, sha256: &str, bytes: Vec<u8>) -> Result<MediaFacts, StoreError> {
        let expected = named(sha256)?.to_owned();
        let (facts, bytes) = blocking(move || Ok((probe(&bytes)?, bytes))).await?;
        if facts.sha256 != expected {
            return Err(StoreError::Mismatch { expected, actual: facts.sha256 });
        }
        self.keep(&facts.sha256, bytes).await?;
        Ok(facts)
    }

    /// The file's bytes, exactly those that were stored.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`], [`StoreError::Read`], [`StoreError::Name`].
    pub async fn get(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let sha256 = named(sha256)?.to_owned();
        if let Some(db) = &self.0.server {
            return read_from_server(db, sha256).await;
        }
        self.blocking(move |store| store.read(&sha256)).await
    }

    /// Whether the file is stored. Its content is not verified.
    ///
    /// # Errors
    /// [`StoreError::Name`], [`StoreError::Read`].
    pub async fn has(&self, sha256: &str) -> Result<bool, StoreError> {
        let path = self.path(named(sha256)?);
        if let Some(db) = &self.0.server {
            return Ok(media_files::length(&mut *db.reader().await?, sha256).await?.is_some());
        }
        self.blocking(move |_| match fs::metadata(&path) {
            Ok(found) => Ok(found.is_file()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StoreError::Read { path, source }),
        })
        .await
    }

    /// What the stored file is.
    ///
    /// # Errors
    /// Those of [`MediaStore::get`] and [`StoreError::Probe`].
    pub async fn facts(&self, sha256: &str) -> Result<MediaFacts, StoreError> {
        let bytes = self.get(sha256).await?;
        blocking(move || Ok(probe(&bytes)?)).await
    }

    /// The names of at most `limit` files that were stored before an instant and come after a name, in the
    /// order of their names.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub async fn stored_before(
        &self,
        before: SystemTime,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        if let Some(db) = &self.0.server {
            let before = before.try_into().unwrap_or(jiff::Timestamp::MAX);
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let after = after.unwrap_or_default();
            let mut reader = db.reader().await?;
            return Ok(media_files::stored_before(&mut reader, before, &after, limit).await?);
        }
        self.blocking(move |store| {
            let mut names = Vec::new();
            for folder in entries(&store.0.folder)? {
                if folder.file_name() == Some(TEMPORARY.as_ref()) || !folder.is_dir() {
                    continue;
                }
                for path in entries(&folder)? {
                    let modified = fs::metadata(&path).and_then(|found| found.modified());
                    let modified =
                        modified.map_err(|source| StoreError::Read { path: path.clone(), source })?;
                    let name = path.file_name().and_then(|name| name.to_str());
                    let behind = |name: &str| after.as_deref().is_none_or(|after| name > after);
                    let fits = |name: &&str| named(name).is_ok() && modified < before && behind(name);
                    if let Some(name) = name.filter(fits) {
                        names.push(name.to_owned());
                    }
                }
            }
            names.sort_unstable();
            names.truncate(limit);
            Ok(names)
        })
        .await
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// [`StoreError::Name`], [`StoreError::Write`].
    pub async fn remove(&self, sha256: &str) -> Result<(), StoreError> {
        let path = self.path(named(sha256)?);
        if let Some(db) = &self.0.server {
            return Ok(media_files::remove(db, sha256).await?);
        }
        self.blocking(move |_| match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(StoreError::Write { path, source }),
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        blocking(move || work(&store)).await
    }

    /// What is there and whole stays as it is.
    async fn keep(&self, sha256: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let sha256 = sha256.to_owned();
        let Some(db) = &self.0.server else {
            return self.blocking(move |store| store.keep_file(&sha256, &bytes)).await;
        };
        if read_from_server(db, sha256.clone()).await.is_ok() {
            return Ok(());
        }
        Ok(media_files::put(db, &sha256, bytes).await?)
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.0.folder.join(&sha256[..2]).join(sha256)
    }

    fn read(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.path(sha256);
        let mut bytes = Vec::new();
        // One byte above the limit, so that a file that grew is seen as damaged and not read whole.
        let read = fs::File::open(&path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) if hex::encode(Sha256::digest(&bytes)) == sha256 => Ok(bytes),
            Ok(_) => Err(StoreError::Damaged { path }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Missing(sha256.to_owned()))
            }
            Err(source) => Err(StoreError::Read { path, source }),
        }
    }

    /// Writes to a temporary file, makes it durable, and gives it its name. A damaged file of that name
    /// is replaced.
    fn keep_file(&self, sha256: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.read(sha256).is_ok() {
            return Ok(());
        }
        let number = self.0.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.0.folder.join(TEMPORARY).join(format!("{}-{number}", std::process::id()));
        let kept = self.write_and_rename(&temporary, &self.path(sha256), bytes);
        if kept.is_err() {
            // A full disk is the usual reason: leave nothing behind.
            let _ = fs::remove_file(&temporary);
        }
        kept
    }

    fn write_and_rename(&self, temporary: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let written = |path: &Path, result: io::Result<()>| {
            result.map_err(|source| StoreError::Write { path: path.to_owned(), source })
        };
        let folder = path.parent().unwrap_or(&self.0.folder);
        written(folder, fs::create_dir_all(folder))?;
        written(
            temporary,
            fs::File::create(temporary).and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            }),
        )?;
        written(path, fs::rename(temporary, path))?;
        // The names are durable only when their folders are.
        for folder in [folder, &self.0.folder] {
            written(folder, fs::File::open(folder).and_then(|folder| folder.sync_all()))?;
        }
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Interrupted)?
}

async fn read_from_server(db: &Db, sha256: String) -> Result<Vec<u8>, StoreError> {
    let bytes = media_files::get(db, &sha256, BYTES_MAX).await?;
    let bytes = bytes.ok_or_else(|| StoreError::Missing(sha256.clone()))?;
    blocking(move || {
        let is_whole = hex::encode(Sha256::digest(&bytes)) == sha256;
        if is_whole { Ok(bytes) } else { Err(StoreError::Damaged { path: sha256.into() }) }
    })
    .await
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let read = |source| StoreError::Read { path: folder.to_owned(), source };
    fs::read_dir(folder).map_err(read)?.map(|entry| entry.map(|entry| entry.path()).map_err(read)).collect()
}

fn named(sha256: &str) -> Result<&str, StoreError> {
    let plain =
        sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if plain { Ok(sha256) } else { Err(StoreError::Name(sha256.chars().take(80).collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(side: u32) -> Vec<u8> {
        let mut bytes = io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(side, side).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[tokio::test]
    async fn what_is_put_is_got_under_the_hash_of_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path().join("media")).unwrap();
        let facts = store.put(png(3)).await.unwrap();
        assert_eq!(store.put(png(3)).await.unwrap(), facts, "the same content is stored once");
        assert_eq!(store.get(&facts.sha256).await.unwrap(), png(3));
        assert!(store.has(&facts.sha256).await.unwrap());
        assert_eq!(store.facts(&facts.sha256).await.unwrap(), facts);
        let place = folder.path().join("media").join(&facts.sha256[..2]).join(&facts.sha256);
        assert!(place.is_file());
    }

    #[tokio::test]
    async fn a_damaged_file_is_never_handed_out_and_heals_when_stored_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        let facts = store.put(png(3)).await.unwrap();
        fs::write(store.path(&facts.sha256), b"something else").unwrap();
        assert!(matches!(store.get(&facts.sha256).await, Err(StoreError::Damaged { .. })));
        store.put(png(3)).await.unwrap();
        assert_eq!(store.get(&facts.sha256).await.unwrap(), png(3));
    }

    #[tokio::test]
    async fn other_content_than_announced_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        let announced = probe(&png(3)).unwrap().sha256;
        let error = store.put_expected(&announced, png(4)).await.unwrap_err();
        assert_eq!(error.code(), "media/mismatch");
        assert!(!store.has(&announced).await.unwrap());
    }

    #[tokio::test]
    async fn old_files_are_named_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        let old = store.put(png(3)).await.unwrap().sha256;
        let new = store.put(png(4)).await.unwrap().sha256;
        fs::File::open(store.path(&old)).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let before = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
        assert_eq!(store.stored_before(before, None, 10).await.unwrap(), std::slice::from_ref(&old));
        store.remove(&old).await.unwrap();
        store.remove(&old).await.unwrap();
        assert!(!store.has(&old).await.unwrap() && store.has(&new).await.unwrap());
    }

    #[tokio::test]
    async fn names_that_are_no_hash_reach_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        for name in ["", "../../etc/passwd", &"A".repeat(64), &"é".repeat(32), &"a".repeat(63)] {
            assert!(matches!(store.get(name).await, Err(StoreError::Name(_))), "{name}");
        }
        assert!(matches!(store.get(&"a".repeat(64)).await, Err(StoreError::Missing(_))));
    }

    #[tokio::test]
    async fn leftovers_of_dead_writers_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        fs::write(folder.path().join("tmp/99-0"), b"half a pic").unwrap();
        let facts = store.put(png(3)).await.unwrap();
        assert_eq!(store.sweep().unwrap(), 1);
        assert!(store.has(&facts.sha256).await.unwrap());
    }

    #[tokio::test]
    async fn many_at_once_store_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        let writers: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn({
                    let store = store.clone();
                    async move { store.put(png(5)).await }
                })
            })
            .collect();
        let mut names = Vec::new();
        for writer in writers {
            names.push(writer.await.unwrap().unwrap().sha256);
        }
        names.dedup();
        assert_eq!(names.len(), 1);
        assert_eq!(store.sweep().unwrap(), 0, "no temporary file is left");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = MediaStore::open(folder.path()).unwrap();
        fs::remove_dir(folder.path().join("tmp")).unwrap();
        let error = store.put(png(3)).await.unwrap_err();
        assert_eq!(error.code(), "media/write");
        assert!(error.to_string().contains("tmp"), "{error}");
    }
}
