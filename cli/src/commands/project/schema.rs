//! `tidings schema`: what editors complete and check campaign files with.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings schema > schemas/campaign.v1.json
  tidings schema --out schemas/campaign.v1.json
  tidings schema workspace                      of tidings.yaml

The first line of a campaign file tells the editor where the schema is:
  # yaml-language-server: $schema=../schemas/campaign.v1.json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Of which files
    #[arg(value_enum, default_value_t, value_name = "KIND")]
    kind: SchemaKind,
    /// Write it to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which files a schema describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    #[default]
    Campaign,
    /// `tidings.yaml`
    Workspace,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let text = text(args.kind);
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

/// The schema of these files (JSON Schema draft-07), with a newline.
pub(crate) fn text(kind: SchemaKind) -> String {
    match kind {
        SchemaKind::Campaign => format!("{:#}\n", campaigns_lang::json_schema()),
        SchemaKind::Workspace => format!("{:#}\n", campaigns_lang::workspace_json_schema()),
    }
}
