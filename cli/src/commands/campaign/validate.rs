//! `tidings validate`: every problem at once.

use std::path::PathBuf;

use campaigns_lang::{Diagnostic, KnownAccounts, OutputFormat, render};
use clap::ValueEnum;

use super::checked::{check_files, report, summary};
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings validate                              every campaign below this folder
  tidings validate campaigns/launch.campaign.yaml
  tidings validate --output-format github       annotations in GitHub Actions
  tidings validate --json | jq '.diagnostics[].code'
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
    let files = check_files(&args.paths, &accounts(settings).await, now)?;
    let (diagnostics, sources) = report(&files);
    let format = if settings.json { OutputFormat::Json } else { args.output_format.into() };
    settings.terminal.result(&render(&diagnostics, &sources, format, settings.terminal.colors_stdout()))?;
    settings.terminal.note(&summary(&diagnostics, files.len()));
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { Exit::Failed } else { Exit::Ok })
}

/// The accounts that a server or data folder knows. A check must work without either, so what is out of
/// reach only means that fewer names are known.
async fn accounts(settings: &Settings) -> KnownAccounts {
    let Ok(backend) = find(settings, Need::Read).await else { return KnownAccounts::Unknown };
    match backend.known_accounts().await {
        Ok(known) => known,
        Err(failure) => {
            settings.terminal.warn(&format!("the connected accounts are not known: {failure}"));
            KnownAccounts::Unknown
        }
    }
}
