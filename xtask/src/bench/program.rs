//! The programs of `engine/bench`, built and run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::process::{Running, Scratch};
use crate::cargo;

/// What is measured: everything in its release build.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) target: PathBuf,
    bench: PathBuf,
    pub(crate) product: PathBuf,
}

impl Programs {
    /// Builds what is out of date.
    pub(crate) fn build() -> Result<Self> {
        eprintln!("building (release; several minutes the first time)");
        // Together, so that both are built with the same features of what they share.
        let packages = ["-p", "tidings", "-p", "engine-bench"];
        let status = cargo::command().args(["build", "--release", "--quiet"]).args(packages).status()?;
        ensure!(status.success(), "the release build failed");
        let target = cargo::target_dir()?;
        let release = target.join("release");
        Ok(Self { bench: release.join("engine-bench"), product: release.join("tidings"), target })
    }

    /// Runs one program of `engine-bench` to its end and gives what it printed last.
    pub(crate) fn run(&self, scratch: &Scratch, words: &[&str], folder: &Path) -> Result<Value> {
        let printed = scratch.run(&mut self.command(words, folder));
        last_object(&printed.with_context(|| format!("`engine-bench {}`", words.join(" ")))?)
    }

    /// Starts one program of `engine-bench`.
    pub(crate) fn start(&self, scratch: &Scratch, words: &[&str], folder: &Path) -> Result<Said> {
        let mut running = scratch.start(self.command(words, folder).stdout(Stdio::piped()))?;
        let lines = BufReader::new(running.stdout()?);
        Ok(Said { running, lines })
    }

    fn command(&self, words: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(&self.bench);
        command.args(words).arg(format!("folder={}", folder.display()));
        // The real server is built once for all uses of it.
        command.env("TIDINGS_CACHE", self.target.join("temporal-server"));
        command
    }
}

/// A program that runs and says how far it is.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) running: Running,
    lines: BufReader<ChildStdout>,
}

impl Said {
    /// Waits until it says this.
    pub(crate) fn wait(&mut self, word: &str) -> Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.lines.read_line(&mut line)? == 0 {
                bail!("`engine-bench` ended before it said `{word}`");
            }
            let said: Value = serde_json::from_str(line.trim()).with_context(|| format!("`{line}`"))?;
            if said["said"] == word {
                return Ok(());
            }
        }
    }
}

/// The last line as JSON.
pub(crate) fn last_object(text: &str) -> Result<Value> {
    let line = text.lines().last().context("nothing was printed")?;
    serde_json::from_str(line).with_context(|| format!("`{line}` is no JSON"))
}

/// A number of a result.
pub(crate) fn number(result: &Value, key: &str) -> Result<f64> {
    result[key].as_f64().with_context(|| format!("no `{key}` in {result}"))
}
