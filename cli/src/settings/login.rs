//! The server that a person signed in to: a file in their own settings folder, which only they may read.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Environment, Var};
use crate::exit::Failure;
use crate::process::private_file::{self, PrivateFileError};

/// The largest file that is read, in bytes.
const BYTES_MAX: u64 = 16 * 1024;

/// A server and the token for it.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) server: Url,
    pub(crate) token: SecretString,
}

/// As it is on the disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    server: Url,
    token: String,
}

/// Where it is kept; `None` for a user without a home.
pub(crate) fn path(env: &Environment) -> Option<PathBuf> {
    let word = |var| env.plain(var).map(|found| PathBuf::from(found.value));
    let folder = word(Var::XdgConfigHome).filter(|path| path.is_absolute());
    let folder = folder.or_else(|| word(Var::Home).map(|home| home.join(".config")))?;
    Some(folder.join("tidings").join("login.json"))
}

/// The login that is kept. What can't be read or understood counts as none: it is only a convenience, and a
/// server that needs a token says so.
pub(crate) fn read(env: &Environment) -> Option<Login> {
    let path = path(env)?;
    if std::fs::metadata(&path).ok()?.len() > BYTES_MAX {
        return None;
    }
    let kept: Kept = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (kept.version == 1).then(|| Login { server: kept.server, token: SecretString::from(kept.token) })
}

/// Keeps a login in place of the one before. Returns where.
///
/// # Errors
/// [`Failure`] when it can't be written.
pub(crate) fn keep(env: &Environment, login: &Login) -> Result<PathBuf, Failure> {
    let path = path(env).ok_or_else(|| {
        Failure::usage(
            "settings/home",
            "there is no folder for your settings: neither HOME nor XDG_CONFIG_HOME is set",
        )
        .help("set TIDINGS_SERVER and TIDINGS_TOKEN instead")
    })?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::failed("output/write", format!("`{}` can't be made: {error}", folder.display()))
        })?;
    }
    let kept =
        Kept { version: 1, server: login.server.clone(), token: login.token.expose_secret().to_owned() };
    let text = serde_json::to_vec_pretty(&kept).unwrap_or_default();
    private_file::write_whole(&path, &text).map_err(PrivateFileError::into_failure)?;
    Ok(path)
}

/// Forgets it. Returns whether there was one.
///
/// # Errors
/// [`Failure`] when it can't be removed.
pub(crate) fn forget(env: &Environment) -> Result<bool, Failure> {
    let Some(path) = path(env) else { return Ok(false) };
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(Failure::failed("output/write", format!("`{}` can't be removed: {error}", path.display())))
        }
    }
}
