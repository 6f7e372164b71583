//! Running cargo and reading what it says.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What the variables begin with by which `cargo run` describes the package that it runs.
const OWN_PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// A cargo as it would be called by hand. `cargo run` tells xtask about its own package in the environment, and
/// build scripts that watch those variables (ring's) would be run anew, with all that depends on them.
pub(crate) fn command() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| OWN_PACKAGE.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// What `cargo metadata` says of the whole graph.
pub(crate) fn metadata() -> Result<Value> {
    let output = command()
        .args(["metadata", "--format-version", "1", "--locked"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo metadata can't be run")?;
    ensure!(output.status.success(), "cargo metadata failed");
    serde_json::from_slice(&output.stdout).context("cargo metadata printed something else than JSON")
}

/// Where builds go.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = metadata()?;
    let path = metadata["target_directory"].as_str().context("no target_directory in cargo metadata")?;
    Ok(PathBuf::from(path))
}

/// Runs a command, passing its standard output through line by line; `see` gets each line. Returns whether
/// it succeeded.
pub(crate) fn watch(mut command: Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("the command can't be started")?;
    let stdout = child.stdout.take().context("no standard output")?;
    for line in BufReader::new(stdout).lines() {
        let line = line.context("the output is not text")?;
        println!("{line}");
        see(&line);
    }
    Ok(child.wait()?.success())
}
