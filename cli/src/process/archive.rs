//! What a backup is: a folder with copies of both databases and the media, and a manifest that names every
//! file with its checksum. The manifest is written last; without it a folder is no backup.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::exit::Failure;

/// The version of the manifest that this release writes, and the newest that it reads.
const VERSION: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// The largest manifest read, in bytes: half a million media files.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// Folders inside folders that are looked at: the media store has two levels.
const DEPTH_MAX: usize = 8;
const BUFFER_BYTES: usize = 1 << 16;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) version: u32,
    /// From before the first copy: what was due later is unknown to the backup.
    pub(crate) created_at: Timestamp,
    /// Names the key that seals the accounts' tokens. The key itself is in no backup.
    pub(crate) key_id: Option<String>,
    pub(crate) files: Vec<ArchivedFile>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ArchivedFile {
    /// From the backup's folder, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Manifest {
    /// Hashes what is in `folder` and writes the manifest there. `see` gets each file's name before.
    ///
    /// # Errors
    /// [`Failure`] when a file can't be read or the manifest not written.
    pub(crate) fn write(
        folder: &Path,
        created_at: Timestamp,
        key_id: Option<String>,
        see: &dyn Fn(&str),
    ) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in files_below(folder).map_err(|error| unwritable(folder, &error))? {
            see(&path);
            let whole = folder.join(&path);
            let (bytes, sha256) = digest(&whole).map_err(|error| unwritable(&whole, &error))?;
            files.push(ArchivedFile { path, bytes, sha256 });
        }
        let manifest = Self { version: VERSION, created_at, key_id, files };
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| Failure::failed("output/json", error.to_string()))?;
        let path = folder.join(MANIFEST);
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.map_err(|error| unwritable(&path, &error))?;
        Ok(manifest)
    }

    /// Reads the manifest of a backup and holds every file against it.
    ///
    /// # Errors
    /// [`Failure`]: no backup, a newer release's, or damaged.
    pub(crate) fn verify(folder: &Path, see: &dyn Fn(&str)) -> Result<Self, Failure> {
        let manifest = Self::read(folder)?;
        for file in &manifest.files {
            see(&file.path);
            let whole = inside(folder, &file.path)?;
            let damaged = |why: String| damaged(folder, &format!("`{}` {why}", file.path));
            let (bytes, sha256) =
                digest(&whole).map_err(|error| damaged(format!("can't be read: {error}")))?;
            if bytes != file.bytes || sha256 != file.sha256 {
                return Err(damaged("is not the file that was backed up".to_owned()));
            }
        }
        Ok(manifest)
    }

    fn read(folder: &Path) -> Result<Self, Failure> {
        let mut text = Vec::new();
        let read = File::open(folder.join(MANIFEST))
            .and_then(|file| file.take(MANIFEST_BYTES_MAX).read_to_end(&mut text));
        read.map_err(|error| damaged(folder, &format!("`{MANIFEST}` can't be read: {error}")))?;
        /// What every version has.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| damaged(folder, &format!("`{MANIFEST}`: {error}"));
        let Versioned { version } = serde_json::from_slice(&text).map_err(unreadable)?;
        if version > VERSION {
            let message = format!(
                "the backup `{}` has version {version}, and this release reads versions up to {VERSION}",
                folder.display()
            );
            return Err(Failure::failed("backup/newer", message)
                .help("restore it with the release that made it, or a newer one"));
        }
        serde_json::from_slice(&text).map_err(unreadable)
    }
}

/// Copies the files below `from` to `to`, folders included. Returns how many.
///
/// # Errors
/// The first that can't be copied.
pub(crate) fn copy_below(from: &Path, to: &Path, see: &dyn Fn(&str)) -> std::io::Result<usize> {
    let files = files_below(from)?;
    for path in &files {
        see(path);
        copy_synced(&from.join(path), &to.join(path))?;
    }
    Ok(files.len())
}

/// Copies one file, and puts it on the disk.
pub(crate) fn copy_synced(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

/// The files below a folder, sorted, from there with `/`; none if there is no folder. Links are no files.
fn files_below(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = folders.pop() {
        let entries = match fs::read_dir(folder.join(&below)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && depth == 0 => return Ok(files),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = below.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() && depth < DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if kind.is_file() {
                files.push(path.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A path of a manifest, which anybody may have written: it must stay in the backup's folder.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let below = Path::new(path);
    if path.is_empty() || !below.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(damaged(folder, &format!("`{path}` is no path inside it")));
    }
    Ok(folder.join(below))
}

fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        hash.update(&buffer[..count]);
        bytes += count as u64;
    }
}

pub(crate) fn damaged(folder: &Path, why: &str) -> Failure {
    Failure::failed("backup/damaged", format!("`{}` is not a whole backup: {why}", folder.display()))
        .help("take another backup; `tidings restore` changed nothing")
}

pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed("backup/failed", format!("`{}` can't be backed up or restored: {error}", path.display()))
        .help("make room or give the right to write, then repeat the command: it changed nothing")
}
