//! Campaign files read and checked on this machine: the first step of validate, plan and apply.

use std::collections::BTreeMap;
use std::path::PathBuf;

use campaigns_lang::{Diagnostic, KnownAccounts, OutputFormat, Severity, Sources, in_order, render};
use jiff::Timestamp;
use server::api::Bundle;
use server::app::compile::Compilation;
use server::app::endings::endings;
use server::project::{CampaignPath, FindError, Loaded, ReadFile, find_campaigns, load};

use crate::backend::Backend;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::terminal::progress::Bar;

/// One campaign file with what was found about it.
pub(crate) struct CheckedFile {
    pub(crate) loaded: Loaded,
    pub(crate) compilation: Compilation,
    pub(crate) read: BTreeMap<String, ReadFile>,
}

impl CheckedFile {
    /// The campaign as it travels; only when it has no errors.
    pub(crate) fn bundle(&self) -> Bundle {
        self.loaded.bundle(&self.read)
    }

    /// Uploads every media file that the other side has not got.
    ///
    /// # Errors
    /// [`Failure`] when a file changed since it was checked, or the upload fails.
    pub(crate) async fn upload(&self, backend: &Backend, terminal: &Terminal) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for (name, file) in &self.read {
            let ReadFile::Media { facts, path } = file else { continue };
            if !backend.has_media(&facts.sha256).await? {
                missing.push((name, facts, path));
            }
        }
        let bytes = missing.iter().map(|(_, facts, _)| facts.bytes).sum();
        let bar = Bar::start(terminal, bytes);
        for (name, facts, path) in missing {
            bar.about(name);
            let bytes = std::fs::read(path).map_err(|error| {
                Failure::failed("project/unreadable", format!("`{name}` can't be read any more: {error}"))
            })?;
            backend.put_media(&facts.sha256, bytes).await?;
            bar.done(facts.bytes);
        }
        bar.end();
        Ok(())
    }
}

/// Adds what only the installation knows: whose access ends before a post goes out. A check must work without
/// that, too.
pub(crate) async fn warn_of_endings(files: &mut [CheckedFile], backend: &Backend) {
    let Ok(list) = backend.accounts().await else { return };
    let endings = endings(&list.accounts);
    for file in files {
        file.compilation.warn_of_endings(&endings);
    }
}

/// Finds, reads and checks the campaign files under `paths`.
///
/// # Errors
/// [`Failure`]: exit 2 for a path that is not there, 1 when nothing was found or a file can't be read.
pub(crate) fn check_files(
    paths: &[PathBuf],
    accounts: &KnownAccounts,
    now: Timestamp,
) -> Result<Vec<CheckedFile>, Failure> {
    let found = find_campaigns(paths).map_err(|error| {
        let exit = if matches!(error, FindError::Missing { .. }) { Exit::Usage } else { Exit::Failed };
        Failure::new(exit, error.code(), Failure::chain(&error))
    })?;
    if found.is_empty() {
        let list: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(Failure::failed(
            "project/no-campaigns",
            format!("there is no campaign file in {}", list.join(", ")),
        )
        .help(
            "campaign files are named *.campaign.yaml, or begin with `campaign:`; `tidings init` makes one",
        ));
    }
    found.iter().map(|path| check_file(path, accounts, now)).collect()
}

fn check_file(path: &CampaignPath, accounts: &KnownAccounts, now: Timestamp) -> Result<CheckedFile, Failure> {
    let loaded = load(path).map_err(|error| Failure::failed(error.code(), error.to_string()))?;
    let (compilation, read) = loaded.compile(accounts, now);
    Ok(CheckedFile { compilation, read, loaded })
}

/// The diagnostics of several files as one report, each once: files share their workspace.
pub(crate) fn report(files: &[CheckedFile]) -> (Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    for file in files {
        sources.extend(file.compilation.sources.clone());
        diagnostics.extend(file.compilation.diagnostics.iter().cloned());
    }
    (in_order(diagnostics), sources)
}

/// `2 errors, 1 warning in 3 files`.
pub(crate) fn summary(diagnostics: &[Diagnostic], files: usize) -> String {
    let count = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
    let mut parts = Vec::new();
    for (severity, word) in
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
    {
        match count(severity) {
            0 => {}
            number => parts.push(counted(number, word)),
        }
    }
    let found = if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") };
    format!("{found} in {}", counted(files, "file"))
}

/// `1 file`, `2 files`.
pub(crate) fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// Whether any of the files can't be applied.
pub(crate) fn has_errors(files: &[CheckedFile]) -> bool {
    files.iter().any(|file| file.compilation.diagnostics.iter().any(Diagnostic::is_error))
}

/// Stops a command whose files have errors: tells all of them, on stderr.
///
/// # Errors
/// A [`Failure`] of exit 1 that is told already.
pub(crate) fn require_valid(files: &[CheckedFile], settings: &Settings) -> Result<(), Failure> {
    let (diagnostics, sources) = report(files);
    let format = if settings.json { OutputFormat::Json } else { OutputFormat::Text };
    let text = render(&diagnostics, &sources, format, settings.terminal.colors_stderr());
    if diagnostics.iter().any(Diagnostic::is_error) {
        settings.terminal.say(&text);
        settings.terminal.note(&summary(&diagnostics, files.len()));
        return Err(Failure::said(Exit::Failed));
    }
    if !diagnostics.is_empty() && !settings.json {
        settings.terminal.note(&text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_in_words() {
        assert_eq!(summary(&[], 1), "no problems in 1 file");
        assert_eq!(counted(2, "error"), "2 errors");
    }
}
