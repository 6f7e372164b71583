//! `tidings fmt`: texts as `|` blocks.

use std::path::PathBuf;

use campaigns_lang::formatted;
use serde::Serialize;
use server::project::{FindError, find_campaigns, load};

use super::checked::counted;
use super::rewrite::rewrite;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings fmt                  every campaign below this folder
  tidings fmt launch.campaign.yaml
  tidings fmt --check          change nothing; exit 1 when a file would change

A text that is written plainly or in quotes becomes a `|` block where a block can say the same: in a block
nothing is special, neither `#` nor `:`. Comments and all other layout stay as they are.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, or folders with campaign files
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Say which files would change, and change none
    #[arg(long)]
    check: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Formats {
    version: u32,
    /// Files that were, or would be, written anew.
    changed: Vec<String>,
    /// All that were looked at.
    files: usize,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let found = find_campaigns(&args.paths).map_err(|error| {
        let exit = if matches!(error, FindError::Missing { .. }) { Exit::Usage } else { Exit::Failed };
        Failure::new(exit, error.code(), Failure::chain(&error))
    })?;
    let mut formats = Formats { version: 1, changed: Vec::new(), files: found.len() };
    for path in &found {
        let loaded = load(path).map_err(|error| Failure::failed(error.code(), error.to_string()))?;
        let Some(better) = formatted(&loaded.source) else { continue };
        if !args.check {
            rewrite(&loaded, &better)?;
        }
        if !settings.json {
            settings.terminal.result(&loaded.source.name)?;
        }
        formats.changed.push(loaded.source.name.to_string());
    }
    if settings.json {
        settings.terminal.json(&formats)?;
    }
    let (changed, looked) = (counted(formats.changed.len(), "file"), counted(found.len(), "file"));
    let word = if args.check { "would change" } else { "changed" };
    settings.terminal.note(&format!("{changed} of {looked} {word}"));
    Ok(if args.check && !formats.changed.is_empty() { Exit::Failed } else { Exit::Ok })
}
