//! Temporal's Python SDK from PyPI, in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::real_server::cache;

/// What is installed; the environment is named by its digest.
const REQUIREMENTS: &str = include_str!("../python-sdk/requirements.txt");

/// A Python that has the SDK; installed if this version of it is not in the cache.
///
/// # Errors
/// Python is missing, or the SDK can't be installed.
pub fn python_with_sdk() -> Result<PathBuf> {
    let version = hex::encode(Sha256::digest(REQUIREMENTS));
    let folder = cache()?.join(format!("python-sdk-{}", &version[..16]));
    let python = folder.join("bin/python");
    // Written last: without it the rest may be half of it.
    let whole = folder.join("requirements.txt");
    if whole.exists() {
        return Ok(python);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("`{}`", folder.display()))?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .context("`python3` with `venv` is missing (install Python 3.10 or newer)")?;
    let requirements = folder.join("wanted.txt");
    std::fs::write(&requirements, REQUIREMENTS)?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(&python).args(install).arg(&requirements)).context("the SDK can't be installed")?;
    std::fs::rename(&requirements, &whole)?;
    Ok(python)
}

/// The program that uses the SDK as people do.
#[must_use]
pub fn journey() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python-sdk/journey.py")
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
