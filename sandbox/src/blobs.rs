//! The bytes of uploaded media, kept apart from the state: files in the data folder, else memory.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

/// All media that a sandbox without a data folder holds, in bytes; a full one takes no more uploads.
const MEMORY_BYTES_MAX: usize = 1 << 30;

/// The name of stored bytes: their SHA-256 in lowercase hex.
pub(crate) type BlobId = String;

#[derive(Debug)]
pub(crate) enum Blobs {
    Memory(Mutex<Held>),
    Folder(PathBuf),
}

#[derive(Debug, Default)]
pub(crate) struct Held {
    blobs: HashMap<BlobId, Bytes>,
    bytes: usize,
}

impl Blobs {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Keeps `bytes` and returns their name. On disk before it returns, when there is a folder.
    ///
    /// # Errors
    /// When the disk or the memory's limit says no.
    pub(crate) async fn keep(&self, bytes: Bytes) -> std::io::Result<BlobId> {
        let id = hex::encode(Sha256::digest(&bytes));
        match self {
            Self::Memory(held) => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                if !held.blobs.contains_key(&id) {
                    if held.bytes + bytes.len() > MEMORY_BYTES_MAX {
                        return Err(std::io::ErrorKind::StorageFull.into());
                    }
                    held.bytes += bytes.len();
                    held.blobs.insert(id.clone(), bytes);
                }
            }
            Self::Folder(folder) => write_once(folder, &id, &bytes).await?,
        }
        Ok(id)
    }

    /// The bytes of that name.
    ///
    /// # Errors
    /// When they are not there or can't be read.
    pub(crate) async fn read(&self, id: &str) -> std::io::Result<Bytes> {
        match self {
            Self::Memory(held) => {
                let held = held.lock().unwrap_or_else(PoisonError::into_inner);
                held.blobs.get(id).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
            }
            Self::Folder(folder) => Ok(tokio::fs::read(folder.join(id)).await?.into()),
        }
    }
}

/// Two uploads of the same bytes at a time write two temporary files and rename both: the same content.
async fn write_once(folder: &std::path::Path, id: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = folder.join(id);
    if tokio::fs::try_exists(&path).await? {
        return Ok(());
    }
    tokio::fs::create_dir_all(folder).await?;
    let temporary = folder.join(format!("{id}.{:x}", rand::random::<u64>()));
    let mut file = tokio::fs::File::create(&temporary).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    drop(file);
    tokio::fs::rename(&temporary, &path).await?;
    tokio::fs::File::open(folder).await?.sync_all().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_come_back_under_their_name() {
        let folder = tempfile::tempdir().unwrap();
        for blobs in [Blobs::in_memory(), Blobs::Folder(folder.path().join("media"))] {
            let id = blobs.keep(Bytes::from_static(b"picture")).await.unwrap();
            assert_eq!(blobs.keep(Bytes::from_static(b"picture")).await.unwrap(), id);
            assert_eq!(blobs.read(&id).await.unwrap(), "picture");
            assert!(blobs.read("0000").await.is_err());
        }
    }
}
