//! What the tests need on the machine beside Rust, and how it gets there.

use std::process::{Command, Stdio};

use crate::postgres;

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
    if postgres::programs().is_none() && !installed_by_apt("postgresql") {
        missing.push(
            "the ledger on PostgreSQL: its server is missing (install `postgresql`, 13 or newer)".into(),
        );
    }
    missing
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
