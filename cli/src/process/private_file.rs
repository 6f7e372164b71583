//! Small files that only their owner may read, written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rand::Rng;
use secrecy::{ExposeSecret, SecretString};

use crate::exit::{Exit, Failure};
use crate::settings::DataFolder;

/// The largest of these files, in bytes; a real one has less than 200.
const BYTES_MAX: u64 = 4 * 1024;

/// Why a private file can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivateFileError {
    #[error("`{}` can't be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{}` can't be written", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{}` is empty or not a line of text", path.display())]
    Content { path: PathBuf },
}

impl PrivateFileError {
    pub(crate) fn into_failure(self) -> Failure {
        Failure::failed("folder/unreadable", Failure::chain(&self))
            .help("give the user that runs tidings the right to read and write the data folder")
    }
}

/// Reads the line in `path`; `None` when there is no file.
///
/// # Errors
/// [`PrivateFileError`] when it is there and can't be used.
pub(crate) fn read_line(path: &Path) -> Result<Option<SecretString>, PrivateFileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(PrivateFileError::Read { path: path.to_owned(), source }),
    };
    let mut text = String::new();
    file.take(BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|source| PrivateFileError::Read { path: path.to_owned(), source })?;
    let line = text.trim();
    if line.is_empty() || line.contains(char::is_whitespace) {
        return Err(PrivateFileError::Content { path: path.to_owned() });
    }
    Ok(Some(SecretString::from(line)))
}

/// Writes `content` beside `path` with mode 0600, makes it durable, and renames it there.
///
/// # Errors
/// [`PrivateFileError::Write`].
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let failed = |source| PrivateFileError::Write { path: path.to_owned(), source };
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(failed)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)?;
    rename(&beside, path)
}

/// What tells the engine of this folder from those of other folders; made when it is first asked for.
///
/// # Errors
/// [`PrivateFileError`].
pub(crate) fn engine_id(folder: &DataFolder) -> Result<String, PrivateFileError> {
    let path = folder.path().join("engine-id");
    if let Some(found) = read_line(&path)? {
        return Ok(found.expose_secret().to_owned());
    }
    let id = random_hex()[..16].to_owned();
    write_line(&path, &SecretString::from(id.clone()))?;
    Ok(id)
}

/// Gives a file another name, durably; one that had it is gone.
///
/// # Errors
/// [`PrivateFileError::Write`].
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), PrivateFileError> {
    let failed = |source| PrivateFileError::Write { path: to.to_owned(), source };
    std::fs::rename(from, to).map_err(failed)?;
    match to.parent() {
        Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        None => Ok(()),
    }
}

/// As [`write_whole`], for a secret that [`read_line`] gives back.
///
/// # Errors
/// [`PrivateFileError::Write`].
pub(crate) fn write_line(path: &Path, secret: &SecretString) -> Result<(), PrivateFileError> {
    write_whole(path, format!("{}\n", secret.expose_secret()).as_bytes())
}

/// The admin token, made at the first start. Returns whether it is new.
///
/// # Errors
/// [`PrivateFileError`].
pub(crate) fn admin_token(folder: &DataFolder) -> Result<(SecretString, bool), PrivateFileError> {
    let path = folder.admin_token();
    if let Some(token) = read_line(&path)? {
        return Ok((token, false));
    }
    let token = format!("tdg_{}", random_hex());
    write_whole(&path, format!("{token}\n").as_bytes())?;
    Ok((SecretString::from(token), true))
}

/// The key of an installation without `ENCRYPTION_KEY`; made only while there is nothing that an earlier
/// one could have sealed.
///
/// # Errors
/// [`Failure`] when it can't be used, or is missing beside a ledger.
pub(crate) fn key(folder: &DataFolder) -> Result<SecretString, Failure> {
    let path = folder.key();
    if let Some(key) = read_line(&path).map_err(PrivateFileError::into_failure)? {
        return Ok(key);
    }
    if folder.ledger().exists() {
        let message = format!("the key that sealed the accounts in `{}` is missing", folder.path().display());
        return Err(Failure::new(Exit::Failed, "vault/key-missing", message).help(format!(
            "set ENCRYPTION_KEY as it was before, or put the file `{}` back",
            path.display()
        )));
    }
    let key = SecretString::from(random_hex());
    write_line(&path, &key).map_err(PrivateFileError::into_failure)?;
    Ok(key)
}

/// 256 random bits.
pub(crate) fn random_hex() -> String {
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_admin_token_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::at(folder.path().to_owned());
        let (first, new) = admin_token(&data).unwrap();
        let (second, again) = admin_token(&data).unwrap();
        assert!(new && !again);
        assert_eq!(first.expose_secret(), second.expose_secret());
        let mode = std::fs::metadata(data.admin_token()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn no_new_key_is_made_beside_an_old_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::at(folder.path().to_owned());
        std::fs::write(data.ledger(), b"").unwrap();
        assert_eq!(key(&data).unwrap_err().code, "vault/key-missing");
        assert!(!data.key().exists());
    }

    #[test]
    fn an_empty_token_file_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::at(folder.path().to_owned());
        std::fs::write(data.admin_token(), b"\n").unwrap();
        assert!(matches!(admin_token(&data), Err(PrivateFileError::Content { .. })));
    }
}
