//! What the tests need on the machine beside Rust, and how it gets there.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};

use crate::cargo;

/// Whether this is a CI run, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Installs what is missing where that can be done, and says what could not be had and what that skips.
pub(crate) fn provide() -> Vec<String> {
    let mut missing = Vec::new();
    if !has("go", &["version"]) && !installed_by_apt("golang") {
        missing.push(
            "conformance beside a real Temporal server: `go` is missing (install Go 1.26 or newer)".into(),
        );
    }
    if !has("python3", &["-m", "venv", "--help"]) && !installed_by_apt("python3-venv") {
        missing.push("the Python SDK on the engine: `python3` with `venv` is missing".into());
    }
    if activities_test_server::programs().is_none() && !installed_by_apt("postgresql") {
        missing.push(
            "the ledger on PostgreSQL: its server is missing (install `postgresql`, 13 or newer)".into(),
        );
    }
    if let Err(why) = language_server() {
        missing.push(format!("yaml-language-server on the schemas: {why:#}"));
    }
    missing
}

/// The editors' language server for YAML, of a fixed version so that what it says is known.
const LANGUAGE_SERVER: &str = "yaml-language-server@1.25.0";

/// Where the language server is, installed beside the builds if it isn't.
pub(crate) fn language_server() -> Result<PathBuf> {
    let folder = cargo::target_dir()?.join("yaml-language-server");
    let script = folder.join("node_modules/yaml-language-server/bin/yaml-language-server");
    if !has("node", &["--version"]) && !installed_by_apt("nodejs") {
        bail!("`node` is missing (install Node.js 20 or newer)");
    }
    if script.exists() {
        return Ok(script);
    }
    if !has("npm", &["--version"]) && !installed_by_apt("npm") {
        bail!("`npm` is missing");
    }
    std::fs::create_dir_all(&folder)?;
    eprintln!("installing `{LANGUAGE_SERVER}`, which the tests need");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
    let status = npm.arg(LANGUAGE_SERVER).stdout(Stdio::null()).status()?;
    ensure!(status.success() && script.exists(), "npm could not install it");
    Ok(script)
}

fn has(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Asks Debian's package manager, where there is one and we may use it.
fn installed_by_apt(package: &str) -> bool {
    if !has("id", &["-u"]) || !is_root() || !has("apt-get", &["--version"]) {
        return false;
    }
    eprintln!("installing `{package}`, which the tests need");
    has("apt-get", &["install", "--yes", "--no-install-recommends", package])
        || (has("apt-get", &["update"])
            && has("apt-get", &["install", "--yes", "--no-install-recommends", package]))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
