//! `tidings schema`: what editors complete and check campaign files with.

use std::path::PathBuf;

use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings schema > schemas/campaign.v1.json
  tidings schema --out schemas/campaign.v1.json

The first line of a campaign file tells the editor where the schema is:
  # yaml-language-server: $schema=../schemas/campaign.v1.json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Write it to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let text = text();
    let Some(path) = &args.out else {
        settings.terminal.result(&text)?;
        return Ok(Exit::Ok);
    };
    std::fs::write(path, text).map_err(|error| {
        Failure::failed("output/write", format!("`{}` can't be written: {error}", path.display()))
    })?;
    settings.terminal.note(&format!("wrote {}", path.display()));
    Ok(Exit::Ok)
}

/// The schema of campaign files (JSON Schema draft-07), with a newline.
pub(crate) fn text() -> String {
    format!("{:#}\n", campaigns_lang::json_schema())
}
