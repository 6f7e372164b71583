//! Holds the tree against the rules of ARCHITECTURE.md that a machine can check.

mod borders;
mod licenses;
mod sizes;
mod words;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::cargo;

/// A tracked file with its text.
pub(crate) struct SourceFile {
    /// From the root of the workspace, with `/`.
    path: String,
    text: String,
}

impl SourceFile {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Tests, benches and examples are not production code.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples" | "conformance"))
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
    }

    /// The lines before the unit tests at the end of the file.
    fn production(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take_while(|line| line.trim() != "#[cfg(test)]")
    }
}

pub(crate) fn run() -> Result<ExitCode> {
    let metadata = cargo::metadata()?;
    let files = tracked_files(&cargo::root())?;
    let mut problems = borders::check(&metadata);
    problems.extend(licenses::check(&metadata, &files)?);
    problems.extend(sizes::check(&files)?);
    problems.extend(words::check(&files));
    for problem in &problems {
        println!("{problem}");
    }
    println!("tidy: {} files, {} problems", files.len(), problems.len());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn tracked_files(root: &Path) -> Result<Vec<SourceFile>> {
    let output =
        Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().context("git ls-files")?;
    ensure!(output.status.success(), "git ls-files failed: tidy needs a checkout");
    let names = String::from_utf8(output.stdout).context("a tracked file has a name that is not text")?;
    let mut files = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        let path: PathBuf = root.join(name);
        // Binary files and files deleted in the working tree have no text to check.
        if let Ok(text) = std::fs::read_to_string(&path) {
            files.push(SourceFile { path: name.to_owned(), text });
        }
    }
    Ok(files)
}
