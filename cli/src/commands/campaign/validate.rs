//! `tidings validate`: every problem at once.

use std::path::PathBuf;

use campaigns_lang::{Diagnostic, KnownAccounts, OutputFormat, render};
use clap::ValueEnum;

use super::checked::{check_files, report, summary, warn_of_endings};
use super::rewrite::rewrite;
use crate::backend::{Backend, Need, find};
use crate::exit::{Ended, Exit};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings validate                              every campaign below this folder
  tidings validate campaigns/launch.campaign.yaml
  tidings validate --output-format github       annotations in GitHub Actions
  tidings validate --json | jq '.diagnostics[].code'
  tidings validate --fix                        correct what is safe, then report the rest
  tidings explain schema/unknown-key            what a code means

Exits with 1 when there is an error; warnings and notes exit with 0.
Account names come from tidings.yaml, and from the data folder or server where there is one.
TIDINGS_NOW=2027-03-01T09:00:00Z checks as if it were that time.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, or folders with campaign files
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// How problems are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output_format: Format,
    /// Correct what can only be meant in one way; comments and layout stay
    #[arg(long)]
    fix: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The lines they are about, with carets and help
    #[default]
    Text,
    /// One line each
    Concise,
    Json,
    /// Annotations for GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

impl From<Format> for OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Concise => Self::Concise,
            Format::Json => Self::Json,
            Format::Github => Self::Github,
            Format::Sarif => Self::Sarif,
        }
    }
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let now = settings.checks_at.unwrap_or_else(|| clock_of_folder(&settings.data).now());
    let backend = find(settings, Need::Read).await.ok();
    let accounts = accounts(backend.as_ref(), settings).await;
    if args.fix {
        fix(&args.paths, &accounts, now, settings)?;
    }
    let mut files = check_files(&args.paths, &accounts, now)?;
    if let Some(backend) = &backend {
        warn_of_endings(&mut files, backend).await;
    }
    let (diagnostics, sources) = report(&files);
    let format = if settings.json { OutputFormat::Json } else { args.output_format.into() };
    settings.terminal.result(&render(&diagnostics, &sources, format, settings.terminal.colors_stdout()))?;
    settings.terminal.note(&summary(&diagnostics, files.len()));
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { Exit::Failed } else { Exit::Ok })
}

/// Rounds of fixing: each applies what does not overlap, so a handful ends in all of it.
const ROUNDS_MAX: usize = 10;

/// Applies what diagnostics offer until nothing is left to apply.
fn fix(
    paths: &[PathBuf],
    accounts: &KnownAccounts,
    now: jiff::Timestamp,
    settings: &Settings,
) -> Result<(), crate::exit::Failure> {
    for _ in 0..ROUNDS_MAX {
        let mut done = false;
        for file in check_files(paths, accounts, now)? {
            let Some(better) = campaigns_lang::fixed(&file.loaded.source, &file.compilation.diagnostics)
            else {
                continue;
            };
            rewrite(&file.loaded, &better.source)?;
            done = true;
            for title in &better.done {
                settings.terminal.note(&format!("{}: {title}", file.loaded.source.name));
            }
        }
        if !done {
            return Ok(());
        }
    }
    Ok(())
}

/// The accounts that a server or data folder knows. A check must work without either, so what is out of
/// reach only means that fewer names are known.
async fn accounts(backend: Option<&Backend>, settings: &Settings) -> KnownAccounts {
    let Some(backend) = backend else { return KnownAccounts::Unknown };
    match backend.known_accounts().await {
        Ok(known) => known,
        Err(failure) => {
            settings.terminal.warn(&format!("the connected accounts are not known: {failure}"));
            KnownAccounts::Unknown
        }
    }
}
