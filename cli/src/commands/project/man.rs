//! `tidings man`: manual pages, one per command.

use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::args::Cli;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings man | man -l -                      the program's page
  tidings man apply | man -l -                that of a command; `tidings man accounts connect`
  tidings man --out ~/.local/share/man/man1   all of them, where `man tidings-apply` finds them";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The command; without one, the program
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    words: Vec<String>,
    /// Write every page into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let mut program = Cli::command();
    program.build();
    if let Some(folder) = &args.out {
        let failed = |error: std::io::Error| {
            Failure::failed("output/write", format!("`{}` can't be written: {error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(program, folder).map_err(failed)?;
        settings.terminal.note(&format!("wrote the pages into {}", folder.display()));
        return Ok(Exit::Ok);
    }
    let mut command = &program;
    for word in &args.words {
        command = command.find_subcommand(word).ok_or_else(|| {
            Failure::usage("request/not-found", format!("there is no command `{}`", args.words.join(" ")))
                .help("`tidings --help` lists them")
        })?;
    }
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::failed("output/write", format!("the page can't be made: {error}")))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "command": args.words, "page": page,
        }))?;
    } else {
        settings.terminal.result(&page)?;
    }
    Ok(Exit::Ok)
}
