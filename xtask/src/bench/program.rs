//! The programs of `engine/bench`, built and run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::process::Running;
use crate::cargo;

/// What is measured: everything in its release build.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) target: PathBuf,
    pub(crate) bench: PathBuf,
    pub(crate) product: PathBuf,
    pub(crate) seed_ledger: PathBuf,
}

impl Programs {
    /// Builds what is out of date.
    pub(crate) fn build() -> Result<Self> {
        eprintln!("building (release)");
        for args in [
            &["-p", "tidings", "-p", "engine-bench"][..],
            &["-p", "activities-delivery", "--example", "seed_ledger"],
        ] {
            let status = cargo::command().args(["build", "--release", "--quiet"]).args(args).status()?;
            ensure!(status.success(), "the release build failed");
        }
        let target = cargo::target_dir()?;
        let release = target.join("release");
        Ok(Self {
            bench: release.join("engine-bench"),
            product: release.join("tidings"),
            seed_ledger: release.join("examples/seed_ledger"),
            target,
        })
    }

    /// Runs one program of `engine-bench` to its end and gives what it printed last.
    pub(crate) fn run(&self, words: &[&str], folder: &Path) -> Result<Value> {
        let output = self.command(words, folder).stderr(Stdio::inherit()).output();
        let output = output.context("`engine-bench` can't be started")?;
        ensure!(output.status.success(), "`engine-bench {}` failed", words.join(" "));
        last_object(&String::from_utf8_lossy(&output.stdout))
    }

    /// Starts one program of `engine-bench`.
    pub(crate) fn start(&self, words: &[&str], folder: &Path) -> Result<Said> {
        let (running, stdout) = Running::start(&mut self.command(words, folder))?;
        Ok(Said { running, lines: BufReader::new(stdout) })
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
    lines: BufReader<std::process::ChildStdout>,
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
