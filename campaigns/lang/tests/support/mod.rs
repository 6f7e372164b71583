//! Files on the disk for tests: real bytes, and the facts of PNG files read from their headers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use campaigns_lang::{FileProblem, Files};
use campaigns_limits::{MediaFacts, MediaKind};

pub struct Folder(pub PathBuf);

impl Folder {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, FileProblem> {
        if path.starts_with("..") {
            return Err(FileProblem::Outside(path.to_owned()));
        }
        if self.0.join(path).is_dir() {
            return Err(FileProblem::Unreadable {
                path: path.to_owned(),
                cause: "it is not a file".to_owned(),
            });
        }
        std::fs::read(self.0.join(path)).map_err(|_| FileProblem::Missing(path.to_owned()))
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.bytes(path).map(Arc::from)
    }

    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
        let bytes = self.bytes(path)?;
        let facts = |kind, mime: &str| MediaFacts {
            sha256: format!("{:064x}", bytes.len()),
            kind,
            mime: mime.to_owned(),
            bytes: bytes.len() as u64,
            width: None,
            height: None,
            duration_ms: None,
            frames: None,
        };
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        if bytes.starts_with(b"\x89PNG") {
            let (width, height) = (Some(number(16)), Some(number(20)));
            return Ok(MediaFacts { width, height, ..facts(MediaKind::Image, "image/png") });
        }
        if bytes.starts_with(b"GIF8") {
            return Ok(facts(MediaKind::Gif, "image/gif"));
        }
        if bytes.starts_with(b"%PDF") {
            return Ok(facts(MediaKind::Document, "application/pdf"));
        }
        Err(FileProblem::NotMedia { path: path.to_owned(), found: "plain text".to_owned() })
    }
}

/// A folder of this crate.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
